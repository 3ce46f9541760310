import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecentRates, RecentValues } from '../../src/pipeline/recent.ts';

describe('RecentRates', () => {
  it('is the rate over the last five seconds, and forgets what was before', () => {
    const recent = new RecentRates<'frames'>();
    assert.deepEqual(recent.rates({ frames: 0 }, 0), { frames: 0 });
    assert.deepEqual(recent.rates({ frames: 3 }, 100), { frames: 0 }, 'too early to say');
    assert.deepEqual(recent.rates({ frames: 25 }, 1_000), { frames: 25 });
    for (let second = 2; second <= 10; second++) recent.rates({ frames: 25 }, second * 1_000);
    assert.deepEqual(recent.rates({ frames: 25 }, 11_000), { frames: 0 });
    assert.deepEqual(recent.rates({ frames: 75 }, 12_000), { frames: 10 });
  });
});

describe('RecentValues', () => {
  it('answers nearest-rank percentiles of the last values', () => {
    const recent = new RecentValues(4);
    assert.equal(recent.percentiles(0.5), null);
    for (const value of [100, 1, 2, 3, 4]) recent.push(value);
    assert.deepEqual(recent.percentiles(0.5, 0.95), [2, 4]);
  });
});
