const AXIS = 5;
const WIDTH = 10; // the offset of p on the axis w
const HEIGHT = 15;

// standard deviations, as fractions of the box's larger side: of a person the height, of a car mostly the width
/** Of where a detector puts a box. */
const MEASUREMENT = 0.06;
const SIZE_MEASUREMENT = 0.05;
/** Of how far an object strays from its straight line in one second: strides, swaying arms. */
const STRAYING = 0.2;
const SIZE_CHANGE = 0.27;
/** Of how much its velocity (sizes a second) changes in one second. */
const VELOCITY_CHANGE = 0.8;
/** Of the velocity of something just seen for the first time, sizes a second. */
const FIRST_VELOCITY = 2;

/** `predict` takes seconds, not frame intervals. */
export const inSeconds = true;

/**
 * A Kalman filter of boxes whose noise is a matter of time, not of frames: the centre cx, cy (pixels) goes at a velocity
 * (pixels a second) that white noise changes (Bar-Shalom, Li and Kirubarajan 2001, "Estimation with Applications to
 * Tracking and Navigation", section 6.2.2), width and height wander.
 *
 * SORT, ByteTrack and BoT-SORT give their filters so much noise a frame, which suits the 30 frames/s they were tuned at.
 * Of a camera analysed 5 times a second an object turns in one interval as much as it would in six, and theirs are too
 * sure that it went straight on.
 *
 * The axes are independent, so these are four filters of at most two states, laid out as in `botsort-filter.ts`: axes
 * cx, cy, w, h of [p, v, var p, cov pv, var v], where v of w and h stays 0. All work in place on the 20 numbers from
 * `s[at]`. Boxes: x, y of the top-left corner, width and height, both sizes positive.
 */
export function initiateFrom(s: Float64Array, at: number, boxes: Float32Array, box: number): void {
  const from = box * 4;
  const size = Math.max(boxes[from + 2], boxes[from + 3]);
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const moves = axis < 2;
    // twice that of a later box: who comes into view is often half hidden or cut off
    const std = 2 * size * (moves ? MEASUREMENT : SIZE_MEASUREMENT);
    s[i] = measured(axis, boxes, from);
    s[i + 1] = 0;
    s[i + 2] = std * std;
    s[i + 3] = 0;
    s[i + 4] = moves ? (FIRST_VELOCITY * size) ** 2 : 0;
  }
}

/** Moves the box `dt` seconds ahead; two steps are the same as one of both together. */
export function predict(s: Float64Array, at: number, dt: number): void {
  const size = Math.max(s[at + WIDTH], s[at + HEIGHT]);
  const straying = (STRAYING * size) ** 2;
  const turning = (VELOCITY_CHANGE * size) ** 2;
  for (let i = at; i < at + WIDTH; i += AXIS) {
    s[i] += dt * s[i + 1];
    s[i + 2] += dt * (2 * s[i + 3] + dt * s[i + 4] + straying + (dt * dt * turning) / 3);
    s[i + 3] += dt * (s[i + 4] + (dt * turning) / 2);
    s[i + 4] += dt * turning;
  }
  const change = dt * (SIZE_CHANGE * size) ** 2;
  s[at + WIDTH + 2] += change;
  s[at + HEIGHT + 2] += change;
}

/** Corrects the predicted box by box number `box` of `boxes`. */
export function updateFrom(s: Float64Array, at: number, boxes: Float32Array, box: number): void {
  const from = box * 4;
  const size = Math.max(s[at + WIDTH], s[at + HEIGHT]);
  for (let axis = 0; axis < 4; axis++) {
    const i = at + axis * AXIS;
    const variance = s[i + 2] + (size * (axis < 2 ? MEASUREMENT : SIZE_MEASUREMENT)) ** 2;
    const gainP = s[i + 2] / variance;
    const gainV = s[i + 3] / variance;
    const innovation = measured(axis, boxes, from) - s[i];
    s[i] += gainP * innovation;
    s[i + 1] += gainV * innovation;
    s[i + 4] -= gainV * s[i + 3];
    s[i + 3] -= gainP * s[i + 3];
    s[i + 2] -= gainP * s[i + 2];
  }
}

/** Sizes have no velocity that would have to be stopped. */
export function stopGrowing(): void {}

function measured(axis: number, boxes: Float32Array, from: number): number {
  return axis < 2 ? boxes[from + axis] + boxes[from + axis + 2] / 2 : boxes[from + axis];
}
