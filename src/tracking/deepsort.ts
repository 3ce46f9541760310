import type { DetectionBatch } from '../detection.ts';
import { ActiveTracks } from './active-tracks.ts';
import { AppearanceDetections } from './appearance-detections.ts';
import { Assignment, assign } from './assignment.ts';
import {
  initiate,
  mahalanobisInto,
  predict,
  rescaleVelocity,
  STRIDE,
  stopGrowing,
  update,
  writeCorners,
} from './box-filter.ts';
import { DEEPSORT_DEFAULTS, type DeepSortOptions } from './deepsort-options.ts';
import { FrameInterval } from './frame-interval.ts';
import { Gallery } from './gallery.ts';
import { iouCostsInto } from './iou-cost.ts';
import { reportTracks } from './report-tracks.ts';
import { SlotList } from './slot-list.ts';
import { CONFIRMED, LOST, TENTATIVE, TrackPool } from './track-pool.ts';
import type { Appearance, Tracker, TrackerContext } from './tracker.ts';

/** 0.95 quantile of chi-square with 4 degrees of freedom: the gate of the paper. */
const GATE = 9.4877;
/** A track seen at most so many frame intervals ago was seen in the frame before, jitter allowed for. */
const RECENT_INTERVALS = 1.5;
/** Media time comes rounded to milliseconds. */
const ROUNDING_MS = 1;

/**
 * DeepSORT (Wojke, Bewley and Paulus 2017, "Simple Online and Realtime Tracking with a Deep Association Metric"):
 * one camera's tracker.
 *
 * Confirmed tracks are matched by their looks (the least cosine distance to the gallery, within the gate of where
 * the filter expects them), those seen latest first: a track long unseen expects its object nearly everywhere and
 * would else take another's. What is left, and new tracks, are matched by overlap. Weights, noise and gate are the
 * paper's (lambda = 0).
 *
 * Unlike the paper it counts time in milliseconds, never matches different classes, and works where a detection or a
 * track has no vector: then overlap decides, for lost tracks too. In steady state an update allocates nothing.
 */
export class DeepSort implements Tracker {
  readonly active = new ActiveTracks();
  /** What each track looked like. */
  readonly gallery: Gallery;
  readonly #options: Readonly<DeepSortOptions>;
  readonly #strongFrom: Float32Array | undefined;
  readonly #interval: FrameInterval;
  readonly #pool = new TrackPool();
  readonly #found = new AppearanceDetections();
  #frame = 0;
  #nextId: number;

  /** Every track there is; in update those seen latest first. */
  readonly #tracks = new SlotList();

  // work arrays of one update
  readonly #group = new SlotList();
  readonly #byOverlap = new SlotList();
  readonly #assignment = new Assignment();
  #cost = new Float64Array(0);

  constructor(options: Partial<DeepSortOptions>, context: TrackerContext) {
    const given = { ...DEEPSORT_DEFAULTS, ...options };
    // confidences are single precision: 0.6 must not lie above a threshold of 0.6
    this.#options = { ...given, trackThreshold: Math.fround(given.trackThreshold) };
    this.#strongFrom = context.strongFrom;
    this.#interval = new FrameInterval(context.nominalFrameIntervalMs ?? 0);
    this.#nextId = context.firstId;
    this.gallery = new Gallery(given.gallerySize);
  }

  get lastId(): number {
    return this.#nextId - 1;
  }

  update(detections: DetectionBatch, ptsMs: number, appearance?: Appearance): void {
    this.#frame++;
    const intervals = this.#interval.advance(ptsMs);
    this.#found.appearance = appearance;
    this.#found.take(detections, this.#strongFrom, this.#options.trackThreshold, 1);
    if (this.#found.size > 0) this.gallery.adopt(this.#found.size);
    this.#forget();
    this.#predict(intervals);
    latestFirst(this.#tracks, this.#pool.lastFrames);
    this.#cascade();
    this.#matchByOverlap();
    this.#begin();
    reportTracks(this.#pool, this.#tracks, this.active, detections.trackIds);
  }

  /** Removes tracks that have not been seen for longer than `lostForMs`. */
  #forget(): void {
    const { lastSeenMs } = this.#pool;
    const limitMs = this.#interval.elapsedMs - this.#options.lostForMs - ROUNDING_MS;
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      if (lastSeenMs[slot] < limitMs) this.#pool.release(slot);
    }
    this.#tracks.retain(this.#pool.states, TENTATIVE | CONFIRMED | LOST);
  }

  #predict(intervals: number): void {
    const { filters, states, corners } = this.#pool;
    const { changedBy } = this.#interval;
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      const at = slot * STRIDE;
      if (changedBy !== 1) rescaleVelocity(filters, at, changedBy);
      if (states[slot] === LOST || intervals > RECENT_INTERVALS) stopGrowing(filters, at);
      predict(filters, at, intervals);
      writeCorners(filters, at, corners, slot * 4);
    }
  }

  /** Matches confirmed and lost tracks by their looks, age by age (the matching cascade, section 2.3). */
  #cascade(): void {
    const { states, lastFrames } = this.#pool;
    const { maxCosineDistance, motionWeight } = this.#options;
    const limit = maxCosineDistance + motionWeight * GATE;
    this.#byOverlap.clear();
    for (let i = 0; i < this.#tracks.count; ) {
      const age = lastFrames[this.#tracks.items[i]];
      this.#group.clear();
      for (; i < this.#tracks.count && lastFrames[this.#tracks.items[i]] === age; i++) {
        const slot = this.#tracks.items[i];
        if (states[slot] === TENTATIVE || this.gallery.count(slot) === 0) this.#byOverlap.push(slot);
        else this.#group.push(slot);
      }
      this.#match(this.#group, true, limit);
      for (let k = 0; k < this.#group.count; k++) this.#byOverlap.push(this.#group.items[k]);
    }
  }

  /** Matches what the cascade left over and tentative tracks; gives up those that stay unmatched. */
  #matchByOverlap(): void {
    const { states } = this.#pool;
    const left = this.#byOverlap;
    this.#match(left, false, 1 - this.#options.iouThreshold);
    for (let i = 0; i < left.count; i++) {
      const slot = left.items[i];
      if (states[slot] === TENTATIVE) this.#pool.release(slot);
      else states[slot] = LOST;
    }
    this.#tracks.retain(states, TENTATIVE | CONFIRMED | LOST);
  }

  /** Continues tracks with strong detections at the least cost; what found no partner stays in the two lists. */
  #match(tracks: SlotList, byLooks: boolean, limit: number): void {
    const found = this.#found.strong;
    if (tracks.count === 0 || found.count === 0) return;
    const size = tracks.count * found.count;
    if (this.#cost.length < size) this.#cost = new Float64Array(2 * size);
    if (byLooks) this.#costsOfLooks(tracks, found);
    else this.#costsOfOverlap(tracks, found);
    assign(this.#cost, tracks.count, found.count, limit, this.#assignment);
    const { colOfRow, rowOfCol } = this.#assignment;
    for (let row = 0; row < tracks.count; row++) {
      if (colOfRow[row] !== -1) this.#continue(tracks.items[row], found.items[colOfRow[row]]);
    }
    tracks.retainUnpaired(colOfRow);
    found.retainUnpaired(rowOfCol);
  }

  /** Cosine distances, within the gate. */
  #costsOfLooks(tracks: SlotList, found: SlotList): void {
    const { maxCosineDistance, motionWeight } = this.#options;
    const { filters, classIds } = this.#pool;
    const { boxes, vectors, classIds: foundClassIds } = this.#found;
    const cost = this.#cost;
    let to = 0;
    for (let row = 0; row < tracks.count; row++) {
      const slot = tracks.items[row];
      for (let col = 0; col < found.count; col++, to++) {
        const detection = found.items[col];
        cost[to] = Infinity;
        if (foundClassIds[detection] !== classIds[slot] || !this.#found.seen(detection)) continue;
        mahalanobisInto(cost, to, filters, slot * STRIDE, boxes, detection);
        const motion = cost[to];
        if (motion > GATE) {
          cost[to] = Infinity;
          continue;
        }
        this.gallery.distanceInto(cost, to, slot, vectors, detection);
        const looks = cost[to];
        cost[to] = looks < maxCosineDistance ? looks + motionWeight * motion : Infinity;
      }
    }
  }

  /** 1 - IoU, where overlap may decide: where both looks are known of a track unseen for a while, the cascade has. */
  #costsOfOverlap(tracks: SlotList, found: SlotList): void {
    const { lastSeenMs } = this.#pool;
    const cost = this.#cost;
    iouCostsInto(cost, this.#pool, tracks, this.#found, found, null, 0);
    const recentMs = this.#interval.elapsedMs - RECENT_INTERVALS * this.#interval.ms;
    for (let row = 0; row < tracks.count; row++) {
      const slot = tracks.items[row];
      if (lastSeenMs[slot] >= recentMs || this.gallery.count(slot) === 0) continue;
      for (let col = 0; col < found.count; col++) {
        if (this.#found.seen(found.items[col])) cost[row * found.count + col] = Infinity;
      }
    }
  }

  #continue(slot: number, detection: number): void {
    const { filters, states, ids, firstFrames } = this.#pool;
    const { boxes } = this.#found;
    const at = detection * 4;
    update(filters, slot * STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
    // a tentative track has been seen in every frame since its first
    if (states[slot] === LOST || this.#frame - firstFrames[slot] + 1 >= this.#options.confirmAfter) {
      states[slot] = CONFIRMED;
      if (ids[slot] === 0) ids[slot] = this.#nextId++;
    }
    this.#see(slot, detection);
  }

  /** Begins a track at each strong detection that continued none. */
  #begin(): void {
    const { strong, boxes, classIds } = this.#found;
    for (let i = 0; i < strong.count; i++) {
      const detection = strong.items[i];
      const slot = this.#pool.acquire();
      const pool = this.#pool;
      const at = detection * 4;
      initiate(pool.filters, slot * STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
      const confirmed = this.#options.confirmAfter <= 1;
      pool.states[slot] = confirmed ? CONFIRMED : TENTATIVE;
      pool.ids[slot] = confirmed ? this.#nextId++ : 0;
      pool.classIds[slot] = classIds[detection];
      pool.firstFrames[slot] = this.#frame;
      this.gallery.clear(slot);
      this.#see(slot, detection);
      this.#tracks.push(slot);
    }
  }

  #see(slot: number, detection: number): void {
    const { filters, corners, lastFrames, lastSeenMs, detections } = this.#pool;
    writeCorners(filters, slot * STRIDE, corners, slot * 4);
    lastFrames[slot] = this.#frame;
    lastSeenMs[slot] = this.#interval.elapsedMs;
    detections[slot] = detection;
    if (this.#found.seen(detection)) this.gallery.add(slot, this.#found.vectors, detection);
  }
}

/**
 * Orders track slots by the frame they were last seen in, the latest first; those of one frame keep their order.
 *
 * By insertion: most tracks were seen in the last frame, so little moves.
 */
function latestFirst(tracks: SlotList, lastFrames: Float64Array): void {
  const { items, count } = tracks;
  for (let i = 1; i < count; i++) {
    const slot = items[i];
    let k = i;
    for (; k > 0 && lastFrames[items[k - 1]] < lastFrames[slot]; k--) items[k] = items[k - 1];
    items[k] = slot;
  }
}
