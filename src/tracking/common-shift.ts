import { iouOfCorners } from './iou-cost.ts';
import { LeftBins } from './left-bins.ts';
import type { SlotList } from './slot-list.ts';
import type { TrackPool } from './track-pool.ts';

/** Boxes are grown by this part of their size on each side before they are paired: the shift is what parts them. */
const GROWTH = 0.6;
/** Fewer objects may all have turned the same way by themselves. */
const MIN_PAIRS = 5;
/** A shift must exceed this many standard errors of its median, or a fixed camera would follow its noise. */
const SIGNIFICANCE = 2;

/** Detections of one frame: corners x1, y1, x2, y2 in pixels, and classes. */
interface Found {
  readonly corners: Float64Array;
  readonly classIds: Uint16Array;
}

/**
 * How far the whole picture moved since the last frame, judged by the boxes alone: the median of what parts each
 * predicted track from its detection. A camera that pans, shakes or drives moves every object alike, which no single
 * track's filter can know; published trackers estimate it from the pixels (Aharon et al. 2022, section 3.2).
 *
 * Nothing is allocated once the work arrays have grown.
 */
export class CommonShift {
  /** Pixels of the source frame. */
  x = 0;
  y = 0;
  readonly #bins = new LeftBins();
  #grownTracks = new Float64Array(0);
  #grownFound = new Float64Array(0);
  #bestOverlap = new Float64Array(0);
  #bestTrack = new Int32Array(0);
  #offsetsX = new Float64Array(0);
  #offsetsY = new Float64Array(0);
  #deviations = new Float64Array(0);

  /** Sets `x` and `y`, 0 where nothing speaks for a shift; answers whether there is any. */
  estimate(pool: TrackPool, tracks: SlotList, found: Found, detections: SlotList): boolean {
    this.x = this.y = 0;
    if (tracks.count < MIN_PAIRS || detections.count < MIN_PAIRS) return false;
    const pairs = this.#pair(pool, tracks, found, detections);
    if (pairs < MIN_PAIRS) return false;
    this.x = this.#significantMedian(this.#offsetsX, pairs);
    this.y = this.#significantMedian(this.#offsetsY, pairs);
    return this.x !== 0 || this.y !== 0;
  }

  /** Pairs each track with the detection it overlaps most, where that detection overlaps no other track more. */
  #pair(pool: TrackPool, tracks: SlotList, found: Found, detections: SlotList): number {
    this.#reserve(tracks.count, detections.count);
    grow(pool.corners, tracks, this.#grownTracks);
    grow(found.corners, detections, this.#grownFound);
    const overlaps = this.#bestOverlap;
    const bestTrack = this.#bestTrack;
    const grownFound = this.#grownFound;
    overlaps.fill(0, 0, detections.count);
    bestTrack.fill(-1, 0, detections.count);
    this.#bins.sort(grownFound, null, detections.count);
    for (let i = 0; i < tracks.count; i++) {
      const classId = pool.classIds[tracks.items[i]];
      const left = this.#grownTracks[i * 4];
      const right = this.#grownTracks[i * 4 + 2];
      let best = -1;
      let most = 0;
      this.#bins.seek(left, right);
      for (let k = this.#bins.from; k < this.#bins.to; k++) {
        const j = this.#bins.order[k];
        if (grownFound[j * 4] >= right || grownFound[j * 4 + 2] <= left) continue;
        if (found.classIds[detections.items[j]] !== classId) continue;
        const overlap = iouOfCorners(this.#grownTracks, i, grownFound, j, 0);
        if (overlap > most) {
          most = overlap;
          best = j;
        }
      }
      if (best >= 0 && most > overlaps[best]) {
        overlaps[best] = most;
        bestTrack[best] = i;
      }
    }
    let pairs = 0;
    for (let j = 0; j < detections.count; j++) {
      if (bestTrack[j] < 0) continue;
      const p = tracks.items[bestTrack[j]] * 4;
      const q = detections.items[j] * 4;
      const { corners } = pool;
      this.#offsetsX[pairs] = (found.corners[q] + found.corners[q + 2] - corners[p] - corners[p + 2]) / 2;
      this.#offsetsY[pairs] =
        (found.corners[q + 1] + found.corners[q + 3] - corners[p + 1] - corners[p + 3]) / 2;
      pairs++;
    }
    return pairs;
  }

  /** The median, or 0 when it is within the noise: its standard error is about the median deviation over root n. */
  #significantMedian(offsets: Float64Array, count: number): number {
    const shift = median(offsets, count);
    for (let i = 0; i < count; i++) this.#deviations[i] = Math.abs(offsets[i] - shift);
    const error = median(this.#deviations, count) / Math.sqrt(count);
    return Math.abs(shift) > SIGNIFICANCE * error ? shift : 0;
  }

  #reserve(tracks: number, detections: number): void {
    if (this.#grownTracks.length < tracks * 4) this.#grownTracks = new Float64Array(tracks * 8);
    if (this.#bestTrack.length >= detections) return;
    const size = detections * 2;
    this.#grownFound = new Float64Array(size * 4);
    this.#bestOverlap = new Float64Array(size);
    this.#bestTrack = new Int32Array(size);
    this.#offsetsX = new Float64Array(size);
    this.#offsetsY = new Float64Array(size);
    this.#deviations = new Float64Array(size);
  }
}

/** Writes the grown boxes of `list`, one after the other. */
function grow(corners: Float64Array, list: SlotList, into: Float64Array): void {
  for (let i = 0; i < list.count; i++) {
    const from = list.items[i] * 4;
    const marginX = (corners[from + 2] - corners[from]) * GROWTH;
    const marginY = (corners[from + 3] - corners[from + 1]) * GROWTH;
    into[i * 4] = corners[from] - marginX;
    into[i * 4 + 1] = corners[from + 1] - marginY;
    into[i * 4 + 2] = corners[from + 2] + marginX;
    into[i * 4 + 3] = corners[from + 3] + marginY;
  }
}

/** The (lower) median of the first `count` values, which change their places (Hoare's selection). */
function median(values: Float64Array, count: number): number {
  const wanted = (count - 1) >> 1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = values[wanted];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (j < wanted) low = i;
    if (wanted < i) high = j;
  }
  return values[wanted];
}
