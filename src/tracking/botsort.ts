import type { DetectionBatch } from '../detection.ts';
import { ActiveTracks } from './active-tracks.ts';
import { AppearanceDetections } from './appearance-detections.ts';
import { AppearanceMean } from './appearance-mean.ts';
import { Assignment, assign } from './assignment.ts';
import {
  initiate,
  mahalanobisInto,
  predict,
  STRIDE,
  stopGrowing,
  update,
  writeCorners,
} from './botsort-filter.ts';
import { BOTSORT_DEFAULTS, type BotSortOptions } from './botsort-options.ts';
import { rescaleVelocity } from './box-filter.ts';
import { strongThreshold } from './found-detections.ts';
import { FrameInterval } from './frame-interval.ts';
import { iouCostsInto, iouOfCorners } from './iou-cost.ts';
import { reportTracks } from './report-tracks.ts';
import { SlotList } from './slot-list.ts';
import { CONFIRMED, LOST, TENTATIVE, TrackPool } from './track-pool.ts';
import type { Appearance, Tracker, TrackerContext } from './tracker.ts';

/** 0.95 quantile of chi-square with 4 degrees of freedom. */
const GATE = 9.4877;
/** A track seen at most so many frame intervals ago was seen in the frame before, jitter allowed for. */
const RECENT_INTERVALS = 1.5;
/** A tracked and a lost track that overlap by more than this are one object. */
const DUPLICATE_IOU = 1 - 0.15;
/** Confidences are single precision: 0.9 must not lie below 0.8 + 0.1. */
const SINGLE_PRECISION = 1e-6;
/** Media time comes rounded to milliseconds. */
const ROUNDING_MS = 1;

/**
 * In the manner of BoT-SORT (Aharon, Orfaig and Bobrovsky 2022, "BoT-SORT: Robust Associations Multi-Pedestrian
 * Tracking"): one camera's tracker.
 *
 * The associations of ByteTrack (confident detections first, weak ones only keep tracks going), a filter of width and
 * height, and in the first association the lesser of two costs: overlap, and half the cosine distance of looks that
 * are near enough in both looks and place. What a track looks like is a moving average of its confident detections.
 *
 * Different from the paper: time counts in milliseconds; classes are never mixed; of a track unseen for longer than a
 * frame looks alone decide, within the filter's gate, because its box may have moved on, and over another object; and
 * the camera is taken to stand still (its motion would be read off pictures, which no tracker here sees). Where a
 * track or a detection has no vector, overlap decides. In steady state an update allocates nothing.
 */
export class BotSort implements Tracker {
  readonly active = new ActiveTracks();
  readonly #options: Readonly<BotSortOptions>;
  readonly #strongFrom: Float32Array | undefined;
  readonly #interval: FrameInterval;
  readonly #pool = new TrackPool();
  readonly #found = new AppearanceDetections();
  readonly #looks: AppearanceMean;
  #frame = 0;
  #nextId: number;

  /** Every track there is. */
  readonly #tracks = new SlotList();

  // work arrays of one update
  readonly #candidates = new SlotList();
  readonly #tentative = new SlotList();
  readonly #assignment = new Assignment();
  #cost = new Float64Array(0);
  readonly #distances = new Float64Array(2);

  constructor(options: Partial<BotSortOptions>, context: TrackerContext) {
    const given = { ...BOTSORT_DEFAULTS, ...options };
    this.#options = {
      ...given,
      // confidences are single precision: 0.6 must not lie above a threshold of 0.6
      trackThreshold: Math.fround(given.trackThreshold),
      lowThreshold: Math.fround(given.lowThreshold),
    };
    this.#strongFrom = context.strongFrom;
    this.#interval = new FrameInterval(context.nominalFrameIntervalMs ?? 0);
    this.#nextId = context.firstId;
    this.#looks = new AppearanceMean(given.appearanceMemory);
  }

  get lastId(): number {
    return this.#nextId - 1;
  }

  update(detections: DetectionBatch, ptsMs: number, appearance?: Appearance): void {
    const { trackThreshold, lowThreshold, matchThreshold, secondMatchThreshold, unconfirmedMatchThreshold } =
      this.#options;
    const { states } = this.#pool;
    this.#frame++;
    const intervals = this.#interval.advance(ptsMs);
    this.#found.appearance = appearance;
    this.#found.take(detections, this.#strongFrom, trackThreshold, lowThreshold);
    if (this.#found.size > 0) this.#looks.adopt(this.#found.size);
    this.#forget();
    this.#predict(intervals);

    const { strong, weak } = this.#found;
    this.#associate(this.#candidates, strong, matchThreshold, true);
    this.#candidates.retain(states, CONFIRMED); // an object that was out of sight does not return as a weak detection
    this.#associate(this.#candidates, weak, secondMatchThreshold, false);
    for (let i = 0; i < this.#candidates.count; i++) states[this.#candidates.items[i]] = LOST;
    this.#associate(this.#tentative, strong, unconfirmedMatchThreshold, true);
    for (let i = 0; i < this.#tentative.count; i++) this.#pool.release(this.#tentative.items[i]);
    this.#tracks.retain(states, CONFIRMED | LOST);

    this.#begin();
    this.#removeDuplicates();
    reportTracks(this.#pool, this.#tracks, this.active, detections.trackIds);
  }

  /** Removes tracks that have not been seen for longer than `lostForMs`. */
  #forget(): void {
    const { lastSeenMs, states } = this.#pool;
    const limitMs = this.#interval.elapsedMs - this.#options.lostForMs - ROUNDING_MS;
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      if (lastSeenMs[slot] < limitMs) this.#pool.release(slot);
    }
    this.#tracks.retain(states, TENTATIVE | CONFIRMED | LOST);
  }

  /** Sorts the tracks into those that may be continued and tentative ones, and moves the filters on. */
  #predict(intervals: number): void {
    const { filters, states, corners } = this.#pool;
    const { changedBy } = this.#interval;
    this.#candidates.clear();
    this.#tentative.clear();
    for (let i = 0; i < this.#tracks.count; i++) {
      const slot = this.#tracks.items[i];
      const at = slot * STRIDE;
      if (changedBy !== 1) rescaleVelocity(filters, at, changedBy);
      if (states[slot] === LOST || intervals > RECENT_INTERVALS) stopGrowing(filters, at);
      predict(filters, at, intervals);
      writeCorners(filters, at, corners, slot * 4);
      if (states[slot] === TENTATIVE) this.#tentative.push(slot);
      else this.#candidates.push(slot);
    }
  }

  /** Continues tracks with detections at the least cost; what found no partner stays in the two lists. */
  #associate(tracks: SlotList, found: SlotList, limit: number, fused: boolean): void {
    if (tracks.count === 0 || found.count === 0) return;
    const size = tracks.count * found.count;
    if (this.#cost.length < size) this.#cost = new Float64Array(2 * size);
    const confidences = fused ? this.#found.confidences : null;
    iouCostsInto(this.#cost, this.#pool, tracks, this.#found, found, confidences, 0);
    if (fused) this.#fuseLooks(tracks, found);
    assign(this.#cost, tracks.count, found.count, limit, this.#assignment);
    const { colOfRow, rowOfCol } = this.#assignment;
    for (let row = 0; row < tracks.count; row++) {
      if (colOfRow[row] !== -1) this.#continue(tracks.items[row], found.items[colOfRow[row]], fused);
    }
    tracks.retainUnpaired(colOfRow);
    found.retainUnpaired(rowOfCol);
  }

  /**
   * Where the looks of a track and a detection are alike and the two are near, half their cosine distance takes the
   * place of a greater cost of overlap (section 3.3). Of a track unseen for a while looks alone decide.
   */
  #fuseLooks(tracks: SlotList, found: SlotList): void {
    const { maxCosineDistance, proximity, motionWeight } = this.#options;
    const work = this.#distances;
    const { filters, lastSeenMs } = this.#pool;
    const { boxes, confidences, vectors } = this.#found;
    const cost = this.#cost;
    const recentMs = this.#interval.elapsedMs - RECENT_INTERVALS * this.#interval.ms;
    for (let row = 0; row < tracks.count; row++) {
      const slot = tracks.items[row];
      if (!this.#looks.has(slot)) continue;
      const recent = lastSeenMs[slot] >= recentMs;
      for (let col = 0; col < found.count; col++) {
        const detection = found.items[col];
        if (!this.#found.seen(detection) || this.#found.classIds[detection] !== this.#pool.classIds[slot])
          continue;
        const at = row * found.count + col;
        if (recent && 1 - cost[at] <= (1 - proximity) * confidences[detection]) continue;
        mahalanobisInto(work, 0, filters, slot * STRIDE, boxes, detection);
        this.#looks.distanceInto(work, 1, slot, vectors, detection);
        const [motion, looks] = [work[0], work[1]];
        const alike = looks < maxCosineDistance && (recent || motion <= GATE);
        const fused = looks / 2 + (recent ? 0 : motionWeight * motion);
        if (!recent) cost[at] = alike ? fused : Infinity;
        else if (alike && fused < cost[at]) cost[at] = fused;
      }
    }
  }

  /** @param confident whether the detection shows the object well enough to remember what it looks like */
  #continue(slot: number, detection: number, confident: boolean): void {
    const { filters, states, ids } = this.#pool;
    const { boxes } = this.#found;
    const at = detection * 4;
    update(filters, slot * STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
    if (ids[slot] === 0) ids[slot] = this.#nextId++;
    states[slot] = CONFIRMED;
    this.#see(slot, detection, confident);
  }

  /** Begins a track at each confident detection that continued none. */
  #begin(): void {
    const { strong, boxes, classIds, confidences } = this.#found;
    const { trackThreshold, newTrackMargin } = this.#options;
    for (let i = 0; i < strong.count; i++) {
      const detection = strong.items[i];
      const classId = classIds[detection];
      const from = strongThreshold(this.#strongFrom, classId, trackThreshold) + newTrackMargin;
      if (confidences[detection] < Math.min(1, from) - SINGLE_PRECISION) continue;
      const slot = this.#pool.acquire();
      const pool = this.#pool;
      const at = detection * 4;
      initiate(pool.filters, slot * STRIDE, boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
      // what is there when the camera starts needs no second look
      pool.states[slot] = this.#frame === 1 ? CONFIRMED : TENTATIVE;
      pool.ids[slot] = this.#frame === 1 ? this.#nextId++ : 0;
      pool.classIds[slot] = classId;
      pool.firstFrames[slot] = this.#frame;
      this.#looks.clear(slot);
      this.#see(slot, detection, true);
      this.#tracks.push(slot);
    }
  }

  #see(slot: number, detection: number, confident: boolean): void {
    const { filters, corners, lastFrames, lastSeenMs, detections } = this.#pool;
    writeCorners(filters, slot * STRIDE, corners, slot * 4);
    lastFrames[slot] = this.#frame;
    lastSeenMs[slot] = this.#interval.elapsedMs;
    detections[slot] = detection;
    if (confident && this.#found.seen(detection)) this.#looks.add(slot, this.#found.vectors, detection);
  }

  /** Of a tracked and a lost track on one object, keeps the one that lasted longer. */
  #removeDuplicates(): void {
    const { states, corners, classIds, firstFrames, lastFrames } = this.#pool;
    const { items, count } = this.#tracks;
    for (let i = 0; i < count; i++) {
      if (states[items[i]] !== LOST) continue;
      for (let j = 0; j < count && states[items[i]] === LOST; j++) {
        const lost = items[i];
        const tracked = items[j];
        if ((states[tracked] & (TENTATIVE | CONFIRMED)) === 0 || classIds[tracked] !== classIds[lost])
          continue;
        if (!(iouOfCorners(corners, tracked, corners, lost, 0) > DUPLICATE_IOU)) continue;
        const trackedFor = lastFrames[tracked] - firstFrames[tracked];
        const lostFor = lastFrames[lost] - firstFrames[lost];
        this.#pool.release(trackedFor > lostFor ? lost : tracked);
      }
    }
    this.#tracks.retain(states, TENTATIVE | CONFIRMED | LOST);
  }
}
