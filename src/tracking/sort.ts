import type { DetectionBatch } from '../detection.ts';
import { ActiveTracks } from './active-tracks.ts';
import { Assignment, assign } from './assignment.ts';
import { FoundDetections } from './found-detections.ts';
import { FrameInterval } from './frame-interval.ts';
import { iouCostsInto } from './iou-cost.ts';
import { reportTracks } from './report-tracks.ts';
import { SlotList } from './slot-list.ts';
import {
  initiateSort,
  predictSort,
  rescaleSortVelocity,
  SORT_STRIDE,
  updateSort,
  writeSortCorners,
} from './sort-filter.ts';
import { SORT_DEFAULTS, type SortOptions } from './sort-options.ts';
import { CONFIRMED, LOST, TENTATIVE, TrackPool } from './track-pool.ts';
import type { Tracker, TrackerContext } from './tracker.ts';

/** Media time comes rounded to milliseconds. */
const ROUNDING_MS = 1;
/** Cost (1 - overlap) of boxes that do not meet. */
const APART = 1;

/**
 * SORT (Bewley et al. 2016, "Simple Online and Realtime Tracking"): a Kalman filter a track, and the assignment of
 * boxes that overlaps most. The quickest tracker, and the one that loses objects soonest: it never looks for one that
 * went out of sight.
 *
 * A track is confirmed by `minHits` detections in consecutive frames (in the first `minHits` frames: at once) and
 * continues only detections of its own class. Lifetimes are media time, and after dropped frames the filter
 * predicts further. In steady state an update allocates nothing.
 */
export class Sort implements Tracker {
  readonly active = new ActiveTracks();
  readonly #options: Readonly<SortOptions>;
  readonly #strongFrom: Float32Array | undefined;
  readonly #interval: FrameInterval;
  readonly #pool = new TrackPool();
  readonly #tracks = new SlotList();
  readonly #found = new FoundDetections();
  readonly #assignment = new Assignment();
  /** By slot: consecutive frames in which the track was seen. */
  #streaks = new Int32Array(0);
  #cost = new Float64Array(0);
  #frame = 0;
  /** Media time of the frame before. */
  #lastMs = 0;
  #nextId: number;

  constructor(
    options: Partial<SortOptions>,
    { firstId, strongFrom, nominalFrameIntervalMs }: TrackerContext,
  ) {
    const given = { ...SORT_DEFAULTS, ...options };
    // confidences are single precision: 0.6 must not lie above a threshold of 0.6
    this.#options = { ...given, trackThreshold: Math.fround(given.trackThreshold) };
    this.#strongFrom = strongFrom;
    this.#interval = new FrameInterval(nominalFrameIntervalMs ?? 0);
    this.#nextId = firstId;
  }

  get lastId(): number {
    return this.#nextId - 1;
  }

  update(detections: DetectionBatch, ptsMs: number): void {
    this.#frame++;
    this.#lastMs = this.#interval.elapsedMs;
    const intervals = this.#interval.advance(ptsMs);
    this.#found.take(detections, this.#strongFrom, this.#options.trackThreshold, 1);
    this.#predict(intervals);
    this.#associate(detections);
    this.#begin(detections);
    reportTracks(this.#pool, this.#tracks, this.active, detections.trackIds);
  }

  /** Moves the filters on and forgets the tracks that went unseen for too long or whose boxes are none any more. */
  #predict(intervals: number): void {
    const { filters, corners, lastSeenMs } = this.#pool;
    const { changedBy } = this.#interval;
    let kept = 0;
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      const at = slot * SORT_STRIDE;
      if (changedBy !== 1) rescaleSortVelocity(filters, at, changedBy);
      predictSort(filters, at, intervals);
      writeSortCorners(filters, at, corners, slot * 4);
      // judged at the frame before: a track may still be found in the frame after its time
      const tooOld = this.#lastMs - lastSeenMs[slot] > this.#options.lostForMs + ROUNDING_MS;
      if (tooOld || Number.isNaN(corners[slot * 4])) this.#pool.release(slot);
      else this.#tracks.items[kept++] = slot;
    }
    this.#tracks.count = kept;
  }

  /** Pairs tracks and detections so that their boxes overlap most in sum; weak overlaps are then refused. */
  #associate({ boxes }: DetectionBatch): void {
    const rows = this.#tracks.count;
    const { strong } = this.#found;
    const cols = strong.count;
    const { iouThreshold, minHits, confirmAnew } = this.#options;
    const { filters, states, ids } = this.#pool;
    const { colOfRow, rowOfCol } = this.#pairs(rows, cols);
    for (let row = 0; row < rows; row++) {
      const slot = this.#tracks.items[row];
      const col = colOfRow[row];
      if (col < 0 || !(1 - this.#cost[row * cols + col] >= iouThreshold)) {
        if (col >= 0) rowOfCol[col] = -1;
        if (states[slot] === CONFIRMED) states[slot] = LOST;
        this.#streaks[slot] = 0;
        continue;
      }
      const detection = strong.items[col];
      const at = detection * 4;
      updateSort(filters, slot * SORT_STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
      this.#streaks[slot]++;
      const known = !confirmAnew && (states[slot] & (CONFIRMED | LOST)) !== 0;
      const confirmed = known || this.#streaks[slot] >= minHits || this.#frame <= minHits;
      states[slot] = confirmed ? CONFIRMED : TENTATIVE;
      if (confirmed && ids[slot] === 0) ids[slot] = this.#nextId++;
      this.#see(slot, detection);
    }
    strong.retainUnpaired(rowOfCol);
  }

  #pairs(rows: number, cols: number): Assignment {
    const size = rows * cols;
    if (this.#cost.length < size) this.#cost = new Float64Array(2 * size);
    iouCostsInto(this.#cost, this.#pool, this.#tracks, this.#found, this.#found.strong, null, 0);
    if (!this.#pairUnambiguous(rows, cols)) assign(this.#cost, rows, cols, APART, this.#assignment);
    return this.#assignment;
  }

  /** As the original: where no box overlaps enough with two others there is nothing to choose. */
  #pairUnambiguous(rows: number, cols: number): boolean {
    this.#assignment.reserve(rows, cols);
    const { colOfRow, rowOfCol } = this.#assignment;
    colOfRow.fill(-1, 0, rows);
    rowOfCol.fill(-1, 0, cols);
    let pairs = 0;
    for (let row = 0, at = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++, at++) {
        if (!(1 - this.#cost[at] > this.#options.iouThreshold)) continue;
        if (colOfRow[row] !== -1 || rowOfCol[col] !== -1) return false;
        colOfRow[row] = col;
        rowOfCol[col] = row;
        pairs++;
      }
    }
    return pairs > 0;
  }

  #begin({ boxes, classIds }: DetectionBatch): void {
    const pool = this.#pool;
    const { strong } = this.#found;
    const early = this.#frame <= this.#options.minHits;
    for (let i = 0; i < strong.count; i++) {
      const detection = strong.items[i];
      const slot = pool.acquire();
      if (this.#streaks.length < pool.capacity) this.#streaks = grown(this.#streaks, pool.capacity);
      const at = detection * 4;
      initiateSort(pool.filters, slot * SORT_STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
      const named = this.#options.idsAt === 'creation' || early;
      pool.ids[slot] = named ? this.#nextId++ : 0;
      pool.states[slot] = early ? CONFIRMED : TENTATIVE;
      pool.classIds[slot] = classIds[detection];
      this.#see(slot, detection);
      // the original counts the detection that began a track for nothing
      this.#streaks[slot] = 0;
      this.#tracks.push(slot);
    }
  }

  #see(slot: number, detection: number): void {
    const { filters, corners, lastSeenMs, detections } = this.#pool;
    writeSortCorners(filters, slot * SORT_STRIDE, corners, slot * 4);
    lastSeenMs[slot] = this.#interval.elapsedMs;
    detections[slot] = detection;
  }
}

function grown(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const into = new Int32Array(length);
  into.set(from);
  return into;
}
