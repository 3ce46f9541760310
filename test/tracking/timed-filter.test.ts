import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { writeCorners } from '../../src/tracking/botsort-filter.ts';
import { moveBy, STRIDE } from '../../src/tracking/box-filter.ts';
import { initiateFrom, predict, updateFrom } from '../../src/tracking/timed-filter.ts';

const box = fc.tuple(
  fc.integer({ min: -500, max: 4000 }),
  fc.integer({ min: -500, max: 2000 }),
  fc.integer({ min: 1, max: 800 }),
  fc.integer({ min: 1, max: 800 }),
);
const seconds = fc.double({ min: 1e-3, max: 5, noNaN: true });
const boxes = (...list: (readonly number[])[]): Float32Array => Float32Array.from(list.flat());
const started = (...list: (readonly number[])[]): Float64Array => {
  const s = new Float64Array(STRIDE);
  initiateFrom(s, 0, boxes(...list), 0);
  return s;
};

function assertClose(s: Float64Array, expected: Float64Array): void {
  for (const [i, value] of s.entries()) {
    const tolerance = 1e-9 * Math.max(1, Math.abs(expected[i]));
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `number ${i}: ${value}, expected ${expected[i]}`);
  }
}

describe('the filter whose noise is a matter of time', () => {
  it('keeps every covariance positive, whatever is measured and whatever time passes', () => {
    fc.assert(
      fc.property(box, fc.array(fc.tuple(seconds, fc.option(box)), { maxLength: 30 }), (first, course) => {
        const s = started(first);
        for (const [dt, measured] of course) {
          predict(s, 0, dt);
          if (measured) updateFrom(s, 0, boxes(measured), 0);
          for (const i of [0, 5]) {
            assert.ok(s[i + 2] > 0 && s[i + 4] > 0, `variances ${s[i + 2]}, ${s[i + 4]}`);
            // the covariance of p and v is one number, so symmetric; the determinant must be positive too
            assert.ok(s[i + 2] * s[i + 4] - s[i + 3] ** 2 > 0);
          }
          for (const i of [10, 15]) {
            assert.ok(s[i + 2] > 0);
            assert.deepEqual([s[i + 1], s[i + 3], s[i + 4]], [0, 0, 0]);
          }
        }
      }),
    );
  });

  it('predicts a time at once as in any two parts of it', () => {
    fc.assert(
      fc.property(box, box, seconds, seconds, (first, second, a, b) => {
        const once = started(first);
        predict(once, 0, 0.04);
        updateFrom(once, 0, boxes(second), 0);
        const parts = once.slice();
        predict(once, 0, a + b);
        predict(parts, 0, a);
        predict(parts, 0, b);
        assertClose(parts, once);
      }),
    );
  });

  it('is less sure where an object went the less often it is seen', () => {
    const walk = (t: number): readonly number[] => [100 + 50 * t, 200, 40, 100];
    const variance = (dt: number): number => {
      const s = started(walk(0));
      for (let t = dt; t < 20; t += dt) {
        predict(s, 0, dt);
        updateFrom(s, 0, boxes(walk(t)), 0);
      }
      assert.ok(Math.abs(s[1] - 50) < 0.5, `${s[1]} pixels a second`);
      predict(s, 0, dt);
      return s[2];
    };
    // noise per frame would make them the same
    assert.ok(variance(0.2) > 1.3 * variance(0.1));
  });

  it('scales with the picture', () => {
    fc.assert(
      fc.property(box, box, fc.integer({ min: 2, max: 8 }), (first, second, scale) => {
        const follow = (by: number): Float64Array => {
          const s = started(first.map((v) => v * by));
          predict(s, 0, 0.2);
          updateFrom(s, 0, boxes(second.map((v) => v * by)), 0);
          predict(s, 0, 0.3);
          return s;
        };
        const small = follow(1);
        const expected = small.map((v, i) => v * (i % 5 < 2 ? scale : scale * scale));
        assertClose(follow(scale), expected);
      }),
    );
  });

  it('reads and gives back the box of the number it is told, and moves it as a whole', () => {
    fc.assert(
      fc.property(box, box, (first, second) => {
        const s = new Float64Array(STRIDE);
        initiateFrom(s, 0, boxes(first, second), 1);
        moveBy(s, 0, { x: 3, y: -2 });
        const corners = new Float64Array(4);
        writeCorners(s, 0, corners, 0);
        const [x, y, w, h] = second;
        for (const [i, value] of [x + 3, y - 2, x + w + 3, y + h - 2].entries()) {
          assert.ok(Math.abs(corners[i] - value) < 1e-3);
        }
      }),
    );
  });
});
