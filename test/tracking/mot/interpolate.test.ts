import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interpolated } from '../../../src/tracking/mot/interpolate.ts';
import type { TrackBox } from '../../../src/tracking/mot/track-box.ts';

const at = (frame: number, x: number, id = 1, confidence = 0.9): TrackBox => ({
  frame,
  id,
  box: [x, 2 * x, 10 + x, 20],
  confidence,
});

describe('interpolated', () => {
  it('fills a gap with boxes on the straight line, as sure as the less sure of its ends', () => {
    assert.deepEqual(interpolated([at(4, 30, 1, 0.5), at(1, 0)], 2), [
      at(1, 0),
      at(2, 10, 1, 0.5),
      at(3, 20, 1, 0.5),
      at(4, 30, 1, 0.5),
    ]);
  });

  it('leaves longer gaps open, and everything with a limit of 0', () => {
    const boxes = [at(1, 0), at(2, 1), at(6, 5)];
    assert.deepEqual(interpolated(boxes, 2), boxes);
    assert.deepEqual(interpolated([at(1, 0), at(3, 2)], 0), [at(1, 0), at(3, 2)]);
    assert.deepEqual(interpolated([], 20), []);
  });

  it('keeps tracks apart, in order of frames and ids', () => {
    const filled = interpolated([at(3, 2, 5), at(1, 0, 5), at(3, 4, 2), at(2, 3, 2)], 20);
    assert.deepEqual(
      filled.map(({ frame, id }) => [frame, id]),
      [
        [1, 5],
        [2, 2],
        [2, 5],
        [3, 2],
        [3, 5],
      ],
    );
  });
});
