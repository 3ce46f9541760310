import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  initiate,
  predict,
  rescaleVelocity,
  STRIDE,
  stopGrowing,
  update,
  writeCorners,
} from '../../src/tracking/box-filter.ts';

type Matrix = number[][];

/** The 8-state filter of the DeepSORT paper in full matrices: what the four 2-state filters must equal. */
class MatrixFilter {
  mean: number[];
  covariance: Matrix;

  constructor([x, y, w, h]: readonly number[]) {
    this.mean = [x + w / 2, y + h / 2, w / h, h, 0, 0, 0, 0];
    this.covariance = diagonal([h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16]);
  }

  predict(): void {
    const h = this.mean[3];
    const noise = diagonal([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]);
    const motion = identity(8);
    for (let i = 0; i < 4; i++) motion[i][i + 4] = 1;
    this.mean = motion.map((row) => row.reduce((sum, v, i) => sum + v * this.mean[i], 0));
    this.covariance = add(multiply(multiply(motion, this.covariance), transpose(motion)), noise);
  }

  update([x, y, w, h]: readonly number[]): void {
    const std = this.mean[3] / 20;
    const observe = identity(8).slice(0, 4);
    const crossed = multiply(this.covariance, transpose(observe));
    const innovation = add(multiply(observe, crossed), diagonal([std, std, 1e-1, std]));
    const gain = multiply(crossed, inverse(innovation));
    const error = [x + w / 2, y + h / 2, w / h, h].map((z, i) => z - this.mean[i]);
    this.mean = this.mean.map((m, i) => m + gain[i].reduce((sum, g, k) => sum + g * error[k], 0));
    const correction = multiply(multiply(gain, innovation), transpose(gain));
    this.covariance = add(
      this.covariance,
      correction.map((row) => row.map((v) => -v)),
    );
  }
}

const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));
const diagonal = (std: number[]): Matrix => std.map((s, i) => std.map((_, j) => (i === j ? s * s : 0)));
const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const add = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((v, j) => v + b[i][j]));
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));

/** Gauss-Jordan. */
function inverse(a: Matrix): Matrix {
  const n = a.length;
  const work = a.map((row, i) => [...row, ...identity(n)[i]]);
  for (let i = 0; i < n; i++) {
    work[i] = work[i].map((v, _, row) => v / row[i]);
    for (let k = 0; k < n; k++) {
      if (k !== i) work[k] = work[k].map((v, j, row) => v - row[i] * work[i][j]);
    }
  }
  return work.map((row) => row.slice(n));
}

const close = (a: number, b: number, message: string) =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${message}: ${a}, expected ${b}`);

function assertEqual(s: Float64Array, at: number, filter: MatrixFilter): void {
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * 5;
    close(s[i], filter.mean[axis], `position of axis ${axis}`);
    close(s[i + 1], filter.mean[axis + 4], `velocity of axis ${axis}`);
    close(s[i + 2], filter.covariance[axis][axis], `variance of axis ${axis}`);
    close(s[i + 3], filter.covariance[axis][axis + 4], `covariance of axis ${axis}`);
    close(s[i + 4], filter.covariance[axis + 4][axis + 4], `variance of the velocity of axis ${axis}`);
  }
}

const box = fc.tuple(
  fc.double({ min: 0, max: 1900, noNaN: true }),
  fc.double({ min: 0, max: 1000, noNaN: true }),
  fc.double({ min: 5, max: 300, noNaN: true }),
  fc.double({ min: 10, max: 600, noNaN: true }),
);

describe('box filter', () => {
  it('equals the 8-state matrix filter over any course of predictions and measurements', () => {
    fc.assert(
      fc.property(box, fc.array(fc.option(box), { maxLength: 12 }), (first, course) => {
        const at = STRIDE;
        const s = new Float64Array(3 * STRIDE).fill(7);
        const filter = new MatrixFilter(first);
        initiate(s, at, ...first);
        for (const measured of course) {
          predict(s, at, 1);
          filter.predict();
          if (measured) {
            update(s, at, ...measured);
            filter.update(measured);
          }
        }
        assertEqual(s, at, filter);
        assert.ok(s.subarray(0, at).every((v) => v === 7) && s.subarray(2 * at).every((v) => v === 7));
      }),
    );
  });

  it('predicts n intervals at once as n times one, while the height stands', () => {
    const s = new Float64Array(STRIDE);
    initiate(s, 0, 100, 100, 50, 120);
    predict(s, 0, 1);
    update(s, 0, 108, 101, 51, 121);
    stopGrowing(s, 0); // the noise goes by the height, which each single step would read anew
    const once = s.slice();
    predict(once, 0, 7);
    for (let i = 0; i < 7; i++) predict(s, 0, 1);
    for (let i = 0; i < STRIDE; i++) close(once[i], s[i], `number ${i}`);
  });

  it('keeps every covariance positive, whatever fractions of an interval pass', () => {
    const step = fc.tuple(fc.double({ min: 1e-3, max: 100, noNaN: true }), fc.option(box));
    fc.assert(
      fc.property(box, fc.array(step, { maxLength: 30 }), (first, course) => {
        const s = new Float64Array(STRIDE);
        initiate(s, 0, ...first);
        for (const [dt, measured] of course) {
          predict(s, 0, dt);
          if (measured) update(s, 0, ...measured);
          for (let i = 0; i < STRIDE; i += 5) {
            const [p, pv, v] = s.subarray(i + 2, i + 5);
            assert.ok(p > 0 && v > 0 && p * v > pv * pv, `[${p}, ${pv}, ${v}] of axis ${i / 5} after ${dt}`);
          }
        }
      }),
    );
  });

  it('predicts the same places after the frame interval was doubled', () => {
    const s = new Float64Array(STRIDE);
    initiate(s, 0, 100, 100, 50, 120);
    for (let frame = 1; frame <= 5; frame++) {
      predict(s, 0, 1);
      update(s, 0, 100 + 8 * frame, 100, 50, 120);
    }
    const doubled = s.slice();
    rescaleVelocity(doubled, 0, 2);
    predict(doubled, 0, 1);
    predict(s, 0, 2);
    for (let axis = 0; axis < 4; axis++) close(doubled[axis * 5], s[axis * 5], `axis ${axis}`);
  });

  it('writes back the corners of the box it was given', () => {
    const s = new Float64Array(STRIDE);
    const corners = new Float64Array(8);
    initiate(s, 0, 10, 20, 30, 40);
    writeCorners(s, 0, corners, 4);
    assert.deepEqual([...corners], [0, 0, 0, 0, 10, 20, 40, 60]);
  });
});
