/** Numbers per track: four axes (cx, cy, w, h) of [p, v, var p, cov pv, var v]; as many as `box-filter.ts` takes. */
export const STRIDE = 20;
const AXIS = 5;
const WIDTH = 10; // the offset of p on the axis w
const HEIGHT = 15;

// standard deviations, as fractions of the box's width (axes cx, w) or height (cy, h)
const POSITION_NOISE = 1 / 20;
const VELOCITY_NOISE = 1 / 160;
/** A box predicted to shrink away keeps this part of itself: noise in proportion to no size would freeze the filter. */
const LEAST_SIZE = 0.5;

/**
 * A Kalman filter of boxes moving at constant velocity in image space, with width and height in place of height and
 * aspect (Aharon et al. 2022, BoT-SORT, section 3.1): pixels of the source frame, velocities per frame interval.
 * The noise is diagonal, so the 8-state filter is exactly four 2-state filters and needs no matrix inverse.
 *
 * All functions work in place on the `STRIDE` numbers that start at `s[at]`. Boxes are given as x, y of the
 * top-left corner, width and height; both sizes must be positive.
 */
export function initiate(
  s: Float64Array,
  at: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const size = axis % 2 === 0 ? width : height;
    const stdP = 2 * POSITION_NOISE * size;
    const stdV = 10 * VELOCITY_NOISE * size;
    s[i] = measured(axis, x, y, width, height);
    s[i + 1] = 0;
    s[i + 2] = stdP * stdP;
    s[i + 3] = 0;
    s[i + 4] = stdV * stdV;
  }
}

/** Moves the box `dt` frame intervals ahead; at a whole `dt` as that many steps of one (see `box-filter.ts`). */
export function predict(s: Float64Array, at: number, dt: number): void {
  const width = s[at + WIDTH]; // read first: the loop overwrites them
  const height = s[at + HEIGHT];
  const sumK = (dt * (dt - 1)) / 2;
  const sumK2 = (dt * (dt - 1) * (2 * dt - 1)) / 6;
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const size = axis % 2 === 0 ? width : height;
    const noiseP = (POSITION_NOISE * size) ** 2;
    const noiseV = (VELOCITY_NOISE * size) ** 2;
    s[i] += dt * s[i + 1];
    s[i + 2] += dt * (2 * s[i + 3] + dt * s[i + 4] + noiseP) + sumK2 * noiseV;
    s[i + 3] += dt * s[i + 4] + sumK * noiseV;
    s[i + 4] += dt * noiseV;
  }
  s[at + WIDTH] = Math.max(s[at + WIDTH], LEAST_SIZE * width);
  s[at + HEIGHT] = Math.max(s[at + HEIGHT], LEAST_SIZE * height);
}

/** Corrects the predicted box by a measured one. */
export function update(
  s: Float64Array,
  at: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const noiseX = (POSITION_NOISE * s[at + WIDTH]) ** 2;
  const noiseY = (POSITION_NOISE * s[at + HEIGHT]) ** 2;
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const noise = axis % 2 === 0 ? noiseX : noiseY;
    const variance = s[i + 2] + noise;
    const gainP = s[i + 2] / variance;
    const gainV = s[i + 3] / variance;
    const innovation = measured(axis, x, y, width, height) - s[i];
    s[i] += gainP * innovation;
    s[i + 1] += gainV * innovation;
    s[i + 4] -= gainV * s[i + 3];
    // 1 - gain, written so that rounding cannot make it nothing
    s[i + 3] *= noise / variance;
    s[i + 2] *= noise / variance;
  }
}

/**
 * Writes the squared Mahalanobis distance of box `box` of `boxes` (x, y of the top-left corner, width, height) from the
 * predicted one into `into[to]` (chi-square, 4 degrees of freedom; see `box-filter.ts`).
 */
export function mahalanobisInto(
  into: Float64Array,
  to: number,
  s: Float64Array,
  at: number,
  boxes: Float32Array,
  box: number,
): void {
  const from = box * 4;
  const noiseX = (POSITION_NOISE * s[at + WIDTH]) ** 2;
  const noiseY = (POSITION_NOISE * s[at + HEIGHT]) ** 2;
  let sum = 0;
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const innovation = measured(axis, boxes[from], boxes[from + 1], boxes[from + 2], boxes[from + 3]) - s[i];
    sum += (innovation * innovation) / (s[i + 2] + (axis % 2 === 0 ? noiseX : noiseY));
  }
  into[to] = sum;
}

/** Stops the size from changing: of an object out of sight its growth cannot be known. */
export function stopGrowing(s: Float64Array, at: number): void {
  s[at + WIDTH + 1] = 0;
  s[at + HEIGHT + 1] = 0;
}

/** Writes the box's corners x1, y1, x2, y2 to `into[to]` and on. */
export function writeCorners(s: Float64Array, at: number, into: Float64Array, to: number): void {
  const width = s[at + WIDTH];
  const height = s[at + HEIGHT];
  into[to] = s[at] - width / 2;
  into[to + 1] = s[at + AXIS] - height / 2;
  into[to + 2] = into[to] + width;
  into[to + 3] = into[to + 1] + height;
}

function measured(axis: number, x: number, y: number, width: number, height: number): number {
  if (axis === 0) return x + width / 2;
  if (axis === 1) return y + height / 2;
  return axis === 2 ? width : height;
}
