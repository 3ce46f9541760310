/** Numbers per track: three axes (cx, cy, s) of [p, v, var p, cov pv, var v], then [r, var r]; the rest is unused. */
export const SORT_STRIDE = 20;
const AXIS = 5;
const AREA = 10;
const RATIO = 15;
const RATIO_VARIANCE = 16;

// variances of the paper's own implementation: position, area and ratio in pixels, pixels² and plain numbers
const INITIAL_VARIANCE = 10;
const INITIAL_VELOCITY_VARIANCE = 1e4;
const PROCESS_NOISE = 1;
const VELOCITY_NOISE = 1e-2;
const AREA_VELOCITY_NOISE = 1e-4;
const MEASUREMENT_NOISE = 1;
const SIZE_MEASUREMENT_NOISE = 10;

/**
 * The Kalman filter of SORT (Bewley et al. 2016, "Simple Online and Realtime Tracking", section 3.2): centre cx, cy
 * in pixels, area s in pixels², ratio r = width / height, which is constant; cx, cy and s move at constant velocity.
 * Its noise is diagonal, so the 7-state filter is exactly three 2-state filters and one of a single state.
 *
 * All functions work in place on the `SORT_STRIDE` numbers that start at `f[at]`. Boxes are x, y of the top-left
 * corner, width and height, both sizes positive.
 */
export function initiateSort(
  f: Float64Array,
  at: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  for (let axis = 0; axis < 3; axis++) {
    const i = at + axis * AXIS;
    f[i] = measured(axis, x, y, width, height);
    f[i + 1] = 0;
    f[i + 2] = INITIAL_VARIANCE;
    f[i + 3] = 0;
    f[i + 4] = INITIAL_VELOCITY_VARIANCE;
  }
  f[at + RATIO] = width / height;
  f[at + RATIO_VARIANCE] = INITIAL_VARIANCE;
}

/** Moves the box `dt` frame intervals ahead; whole intervals are that many steps of one (see box-filter.ts). */
export function predictSort(f: Float64Array, at: number, dt: number): void {
  // an area that shrinks below nothing stands still instead
  if (f[at + AREA] + dt * f[at + AREA + 1] <= 0) f[at + AREA + 1] = 0;
  const sumK = (dt * (dt - 1)) / 2;
  const sumK2 = (dt * (dt - 1) * (2 * dt - 1)) / 6;
  for (let axis = 0; axis < 3; axis++) {
    const i = at + axis * AXIS;
    const noiseV = axis === 2 ? AREA_VELOCITY_NOISE : VELOCITY_NOISE;
    f[i] += dt * f[i + 1];
    f[i + 2] += dt * (2 * f[i + 3] + dt * f[i + 4] + PROCESS_NOISE) + sumK2 * noiseV;
    f[i + 3] += dt * f[i + 4] + sumK * noiseV;
    f[i + 4] += dt * noiseV;
  }
  f[at + RATIO_VARIANCE] += dt * PROCESS_NOISE;
}

/** Corrects the predicted box by a measured one. */
export function updateSort(
  f: Float64Array,
  at: number,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  for (let axis = 0; axis < 3; axis++) {
    const i = at + axis * AXIS;
    const variance = f[i + 2] + (axis === 2 ? SIZE_MEASUREMENT_NOISE : MEASUREMENT_NOISE);
    const gainP = f[i + 2] / variance;
    const gainV = f[i + 3] / variance;
    const innovation = measured(axis, x, y, width, height) - f[i];
    f[i] += gainP * innovation;
    f[i + 1] += gainV * innovation;
    f[i + 4] -= gainV * f[i + 3];
    f[i + 3] -= gainP * f[i + 3];
    f[i + 2] -= gainP * f[i + 2];
  }
  const gain = f[at + RATIO_VARIANCE] / (f[at + RATIO_VARIANCE] + SIZE_MEASUREMENT_NOISE);
  f[at + RATIO] += gain * (width / height - f[at + RATIO]);
  f[at + RATIO_VARIANCE] -= gain * f[at + RATIO_VARIANCE];
}

/** Re-expresses the velocities when the frame interval they are counted in becomes `factor` times as long. */
export function rescaleSortVelocity(f: Float64Array, at: number, factor: number): void {
  for (let i = at; i < at + RATIO; i += AXIS) {
    f[i + 1] *= factor;
    f[i + 3] *= factor;
    f[i + 4] *= factor * factor;
  }
}

/** Writes the box's corners x1, y1, x2, y2 to `into[to]` and on; not numbers where the area or ratio is negative. */
export function writeSortCorners(f: Float64Array, at: number, into: Float64Array, to: number): void {
  const width = Math.sqrt(f[at + AREA] * f[at + RATIO]);
  const height = f[at + AREA] / width;
  into[to] = f[at] - width / 2;
  into[to + 1] = f[at + AXIS] - height / 2;
  into[to + 2] = f[at] + width / 2;
  into[to + 3] = f[at + AXIS] + height / 2;
}

function measured(axis: number, x: number, y: number, width: number, height: number): number {
  if (axis === 0) return x + width / 2;
  return axis === 1 ? y + height / 2 : width * height;
}
