import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CommonShift } from '../../src/tracking/common-shift.ts';
import { SlotList } from '../../src/tracking/slot-list.ts';
import { TrackPool } from '../../src/tracking/track-pool.ts';

type Box = readonly [x: number, y: number, width: number, height: number];

/** People of 40 x 100 pixels, far enough apart that nobody is mistaken for another. */
const CROWD: Box[] = Array.from({ length: 12 }, (_, i) => [
  100 + (i % 4) * 300,
  100 + Math.floor(i / 4) * 300,
  40,
  100,
]);

function scene(tracks: Box[], found: Box[], classes: (i: number) => number = () => 0) {
  const pool = new TrackPool();
  const slots = new SlotList();
  const corners = new Float64Array(found.length * 4);
  const detections = new SlotList();
  const write = ([x, y, w, h]: Box, into: Float64Array, at: number): void =>
    into.set([x, y, x + w, y + h], at);
  for (const [i, box] of tracks.entries()) {
    const slot = pool.acquire();
    pool.classIds[slot] = classes(i);
    write(box, pool.corners, slot * 4);
    slots.push(slot);
  }
  for (const [i, box] of found.entries()) {
    write(box, corners, i * 4);
    detections.push(i);
  }
  const classIds = Uint16Array.from(found, (_, i) => classes(i));
  const shift = new CommonShift();
  const any = shift.estimate(pool, slots, { corners, classIds }, detections);
  return { any, x: shift.x, y: shift.y };
}

const moved = (box: Box, dx: number, dy: number): Box => [box[0] + dx, box[1] + dy, box[2], box[3]];

describe('CommonShift', () => {
  it('finds how far a panning camera moved everything, though some walk on their own', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -45, max: 45 }),
        fc.integer({ min: -45, max: 45 }),
        fc.array(fc.tuple(fc.integer({ min: -8, max: 8 }), fc.integer({ min: -8, max: 8 })), {
          minLength: 4,
          maxLength: 4,
        }),
        (dx, dy, walks) => {
          const found = CROWD.map((box, i) => {
            const [wx, wy] = walks[i] ?? [0, 0];
            return moved(box, dx + wx, dy + wy);
          });
          const { x, y } = scene(CROWD, found);
          assert.deepEqual([x, y], [dx, dy]);
        },
      ),
    );
  });

  it('does not follow the noise of a fixed camera', () => {
    const jitter = [3, -2, 1, -3, 2, -1, 3, -3, 1, -1, 2, -2];
    const found = CROWD.map((box, i) => moved(box, jitter[i], jitter[(i + 5) % 12]));
    assert.deepEqual(scene(CROWD, found), { any: false, x: 0, y: 0 });
  });

  it('says nothing of a handful of objects, which may all have turned the same way', () => {
    const four = CROWD.slice(0, 4);
    assert.equal(
      scene(
        four,
        four.map((box) => moved(box, 20, 0)),
      ).any,
      false,
    );
  });

  it('pairs an object only with its own class', () => {
    // of two classes in turn, each detection carries the class of the track before it
    const found = CROWD.map((box) => moved(box, 20, 0));
    const classes = (i: number): number => i % 2;
    assert.equal(scene(CROWD, [...found.slice(1), found[0]], classes).any, false);
  });

  it('is not led by the few that move far', () => {
    const found = CROWD.map((box, i) => (i < 4 ? moved(box, 60, 0) : box));
    assert.deepEqual([scene(CROWD, found).x, scene(CROWD, found).y], [0, 0]);
  });
});
