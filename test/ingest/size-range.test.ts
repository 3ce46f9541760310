import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SizeRange } from '../../src/ingest/size-range.ts';

const rangeOf = (...sizes: number[]): SizeRange => {
  const range = new SizeRange();
  for (const bytes of sizes) range.add(bytes);
  return range;
};
/** P frames of an empty room, from one-by-one-person-detection.mp4. */
const ROOM = [571, 372, 82, 747, 282, 64, 441, 387, 103, 417];

describe('SizeRange', () => {
  it('takes every packet for usual until it knows eight', () => {
    const range = rangeOf(...ROOM.slice(0, 7));
    assert.ok(range.contains(1_000_000));
    range.add(387);
    assert.ok(!range.contains(1_000_000));
  });

  it('tells the packet in which somebody comes in', () => {
    assert.ok(rangeOf(...ROOM).contains(700));
    assert.ok(!rangeOf(...ROOM).contains(1_372));
  });

  it('tells a packet that shrinks, as with an encoder that keeps a bit rate', () => {
    // car-detection.mp4: the street is empty, then a car comes
    const range = rangeOf(12_457, 9_224, 14_145, 11_269, 9_623, 12_712, 10_976, 9_537, 9_339, 13_774, 9_813);
    assert.ok(range.contains(8_390));
    assert.ok(!range.contains(1_395));
  });

  it('is not widened by one outlier, but by two', () => {
    const range = rangeOf(...ROOM, 9_000);
    assert.ok(!range.contains(9_000));
    range.add(9_000);
    assert.ok(range.contains(9_000));
  });

  it('forgets what is long past', () => {
    const range = rangeOf(9_000, 9_000, ...Array.from({ length: 32 }, () => 400));
    assert.ok(!range.contains(9_000));
    range.clear();
    assert.ok(range.contains(9_000));
  });

  it('makes nothing of the ratios of the smallest packets', () => {
    assert.ok(rangeOf(...Array.from({ length: 16 }, () => 20)).contains(40));
  });
});
