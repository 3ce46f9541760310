import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Observations } from '../../src/tracking/observations.ts';

/** A track that went from (0, 0) to the right, ten pixels a frame. */
function walker(frames: number): Observations {
  const observed = new Observations();
  observed.reserve(4);
  observed.begin(2);
  for (let frame = 1; frame <= frames; frame++) observed.add(2, frame, frame * 10, 100, 20, 40);
  return observed;
}

describe('Observations', () => {
  it('prefers going on straight to turning, and turning to going back', () => {
    const observed = walker(9);
    const [cx, cy] = [9 * 10 + 10, 120];
    const near = (value: number, expected: number): void =>
      assert.ok(Math.abs(value - expected) < 1e-9, `${value} instead of ${expected}`);
    near(observed.momentum(2, cx + 10, cy), 0.5);
    near(observed.momentum(2, cx - 1000, cy), -0.5);
    // seen from three frames before, straight down from there is a right angle
    near(observed.momentum(2, cx - 30, cy + 50), 0);
  });

  it('knows no direction before a second observation, nor of a track that began anew in the slot', () => {
    const observed = walker(1);
    assert.equal(observed.momentum(2, 0, 0), 0);
    observed.add(2, 2, 20, 100, 20, 40);
    assert.notEqual(observed.momentum(2, 100, 120), 0);
    observed.begin(2);
    assert.equal(observed.momentum(2, 100, 120), 0);
  });

  it('keeps what it knows when it grows', () => {
    const observed = walker(9);
    const before = observed.momentum(2, 130, 180);
    observed.reserve(1000);
    assert.equal(observed.momentum(2, 130, 180), before);
    assert.deepEqual([...observed.boxes.subarray(8, 12)], [90, 100, 20, 40]);
  });
});
