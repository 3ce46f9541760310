import type { DetectionBatch } from '../detection.ts';
import { ActiveTracks } from './active-tracks.ts';
import { Assignment, assign } from './assignment.ts';
import { FoundDetections } from './found-detections.ts';
import { FrameInterval } from './frame-interval.ts';
import { iouOfCorners } from './iou-cost.ts';
import { Observations } from './observations.ts';
import { OCSORT_DEFAULTS, type OcSortOptions } from './ocsort-options.ts';
import { SlotList } from './slot-list.ts';
import {
  initiateSort,
  predictSort,
  rescaleSortVelocity,
  SORT_STRIDE,
  updateSort,
  writeSortCorners,
} from './sort-filter.ts';
import { CONFIRMED, LOST, TENTATIVE, TrackPool } from './track-pool.ts';
import type { Tracker, TrackerContext } from './tracker.ts';

/** Media time comes rounded to milliseconds. */
const ROUNDING_MS = 1;
/** Above the cost of any pair whose boxes meet: 1 - overlap, and at most half the inertia of going back. */
const NO_LIMIT = 3;
/** An object out of sight for longer has not walked a straight line. */
const MAX_VIRTUAL_STEPS = 300;

/**
 * OC-SORT (Cao et al. 2023, "Observation-Centric SORT: Rethinking SORT for Robust Multi-Object Tracking"): SORT's filter, trusted
 * less. Detections that continue an object's direction are preferred (momentum); what found no partner is looked for
 * once more where it was last seen (recovery); and an object that comes back has its filter led along the line from
 * where it was lost (re-update), so that the velocity it drifted with is forgotten.
 *
 * Lifetimes are media time; a track only continues detections of its own class, and stays confirmed once it is. In
 * steady state an update allocates nothing.
 */
export class OcSort implements Tracker {
  readonly active = new ActiveTracks();
  readonly #options: Readonly<OcSortOptions>;
  readonly #strongFrom: Float32Array | undefined;
  readonly #interval: FrameInterval;
  readonly #pool = new TrackPool();
  readonly #observed = new Observations();
  readonly #tracks = new SlotList();
  readonly #unmatched = new SlotList();
  readonly #found = new FoundDetections();
  readonly #assignment = new Assignment();
  /** The filters as they were when each track was last seen. */
  #saved = new Float64Array(0);
  #streaks = new Int32Array(0);
  #cost = new Float64Array(0);
  #frame = 0;
  #nextId: number;

  constructor(
    options: Partial<OcSortOptions>,
    { firstId, strongFrom, nominalFrameIntervalMs }: TrackerContext,
  ) {
    const given = { ...OCSORT_DEFAULTS, ...options };
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
    const intervals = this.#interval.advance(ptsMs);
    this.#found.take(detections, this.#strongFrom, this.#options.trackThreshold, 1);
    this.#predict(intervals);
    this.#unmatched.clear();
    for (let i = 0; i < this.#tracks.count; i++) this.#unmatched.push(this.#tracks.items[i]);
    this.#associate(detections, this.#pool.corners, this.#options.inertia);
    this.#recover(detections);
    this.#miss();
    this.#begin(detections);
    this.#report(detections);
  }

  #predict(intervals: number): void {
    const { filters, corners, lastSeenMs } = this.#pool;
    const { changedBy, elapsedMs } = this.#interval;
    let kept = 0;
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      const at = slot * SORT_STRIDE;
      if (changedBy !== 1) {
        rescaleSortVelocity(filters, at, changedBy);
        rescaleSortVelocity(this.#saved, at, changedBy);
      }
      predictSort(filters, at, intervals);
      writeSortCorners(filters, at, corners, slot * 4);
      const tooOld = elapsedMs - lastSeenMs[slot] > this.#options.lostForMs + ROUNDING_MS;
      if (tooOld || Number.isNaN(corners[slot * 4])) this.#pool.release(slot);
      else this.#tracks.items[kept++] = slot;
    }
    this.#tracks.count = kept;
  }

  /** The second round: what is left, where it was last seen. */
  #recover(detections: DetectionBatch): void {
    if (this.#unmatched.count === 0 || this.#found.strong.count === 0) return;
    const { corners } = this.#pool;
    const { boxes } = this.#observed;
    for (let i = 0; i < this.#unmatched.count; i++) {
      const at = this.#unmatched.items[i] * 4;
      corners[at] = boxes[at];
      corners[at + 1] = boxes[at + 1];
      corners[at + 2] = boxes[at] + boxes[at + 2];
      corners[at + 3] = boxes[at + 1] + boxes[at + 3];
    }
    this.#associate(detections, corners, 0);
  }

  /** Continues tracks with detections at the least cost; what found no partner stays in the two lists. */
  #associate(detections: DetectionBatch, corners: Float64Array, inertia: number): void {
    const { strong, corners: found } = this.#found;
    const rows = this.#unmatched.count;
    const cols = strong.count;
    if (rows === 0 || cols === 0) return;
    this.#costs(detections, corners, inertia, rows, cols);
    const { colOfRow, rowOfCol } = this.#assignment;
    assign(this.#cost, rows, cols, NO_LIMIT, this.#assignment);
    for (let row = 0; row < rows; row++) {
      const slot = this.#unmatched.items[row];
      const col = colOfRow[row];
      const overlap = col < 0 ? 0 : iouOfCorners(corners, slot, found, strong.items[col], 0);
      if (overlap >= this.#options.iouThreshold) this.#continue(slot, detections, strong.items[col]);
      else if (col >= 0) colOfRow[row] = rowOfCol[col] = -1;
    }
    this.#unmatched.retainUnpaired(colOfRow);
    strong.retainUnpaired(rowOfCol);
  }

  #costs(
    { boxes, confidences, classIds }: DetectionBatch,
    corners: Float64Array,
    inertia: number,
    rows: number,
    cols: number,
  ): void {
    if (this.#cost.length < rows * cols) this.#cost = new Float64Array(2 * rows * cols);
    this.#assignment.reserve(rows, cols);
    const { strong, corners: found } = this.#found;
    let at = 0;
    for (let row = 0; row < rows; row++) {
      const slot = this.#unmatched.items[row];
      for (let col = 0; col < cols; col++, at++) {
        const detection = strong.items[col];
        const same = this.#pool.classIds[slot] === classIds[detection];
        const overlap = same ? iouOfCorners(corners, slot, found, detection, 0) : 0;
        this.#cost[at] = overlap > 0 ? 1 - overlap : Infinity;
        if (!(overlap > 0) || inertia === 0) continue;
        const box = detection * 4;
        const cx = boxes[box] + boxes[box + 2] / 2;
        const cy = boxes[box + 1] + boxes[box + 3] / 2;
        this.#cost[at] -= inertia * this.#observed.momentum(slot, cx, cy) * confidences[detection];
      }
    }
  }

  #continue(slot: number, { boxes }: DetectionBatch, detection: number): void {
    const pool = this.#pool;
    const at = detection * 4;
    const filter = slot * SORT_STRIDE;
    if (pool.lastFrames[slot] < this.#frame - 1) this.#reupdate(slot, boxes, at);
    else updateSort(pool.filters, filter, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
    this.#streaks[slot]++;
    const known = (pool.states[slot] & (CONFIRMED | LOST)) !== 0;
    const confirmed =
      known || this.#streaks[slot] >= this.#options.minHits || this.#frame <= this.#options.minHits;
    pool.states[slot] = confirmed ? CONFIRMED : TENTATIVE;
    if (confirmed && pool.ids[slot] === 0) pool.ids[slot] = this.#nextId++;
    this.#see(slot, boxes, detection);
  }

  /** Leads the filter from where the track was lost to where it is found, as if it had been seen on the way. */
  #reupdate(slot: number, boxes: Float32Array, found: number): void {
    const { filters, lastSeenMs } = this.#pool;
    const filter = slot * SORT_STRIDE;
    const gap = (this.#interval.elapsedMs - lastSeenMs[slot]) / this.#interval.ms;
    const steps = Math.min(MAX_VIRTUAL_STEPS, Math.max(1, Math.round(gap)));
    for (let k = 0; k < SORT_STRIDE; k++) filters[filter + k] = this.#saved[filter + k];
    const lost = this.#observed.boxes;
    const from = slot * 4;
    for (let step = 1; step <= steps; step++) {
      const share = step / steps;
      predictSort(filters, filter, gap / steps);
      updateSort(
        filters,
        filter,
        lost[from] + (boxes[found] - lost[from]) * share,
        lost[from + 1] + (boxes[found + 1] - lost[from + 1]) * share,
        lost[from + 2] + (boxes[found + 2] - lost[from + 2]) * share,
        lost[from + 3] + (boxes[found + 3] - lost[from + 3]) * share,
      );
    }
  }

  #see(slot: number, boxes: Float32Array, detection: number): void {
    const { filters, lastFrames, lastSeenMs, detections } = this.#pool;
    const at = detection * 4;
    const filter = slot * SORT_STRIDE;
    for (let k = 0; k < SORT_STRIDE; k++) this.#saved[filter + k] = filters[filter + k];
    this.#observed.add(slot, this.#frame, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
    lastFrames[slot] = this.#frame;
    lastSeenMs[slot] = this.#interval.elapsedMs;
    detections[slot] = detection;
  }

  #miss(): void {
    const { states } = this.#pool;
    for (let i = 0; i < this.#unmatched.count; i++) {
      const slot = this.#unmatched.items[i];
      this.#streaks[slot] = 0;
      if (states[slot] === CONFIRMED) states[slot] = LOST;
    }
  }

  #begin({ boxes, classIds }: DetectionBatch): void {
    const pool = this.#pool;
    const { strong } = this.#found;
    const early = this.#frame <= this.#options.minHits;
    for (let i = 0; i < strong.count; i++) {
      const detection = strong.items[i];
      const slot = pool.acquire();
      this.#reserve(pool.capacity);
      const at = detection * 4;
      initiateSort(pool.filters, slot * SORT_STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
      pool.ids[slot] = early ? this.#nextId++ : 0;
      pool.states[slot] = early ? CONFIRMED : TENTATIVE;
      pool.classIds[slot] = classIds[detection];
      pool.firstFrames[slot] = this.#frame;
      this.#streaks[slot] = 0;
      this.#observed.begin(slot);
      this.#see(slot, boxes, detection);
      this.#tracks.push(slot);
    }
  }

  #reserve(slots: number): void {
    this.#observed.reserve(slots);
    if (this.#streaks.length >= slots) return;
    const streaks = new Int32Array(slots);
    streaks.set(this.#streaks);
    this.#streaks = streaks;
    const saved = new Float64Array(slots * SORT_STRIDE);
    saved.set(this.#saved);
    this.#saved = saved;
  }

  /** The boxes as they were detected, as the original reports them. */
  #report({ boxes, trackIds }: DetectionBatch): void {
    const { states, ids, classIds, detections, lastFrames } = this.#pool;
    const { active } = this;
    active.reset(this.#tracks.count);
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      if (states[slot] !== CONFIRMED || lastFrames[slot] !== this.#frame) continue;
      const k = active.count++;
      const detection = detections[slot];
      active.ids[k] = ids[slot];
      for (let axis = 0; axis < 4; axis++) active.boxes[k * 4 + axis] = boxes[detection * 4 + axis];
      active.classIds[k] = classIds[slot];
      active.detections[k] = detection;
      trackIds[detection] = ids[slot];
    }
  }
}
