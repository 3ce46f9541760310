import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Footprint, overlaps } from '../../../tools/scene/traffic/overlap.ts';

const footprint = fc.record({
  x: fc.double({ min: -6, max: 6, noNaN: true }),
  y: fc.double({ min: -6, max: 6, noNaN: true }),
  heading: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
  length: fc.double({ min: 0.5, max: 8, noNaN: true }),
  width: fc.double({ min: 0.5, max: 3, noNaN: true }),
});

/** Points of a rectangle, its edges included. */
function* points({ x, y, heading, length, width }: Footprint): Generator<[number, number]> {
  for (let u = -0.5; u <= 0.5; u += 0.05) {
    for (let v = -0.5; v <= 0.5; v += 0.05) {
      const [a, b] = [u * length, v * width];
      yield [
        x + a * Math.cos(heading) - b * Math.sin(heading),
        y + a * Math.sin(heading) + b * Math.cos(heading),
      ];
    }
  }
}

function holds({ x, y, heading, length, width }: Footprint, px: number, py: number): boolean {
  const [dx, dy] = [px - x, py - y];
  const along = dx * Math.cos(heading) + dy * Math.sin(heading);
  const across = dy * Math.cos(heading) - dx * Math.sin(heading);
  return Math.abs(along) <= length / 2 && Math.abs(across) <= width / 2;
}

describe('rectangles on the ground', () => {
  it('overlap where one holds a point of the other', () => {
    fc.assert(
      fc.property(footprint, footprint, (a, b) => {
        const meet = [...points(a)].some(([x, y]) => holds(b, x, y));
        if (meet) assert.ok(overlaps(a, b, 1e-9));
        assert.equal(overlaps(a, b, 0), overlaps(b, a, 0));
      }),
    );
  });

  it('do not where a line passes between them', () => {
    const car = { x: 0, y: 0, heading: 0, length: 4, width: 2 };
    assert.equal(overlaps(car, { ...car, y: 2.1 }, 0), false);
    assert.equal(overlaps(car, { ...car, y: 2.1 }, 0.2), true);
    // corner to corner, at 45 degrees: the boxes about them meet, they do not
    assert.equal(overlaps(car, { ...car, x: 3.2, y: 2.4, heading: -Math.PI / 4 }, 0), false);
    assert.equal(overlaps(car, { ...car, x: 2.6, y: 1.8, heading: -Math.PI / 4 }, 0), true);
  });
});
