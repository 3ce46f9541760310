/** Numbers per track: four axes (cx, cy, a, h) of [p, v, var p, cov pv, var v]. */
export const STRIDE = 20;
const AXIS = 5;
const ASPECT = 2;
const HEIGHT = 15; // the offset of p on the axis h

// standard deviations, as fractions of the box height; those of the aspect are plain numbers
const POSITION_NOISE = 1 / 20;
const VELOCITY_NOISE = 1 / 160;
const ASPECT_NOISE = 1e-2;
const ASPECT_VELOCITY_NOISE = 1e-5;
const ASPECT_MEASUREMENT_NOISE = 1e-1;

/**
 * A Kalman filter of boxes moving at constant velocity in image space (Wojke et al. 2017, DeepSORT, section
 * 2.1): centre cx, cy and height h in pixels of the source frame, a = width / height, velocities per
 * frame interval. The noise, weighted as in ByteTrack (Zhang et al. 2022), is diagonal, so the 8-state filter
 * is exactly four 2-state filters and needs no matrix inverse.
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
    const stdP = axis === ASPECT ? ASPECT_NOISE : 2 * POSITION_NOISE * height;
    const stdV = axis === ASPECT ? ASPECT_VELOCITY_NOISE : 10 * VELOCITY_NOISE * height;
    s[i] = measured(axis, x, y, width, height);
    s[i + 1] = 0;
    s[i + 2] = stdP * stdP;
    s[i + 3] = 0;
    s[i + 4] = stdV * stdV;
  }
}

/**
 * Moves the box `dt` frame intervals ahead.
 *
 * At a whole `dt` the result is that of as many steps of one interval at the noise of the first (the
 * sums of 1, k and k² over the steps, in closed form); between them the same polynomials hold.
 */
export function predict(s: Float64Array, at: number, dt: number): void {
  const height = s[at + HEIGHT]; // read first: the loop overwrites it
  const sumK = (dt * (dt - 1)) / 2;
  const sumK2 = (dt * (dt - 1) * (2 * dt - 1)) / 6;
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const stdP = axis === ASPECT ? ASPECT_NOISE : POSITION_NOISE * height;
    const stdV = axis === ASPECT ? ASPECT_VELOCITY_NOISE : VELOCITY_NOISE * height;
    const noiseV = stdV * stdV;
    s[i] += dt * s[i + 1];
    s[i + 2] += dt * (2 * s[i + 3] + dt * s[i + 4] + stdP * stdP) + sumK2 * noiseV;
    s[i + 3] += dt * s[i + 4] + sumK * noiseV;
    s[i + 4] += dt * noiseV;
  }
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
  const std = POSITION_NOISE * s[at + HEIGHT];
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const noise = axis === ASPECT ? ASPECT_MEASUREMENT_NOISE ** 2 : std * std;
    const variance = s[i + 2] + noise;
    const gainP = s[i + 2] / variance;
    const gainV = s[i + 3] / variance;
    const innovation = measured(axis, x, y, width, height) - s[i];
    s[i] += gainP * innovation;
    s[i + 1] += gainV * innovation;
    s[i + 4] -= gainV * s[i + 3];
    s[i + 3] -= gainP * s[i + 3];
    s[i + 2] -= gainP * s[i + 2];
  }
}

/**
 * Writes how far box `box` of `boxes` (x, y of the top-left corner, width, height) lies from the predicted one into
 * `into[to]`: the squared Mahalanobis distance, in standard deviations of what is predicted and measured together
 * (Wojke et al. 2017, section 2.2). 95 % of the boxes of an object stay below 9.4877, the quantile of chi-square
 * with 4 degrees of freedom. The noise is diagonal, so it is a sum over the axes.
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
  const std = POSITION_NOISE * s[at + HEIGHT];
  let sum = 0;
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const noise = axis === ASPECT ? ASPECT_MEASUREMENT_NOISE ** 2 : std * std;
    const innovation = measured(axis, boxes[from], boxes[from + 1], boxes[from + 2], boxes[from + 3]) - s[i];
    sum += (innovation * innovation) / (s[i + 2] + noise);
  }
  into[to] = sum;
}

/** Stops the height from changing: of an object out of sight its growth cannot be known. */
export function stopGrowing(s: Float64Array, at: number): void {
  s[at + HEIGHT + 1] = 0;
}

/** Re-expresses the velocities when the frame interval they are counted in becomes `factor` times as long. */
export function rescaleVelocity(s: Float64Array, at: number, factor: number): void {
  for (let i = at; i < at + STRIDE; i += AXIS) {
    s[i + 1] *= factor;
    s[i + 3] *= factor;
    s[i + 4] *= factor * factor;
  }
}

/** Moves the box as a whole, pixels; its velocity stays. */
export function moveBy(s: Float64Array, at: number, by: { readonly x: number; readonly y: number }): void {
  s[at] += by.x;
  s[at + AXIS] += by.y;
}

/** `initiate` with box number `box` of `boxes`: where several filters are in use, numbers passed on would be boxed. */
export function initiateFrom(s: Float64Array, at: number, boxes: Float32Array, box: number): void {
  const i = box * 4;
  initiate(s, at, boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]);
}

/** `update` with box number `box` of `boxes`. */
export function updateFrom(s: Float64Array, at: number, boxes: Float32Array, box: number): void {
  const i = box * 4;
  update(s, at, boxes[i], boxes[i + 1], boxes[i + 2], boxes[i + 3]);
}

/** Writes the box's corners x1, y1, x2, y2 to `into[to]` and on. */
export function writeCorners(s: Float64Array, at: number, into: Float64Array, to: number): void {
  const height = s[at + HEIGHT];
  const width = s[at + ASPECT * AXIS] * height;
  const left = s[at] - width / 2;
  const top = s[at + AXIS] - height / 2;
  into[to] = left;
  into[to + 1] = top;
  into[to + 2] = left + width;
  into[to + 3] = top + height;
}

function measured(axis: number, x: number, y: number, width: number, height: number): number {
  if (axis === 0) return x + width / 2;
  if (axis === 1) return y + height / 2;
  return axis === ASPECT ? width / height : height;
}
