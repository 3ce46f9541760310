import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameInterval } from '../../src/tracking/frame-interval.ts';

/** The intervals reported for each of `gapsMs`, after a first frame at 0. */
function intervals(interval: FrameInterval, gapsMs: number[]): number[] {
  interval.advance(0);
  let ptsMs = 0;
  return gapsMs.map((gapMs) => interval.advance((ptsMs += gapMs)));
}

describe('FrameInterval', () => {
  it('is exactly 1 at any constant rate, jitter and rounding included', () => {
    for (const fps of [5, 12.5, 25, 29.97, 30]) {
      const interval = new FrameInterval(0);
      const rounded = (frame: number) => Math.round((frame * 1000) / fps);
      const gaps = Array.from({ length: 100 }, (_, frame) => rounded(frame + 1) - rounded(frame));
      assert.deepEqual(new Set(intervals(interval, gaps)), new Set([1]), `${fps} frames/s`);
    }
  });

  it('counts dropped frames without taking them for a new rate', () => {
    const interval = new FrameInterval(40);
    assert.deepEqual(intervals(interval, [40, 80, 40, 200, 40]), [1, 2, 1, 5, 1]);
    assert.equal(interval.ms, 40);
    assert.equal(interval.elapsedMs, 400);
  });

  it('follows a lasting change of the rate and says once by how much', () => {
    const interval = new FrameInterval(40);
    interval.advance(0);
    const seen: number[] = [];
    const changes: number[] = [];
    for (let frame = 1; frame <= 30; frame++) {
      seen.push(interval.advance(frame * 200));
      if (interval.changedBy !== 1) changes.push(interval.changedBy);
    }
    assert.deepEqual([seen[0], seen.at(-1)], [5, 1]);
    assert.deepEqual(changes, [5]);
    assert.equal(interval.ms, 200);
  });

  it('takes a first gap that was a drop back', () => {
    const interval = new FrameInterval(0);
    assert.equal(intervals(interval, [400, ...Array(20).fill(40)]).at(-1), 1);
    assert.equal(interval.ms, 40);
  });

  it('takes time stamps that stand still, jump back or are none for the next frame', () => {
    const interval = new FrameInterval(0);
    interval.advance(1_000_000);
    for (const ptsMs of [1_000_040, 1_000_040, 0, 40, Number.NaN, 80]) {
      assert.equal(interval.advance(ptsMs), 1);
    }
    assert.equal(interval.elapsedMs, 6 * 40);
  });
});
