/** The comparisons of the metrics allow for rounding, as the reference implementation of HOTA's authors does. */
export const EPSILON = 2 ** -52;

/**
 * Intersection over union of each box of `a` named in `rows` with each of `b` named in `cols`, row-major.
 *
 * Boxes: x, y of the top-left corner, width, height; continuous coordinates. In double precision, unlike the trackers':
 * the metrics are compared to the last digits.
 */
export function similarities(
  a: Float64Array,
  rows: readonly number[],
  b: Float64Array,
  cols: readonly number[],
): Float64Array {
  const similarity = new Float64Array(rows.length * cols.length);
  let at = 0;
  for (const row of rows) for (const col of cols) similarity[at++] = iou(a, row * 4, b, col * 4);
  return similarity;
}

function iou(a: Float64Array, p: number, b: Float64Array, q: number): number {
  const width = Math.min(a[p] + a[p + 2], b[q] + b[q + 2]) - Math.max(a[p], b[q]);
  const height = Math.min(a[p + 1] + a[p + 3], b[q + 1] + b[q + 3]) - Math.max(a[p + 1], b[q + 1]);
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  return intersection / (a[p + 2] * a[p + 3] + b[q + 2] * b[q + 3] - intersection);
}
