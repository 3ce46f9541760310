import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contains, groundEvents } from '../../tools/scene/ground-events.ts';

const LINE = {
  name: 'gate',
  points: [
    [0, -5],
    [0, 5],
  ],
} as const;
const SQUARE = {
  name: 'yard',
  polygon: [
    [0, 0],
    [10, 0],
    [10, 10],
    [0, 10],
  ],
} as const;

describe('events on the ground', () => {
  it('tells when, and in which direction, a line is crossed', () => {
    const paths = [
      {
        object: 1,
        firstFrame: 10,
        points: [
          [-3, 0],
          [-1, 0],
          [1, 0],
          [3, 0],
        ],
      },
      {
        object: 2,
        firstFrame: 0,
        points: [
          [3, 1],
          [-1, 1],
        ],
      },
      {
        object: 3,
        firstFrame: 0,
        points: [
          [-3, 6],
          [3, 6],
        ],
      },
    ] as const;
    assert.deepEqual(groundEvents(paths, [LINE], [], 25), [
      { type: 'line.crossed', atMs: 30, object: 2, line: 'gate', direction: 'b-a' },
      { type: 'line.crossed', atMs: 460, object: 1, line: 'gate', direction: 'a-b' },
    ]);
  });

  it('counts one crossing where a path stands on the line, and none where it only touches it', () => {
    const over = {
      object: 1,
      firstFrame: 0,
      points: [
        [-1, 0],
        [0, 0],
        [0, 0],
        [1, 0],
      ],
    } as const;
    const back = {
      object: 2,
      firstFrame: 0,
      points: [
        [1, 0],
        [0, 0],
        [1, 0],
      ],
    } as const;
    assert.deepEqual(
      groundEvents([over, back], [LINE], [], 25).map(({ object }) => object),
      [1],
    );
  });

  it('tells entries and exits with how long they were apart', () => {
    const walk = {
      object: 1,
      firstFrame: 0,
      points: [
        [-1, 5],
        [1, 5],
        [5, 5],
        [9, 5],
        [11, 5],
      ],
    } as const;
    const stays = {
      object: 2,
      firstFrame: 5,
      points: [
        [5, 5],
        [5, 6],
      ],
    } as const;
    assert.deepEqual(groundEvents([walk, stays], [], [SQUARE], 10), [
      { type: 'zone.entered', atMs: 100, object: 1, zone: 'yard' },
      { type: 'zone.left', atMs: 400, object: 1, zone: 'yard', dwellMs: 300 },
      { type: 'zone.entered', atMs: 500, object: 2, zone: 'yard' },
      { type: 'zone.left', atMs: 600, object: 2, zone: 'yard', dwellMs: 100 },
    ]);
  });

  it('knows the inside of a polygon that is not convex', () => {
    const horseshoe = [
      [0, 0],
      [3, 0],
      [3, 3],
      [2, 3],
      [2, 1],
      [1, 1],
      [1, 3],
      [0, 3],
    ] as const;
    assert.equal(contains(horseshoe, [0.5, 2]), true);
    assert.equal(contains(horseshoe, [1.5, 2]), false);
    assert.equal(contains(horseshoe, [1.5, 0.5]), true);
  });
});
