/**
 * Overlap of two boxes as intersection over union, 0..1; 0 when either box has no area.
 *
 * Boxes are four numbers in a flat array: x, y of the top-left corner, width, height, in any one unit.
 * `i` and `j` count boxes, not numbers.
 */
export function iou(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const p = i * 4;
  const q = j * 4;
  const overlapX = Math.min(a[p] + a[p + 2], b[q] + b[q + 2]) - Math.max(a[p], b[q]);
  if (!(overlapX > 0)) return 0;
  const overlapY = Math.min(a[p + 1] + a[p + 3], b[q + 1] + b[q + 3]) - Math.max(a[p + 1], b[q + 1]);
  if (!(overlapY > 0)) return 0;
  const intersection = overlapX * overlapY;
  return intersection / (a[p + 2] * a[p + 3] + b[q + 2] * b[q + 3] - intersection);
}
