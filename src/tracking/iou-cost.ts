import { LeftBins } from './left-bins.ts';
import type { SlotList } from './slot-list.ts';

/** From how many pairs on sorting the detections first is quicker than looking at every pair. */
const SORT_FROM = 2_000;
/** Shared by all trackers of a thread: nothing in it outlives a call. */
const bins = new LeftBins();

/** Boxes by their corners x1, y1, x2, y2 in pixels, four numbers each, and their classes. */
export interface CornerBoxes {
  readonly corners: Float64Array;
  readonly classIds: Uint16Array;
}

/**
 * Intersection over union of box `i` of `a` and box `j` of `b`, by their corners.
 *
 * `pixel` is added to every extent: 0 for continuous coordinates, 1 where corners name the pixels inside, the older
 * convention that the original ByteTrack was measured with.
 */
export function iouOfCorners(a: Float64Array, i: number, b: Float64Array, j: number, pixel: number): number {
  const p = i * 4;
  const q = j * 4;
  const overlapX = Math.min(a[p + 2], b[q + 2]) - Math.max(a[p], b[q]) + pixel;
  if (!(overlapX > 0)) return 0;
  const overlapY = Math.min(a[p + 3], b[q + 3]) - Math.max(a[p + 1], b[q + 1]) + pixel;
  if (!(overlapY > 0)) return 0;
  const intersection = overlapX * overlapY;
  const areaA = (a[p + 2] - a[p] + pixel) * (a[p + 3] - a[p + 1] + pixel);
  const areaB = (b[q + 2] - b[q] + pixel) * (b[q + 3] - b[q + 1] + pixel);
  return intersection / (areaA + areaB - intersection);
}

/**
 * How like in height two boxes are: the square of the lesser over the greater. People at different distances seldom are,
 * however much the nearer hides the other.
 */
function likenessInHeight(a: Float64Array, i: number, b: Float64Array, j: number): number {
  const heightA = a[i * 4 + 3] - a[i * 4 + 1];
  const heightB = b[j * 4 + 3] - b[j * 4 + 1];
  const ratio = heightA < heightB ? heightA / heightB : heightB / heightA;
  return ratio * ratio;
}

/**
 * Writes the cost of continuing each track of `rows` with each detection of `cols` into `cost`, row-major:
 * 1 - IoU, or 1 - IoU x confidence where `confidences` of the detections are given. Boxes of different classes, and
 * boxes that do not meet, cost `Infinity`: no limit pairs them.
 *
 * `heightModulated` multiplies the overlap with the boxes' likeness in height (Hybrid-SORT, Yang et al. 2024, section 3.2,
 * does with the share of height they have in common, which a wrong prediction lowers too).
 */
export function iouCostsInto(
  cost: Float64Array,
  tracks: CornerBoxes,
  rows: SlotList,
  detections: CornerBoxes,
  cols: SlotList,
  confidences: Float32Array | null,
  pixel: number,
  heightModulated = false,
): void {
  const a = tracks.corners;
  const b = detections.corners;
  const { classIds } = detections;
  const { items, count } = cols;
  cost.fill(Infinity, 0, rows.count * count);
  const sorted = rows.count * count >= SORT_FROM;
  if (sorted) bins.sort(b, items, count);
  for (let row = 0; row < rows.count; row++) {
    const track = rows.items[row];
    const classId = tracks.classIds[track];
    const p = track * 4;
    const left = a[p];
    const top = a[p + 1];
    const right = a[p + 2];
    const bottom = a[p + 3];
    const area = (right - left + pixel) * (bottom - top + pixel);
    if (sorted) bins.seek(left - pixel, right + pixel);
    const to = sorted ? bins.to : count;
    for (let i = sorted ? bins.from : 0; i < to; i++) {
      const col = sorted ? bins.order[i] : i;
      const detection = items[col];
      const q = detection * 4;
      // as `iouOfCorners`, written out: called from here, each of its results would go through the heap
      const overlapX = Math.min(right, b[q + 2]) - Math.max(left, b[q]) + pixel;
      if (!(overlapX > 0)) continue;
      const overlapY = Math.min(bottom, b[q + 3]) - Math.max(top, b[q + 1]) + pixel;
      if (!(overlapY > 0) || classIds[detection] !== classId) continue;
      const intersection = overlapX * overlapY;
      const other = (b[q + 2] - b[q] + pixel) * (b[q + 3] - b[q + 1] + pixel);
      let overlap = intersection / (area + other - intersection);
      if (heightModulated) overlap *= likenessInHeight(a, track, b, detection);
      if (confidences !== null) overlap *= confidences[detection];
      if (overlap > 0) cost[row * count + col] = 1 - overlap;
    }
  }
}
