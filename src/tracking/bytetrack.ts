import type { DetectionBatch } from '../detection.ts';
import { ActiveTracks } from './active-tracks.ts';
import { Assignment, assign } from './assignment.ts';
import { moveBy, rescaleVelocity, STRIDE } from './box-filter.ts';
import { BYTETRACK_DEFAULTS, type ByteTrackOptions } from './bytetrack-options.ts';
import { CommonShift } from './common-shift.ts';
import { FoundDetections } from './found-detections.ts';
import { FrameInterval } from './frame-interval.ts';
import { iouCostsInto, iouOfCorners } from './iou-cost.ts';
import { reportTracks } from './report-tracks.ts';
import { SlotList } from './slot-list.ts';
import { CONFIRMED, LOST, REMOVED, TENTATIVE, TrackPool } from './track-pool.ts';
import type { Tracker, TrackerContext } from './tracker.ts';

/** A tracked and a lost track that overlap by more than this are one object. */
const DUPLICATE_IOU = 1 - 0.15;
/** Media time comes rounded to milliseconds. */
const ROUNDING_MS = 1;
/** Over how many frame intervals the picture's own motion is judged: one, and what jitters. */
const LONGEST_SHIFT = 1.5;

/**
 * ByteTrack (Zhang et al. 2022, "Multi-Object Tracking by Associating Every Detection Box"): one camera's tracker.
 *
 * Confident detections are matched first, to confirmed and lost tracks; weak ones then only keep alive what
 * is still unmatched, since an occluded object is a weak detection and seldom a new object. A new track is
 * tentative until its second match (in the very first frame: confirmed at once), gets its id when confirmed,
 * and is counted by that id. A track only continues detections of its own class.
 *
 * Unlike the original it counts time in milliseconds: after dropped frames the filter predicts further, and
 * a track is lost for as long at 5 frames a second as at 30. At a constant frame rate its numbers are the
 * original's. In steady state an update allocates nothing.
 */
export class ByteTrack implements Tracker {
  /** The confirmed tracks matched in the last frame. */
  readonly active = new ActiveTracks();
  readonly #options: Readonly<ByteTrackOptions>;
  readonly #strongFrom: Float32Array | undefined;
  /** How much above its class's own threshold a detection must lie to begin a track. */
  readonly #newTrackMargin: number;
  readonly #pixel: number;
  readonly #interval: FrameInterval;
  readonly #pool = new TrackPool();
  #frame = 0;
  #nextId: number;

  /** Confirmed and tentative tracks. */
  readonly #tracked = new SlotList();
  readonly #lost = new SlotList();

  // work arrays of one update
  readonly #found = new FoundDetections();
  readonly #candidates = new SlotList();
  readonly #tentative = new SlotList();
  readonly #begun = new SlotList();
  readonly #newlyLost = new SlotList();
  readonly #duplicates = new SlotList();
  readonly #seenLast = new SlotList();
  readonly #assignment = new Assignment();
  readonly #shift = new CommonShift();
  #cost = new Float64Array(0);

  constructor(options: Partial<ByteTrackOptions>, context: TrackerContext) {
    const given = { ...BYTETRACK_DEFAULTS, ...options };
    this.#strongFrom = context.strongFrom;
    this.#newTrackMargin = given.newTrackThreshold - given.trackThreshold;
    this.#options = {
      ...given,
      // confidences are single precision: 0.6 must not lie above a threshold of 0.6
      trackThreshold: Math.fround(given.trackThreshold),
      newTrackThreshold: Math.fround(given.newTrackThreshold),
      lowThreshold: Math.fround(given.lowThreshold),
    };
    this.#pixel = given.pixelConvention === 'inclusive' ? 1 : 0;
    this.#interval = new FrameInterval(context.nominalFrameIntervalMs ?? 0);
    this.#nextId = context.firstId;
  }

  /** The id given last; `firstId - 1` before the first. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  /**
   * Takes the next analysed frame, empty ones too, in order of `ptsMs` (media time). Writes
   * `detections.trackIds`: the confirmed track each detection continues, else 0.
   */
  update(detections: DetectionBatch, ptsMs: number): void {
    const { trackThreshold, lowThreshold, matchThreshold, fuseScore } = this.#options;
    const { secondMatchThreshold, unconfirmedMatchThreshold } = this.#options;
    const { states } = this.#pool;
    const { strong, weak } = this.#found;
    this.#frame++;
    const intervals = this.#interval.advance(ptsMs);
    this.#found.take(detections, this.#strongFrom, trackThreshold, lowThreshold);
    this.#gather();
    this.#predict(intervals);
    // after a gap the errors of the predictions are larger than the people stand apart: pairs mean nothing
    if (this.#options.followShift && intervals < LONGEST_SHIFT) this.#followShift();

    this.#associate(this.#candidates, strong, detections, matchThreshold, fuseScore);
    this.#candidates.retain(states, CONFIRMED); // an object that was out of sight does not return as a weak detection
    this.#associate(this.#candidates, weak, detections, secondMatchThreshold, false);
    for (let i = 0; i < this.#candidates.count; i++) states[this.#candidates.items[i]] = LOST;
    this.#associate(this.#tentative, strong, detections, unconfirmedMatchThreshold, fuseScore);
    for (let i = 0; i < this.#tentative.count; i++) this.#pool.release(this.#tentative.items[i]);

    this.#begin(detections);
    this.#settle();
    this.#removeDuplicates();
    reportTracks(this.#pool, this.#tracked, this.active, detections.trackIds);
  }

  /** Sorts the tracks into those that may be continued, confirmed before lost, and tentative ones. */
  #gather(): void {
    if (!this.#options.lateRemoval) {
      this.#forget(this.#tracked); // after a long gap in the video even they are too old
      this.#forget(this.#lost);
    }
    const { states } = this.#pool;
    this.#candidates.clear();
    this.#tentative.clear();
    for (let i = 0; i < this.#tracked.count; i++) {
      const slot = this.#tracked.items[i];
      if (states[slot] === CONFIRMED) this.#candidates.push(slot);
      else this.#tentative.push(slot);
    }
    for (let i = 0; i < this.#lost.count; i++) this.#candidates.push(this.#lost.items[i]);
  }

  /** Removes the tracks of `list` that have not been seen for longer than `lostForMs`. */
  #forget(list: SlotList): void {
    let kept = 0;
    for (let i = 0; i < list.count; i++) {
      const slot = list.items[i];
      if (this.#isTooOld(slot)) this.#pool.release(slot);
      else list.items[kept++] = slot;
    }
    list.count = kept;
  }

  #isTooOld(slot: number): boolean {
    return this.#interval.elapsedMs - this.#pool.lastSeenMs[slot] > this.#options.lostForMs + ROUNDING_MS;
  }

  #predict(intervals: number): void {
    const step = this.#options.filter.inSeconds ? (intervals * this.#interval.ms) / 1000 : intervals;
    for (let i = 0; i < this.#candidates.count; i++) this.#predictOne(this.#candidates.items[i], step);
    if (!this.#options.predictTentative) return;
    for (let i = 0; i < this.#tentative.count; i++) this.#predictOne(this.#tentative.items[i], step);
  }

  #predictOne(slot: number, step: number): void {
    const { filters, states, corners } = this.#pool;
    const { changedBy } = this.#interval;
    const { filter, associateAt } = this.#options;
    const at = slot * STRIDE;
    if (changedBy !== 1 && !filter.inSeconds) rescaleVelocity(filters, at, changedBy);
    if (states[slot] === LOST) filter.stopGrowing(filters, at);
    filter.predict(filters, at, step);
    if (associateAt === 'prediction') filter.writeCorners(filters, at, corners, slot * 4);
  }

  /**
   * Looks for all tracks where the picture as a whole moved beyond the predictions.
   *
   * Of a track that is seen only the place to look is moved: its filter learns from the detection. Were the filter moved,
   * the common motion of a crowd would be taken for the camera's in every frame, no filter would ever learn that its
   * person walks, and the first gap would lose them all.
   */
  #followShift(): void {
    const { states } = this.#pool;
    this.#seenLast.clear();
    for (let i = 0; i < this.#candidates.count; i++) {
      if (states[this.#candidates.items[i]] === CONFIRMED) this.#seenLast.push(this.#candidates.items[i]);
    }
    if (!this.#shift.estimate(this.#pool, this.#seenLast, this.#found, this.#found.strong)) return;
    for (let i = 0; i < this.#candidates.count; i++) this.#moveOne(this.#candidates.items[i]);
    for (let i = 0; i < this.#tentative.count; i++) this.#moveOne(this.#tentative.items[i]);
  }

  #moveOne(slot: number): void {
    const { filters, corners, states } = this.#pool;
    const { filter } = this.#options;
    const at = slot * 4;
    if (states[slot] === LOST) {
      moveBy(filters, slot * STRIDE, this.#shift);
      filter.writeCorners(filters, slot * STRIDE, corners, at);
      return;
    }
    corners[at] += this.#shift.x;
    corners[at + 1] += this.#shift.y;
    corners[at + 2] += this.#shift.x;
    corners[at + 3] += this.#shift.y;
  }

  /** Continues tracks with detections at the least cost; what found no partner stays in the two lists. */
  #associate(
    tracks: SlotList,
    found: SlotList,
    detections: DetectionBatch,
    limit: number,
    fuseScore: boolean,
  ): void {
    if (tracks.count === 0 || found.count === 0) return;
    const size = tracks.count * found.count;
    if (this.#cost.length < size) this.#cost = new Float64Array(2 * size);
    const confidences = fuseScore ? detections.confidences : null;
    const { heightModulated } = this.#options;
    iouCostsInto(
      this.#cost,
      this.#pool,
      tracks,
      this.#found,
      found,
      confidences,
      this.#pixel,
      heightModulated,
    );
    assign(this.#cost, tracks.count, found.count, limit, this.#assignment);

    const { colOfRow, rowOfCol } = this.#assignment;
    for (let row = 0; row < tracks.count; row++) {
      if (colOfRow[row] !== -1) this.#continue(tracks.items[row], detections, found.items[colOfRow[row]]);
    }
    tracks.retainUnpaired(colOfRow);
    found.retainUnpaired(rowOfCol);
  }

  #continue(slot: number, { boxes }: DetectionBatch, detection: number): void {
    const { filters, states, ids } = this.#pool;
    this.#options.filter.updateFrom(filters, slot * STRIDE, boxes, detection);
    if (ids[slot] === 0) ids[slot] = this.#nextId++;
    states[slot] = CONFIRMED;
    this.#seen(slot, detection);
  }

  /** Begins a track at each confident detection that continued none. */
  #begin({ boxes, confidences, classIds }: DetectionBatch): void {
    const { strong } = this.#found;
    this.#begun.clear();
    for (let i = 0; i < strong.count; i++) {
      const detection = strong.items[i];
      if (confidences[detection] < this.#beginsFrom(classIds[detection])) continue;
      const slot = this.#pool.acquire();
      const pool = this.#pool;
      this.#options.filter.initiateFrom(pool.filters, slot * STRIDE, boxes, detection);
      // what is there when the camera starts needs no second look
      pool.states[slot] = this.#frame === 1 ? CONFIRMED : TENTATIVE;
      pool.ids[slot] = this.#frame === 1 ? this.#nextId++ : 0;
      pool.classIds[slot] = classIds[detection];
      pool.firstFrames[slot] = this.#frame;
      pool.overdue[slot] = 0;
      this.#seen(slot, detection);
      this.#begun.push(slot);
    }
  }

  /** From which confidence a detection that continues no track begins one. */
  #beginsFrom(classId: number): number {
    const strongFrom = this.#strongFrom?.[classId];
    if (strongFrom === undefined) return this.#options.newTrackThreshold;
    return Math.min(1, strongFrom + this.#newTrackMargin);
  }

  #seen(slot: number, detection: number): void {
    const { filters, corners, lastFrames, lastSeenMs, detections } = this.#pool;
    this.#options.filter.writeCorners(filters, slot * STRIDE, corners, slot * 4);
    lastFrames[slot] = this.#frame;
    lastSeenMs[slot] = this.#interval.elapsedMs;
    detections[slot] = detection;
  }

  /** Brings every track into the list of its new state. */
  #settle(): void {
    const { states } = this.#pool;
    const tracked = this.#tracked;
    const lost = this.#lost;
    this.#newlyLost.clear();
    for (let i = 0; i < tracked.count; i++) {
      if (states[tracked.items[i]] === LOST) this.#newlyLost.push(tracked.items[i]);
    }
    tracked.retain(states, CONFIRMED);
    for (let i = 0; i < this.#begun.count; i++) tracked.push(this.#begun.items[i]);
    for (let i = 0; i < lost.count; i++) {
      if (states[lost.items[i]] === CONFIRMED) tracked.push(lost.items[i]);
    }
    lost.retain(states, LOST);
    if (this.#options.lateRemoval) this.#removeLate();
    for (let i = 0; i < this.#newlyLost.count; i++) lost.push(this.#newlyLost.items[i]);
  }

  #removeLate(): void {
    const { states, overdue } = this.#pool;
    for (let i = 0; i < this.#lost.count; i++) {
      const slot = this.#lost.items[i];
      if (overdue[slot] === 1) this.#pool.release(slot);
      else if (this.#isTooOld(slot)) overdue[slot] = 1;
    }
    for (let i = 0; i < this.#newlyLost.count; i++) {
      const slot = this.#newlyLost.items[i];
      if (overdue[slot] === 1) this.#pool.release(slot);
    }
    this.#lost.retain(states, LOST);
    this.#newlyLost.retain(states, LOST);
  }

  /** Of a tracked and a lost track on one object, keeps the one that lasted longer. */
  #removeDuplicates(): void {
    const { states, corners, classIds, firstFrames, lastFrames } = this.#pool;
    this.#duplicates.clear();
    for (let i = 0; i < this.#tracked.count; i++) {
      const tracked = this.#tracked.items[i];
      for (let j = 0; j < this.#lost.count; j++) {
        const lost = this.#lost.items[j];
        if (classIds[tracked] !== classIds[lost]) continue;
        if (!(iouOfCorners(corners, tracked, corners, lost, this.#pixel) > DUPLICATE_IOU)) continue;
        const trackedFor = lastFrames[tracked] - firstFrames[tracked];
        const lostFor = lastFrames[lost] - firstFrames[lost];
        this.#duplicates.push(trackedFor > lostFor ? lost : tracked);
      }
    }
    if (this.#duplicates.count === 0) return;
    for (let i = 0; i < this.#duplicates.count; i++) {
      const slot = this.#duplicates.items[i];
      if (states[slot] !== REMOVED) this.#pool.release(slot); // it may be the duplicate of two
    }
    this.#tracked.retain(states, TENTATIVE | CONFIRMED);
    this.#lost.retain(states, LOST);
  }
}
