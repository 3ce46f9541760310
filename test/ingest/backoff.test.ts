import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../src/ingest/backoff.ts';

const middle = () => 0.5;

describe('Backoff', () => {
  it('doubles from 1 s to 30 s and stays there', () => {
    const backoff = new Backoff(middle);
    const delays = Array.from({ length: 8 }, () => backoff.delayMs('STREAM_CLOSED'));
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begins again after a decoded frame', () => {
    const backoff = new Backoff(middle);
    for (let n = 0; n < 5; n++) backoff.delayMs('STREAM_SILENT');
    backoff.reset();
    assert.equal(backoff.delayMs('STREAM_SILENT'), 1_000);
  });

  it('spreads a delay by a fifth to either side', () => {
    assert.equal(new Backoff(() => 0).delayMs('STREAM_REFUSED'), 800);
    assert.equal(new Backoff(() => 1).delayMs('STREAM_REFUSED'), 1_200);
  });

  it('tries a wrong password once a minute, whatever came before', () => {
    const backoff = new Backoff(middle);
    backoff.delayMs('STREAM_REFUSED');
    assert.equal(backoff.delayMs('STREAM_UNAUTHORIZED'), 60_000);
    assert.equal(backoff.delayMs('STREAM_UNAUTHORIZED'), 60_000);
    assert.equal(backoff.delayMs('FILE_NOT_FOUND'), 10_000);
    assert.equal(backoff.delayMs('STREAM_REFUSED'), 2_000);
  });
});
