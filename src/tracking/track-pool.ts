import { STRIDE } from './box-filter.ts';

/** The states of `TrackState` as stored in `TrackPool.states`: one bit each, so that several can be asked for. */
export const REMOVED = 0;
export const TENTATIVE = 1;
export const CONFIRMED = 2;
export const LOST = 4;

/**
 * All tracks of one tracker in flat arrays, one slot a track; freed slots are used again.
 *
 * The arrays double when every slot is taken, so after the busiest moment nothing is allocated any more. Take
 * them from the pool anew after `acquire`.
 */
export class TrackPool {
  capacity = 64;
  filters = new Float64Array(this.capacity * STRIDE);
  /** x1, y1, x2, y2 of the filtered or predicted box, pixels. */
  corners = new Float64Array(this.capacity * 4);
  states = new Uint8Array(this.capacity);
  /** 0 until confirmed. */
  ids = new Float64Array(this.capacity);
  classIds = new Uint16Array(this.capacity);
  confidences = new Float64Array(this.capacity);
  /** Frames are counted from 1. */
  firstFrames = new Float64Array(this.capacity);
  lastFrames = new Float64Array(this.capacity);
  /** Media time of the last match, milliseconds. */
  lastSeenMs = new Float64Array(this.capacity);
  /** Index of the last match in its frame's detections. */
  detections = new Int32Array(this.capacity);
  /** 1 once a lost track is past its time (`lateRemoval`). */
  overdue = new Uint8Array(this.capacity);
  #free = new Int32Array(this.capacity);
  #freeCount = 0;
  #used = 0;

  /** A slot whose contents the caller sets. */
  acquire(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount];
    if (this.#used === this.capacity) this.#grow();
    return this.#used++;
  }

  release(slot: number): void {
    this.states[slot] = REMOVED;
    this.#free[this.#freeCount++] = slot;
  }

  #grow(): void {
    const capacity = (this.capacity *= 2);
    const grown = <T extends { set(from: T): void }>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.filters = grown(new Float64Array(capacity * STRIDE), this.filters);
    this.corners = grown(new Float64Array(capacity * 4), this.corners);
    this.states = grown(new Uint8Array(capacity), this.states);
    this.ids = grown(new Float64Array(capacity), this.ids);
    this.classIds = grown(new Uint16Array(capacity), this.classIds);
    this.confidences = grown(new Float64Array(capacity), this.confidences);
    this.firstFrames = grown(new Float64Array(capacity), this.firstFrames);
    this.lastFrames = grown(new Float64Array(capacity), this.lastFrames);
    this.lastSeenMs = grown(new Float64Array(capacity), this.lastSeenMs);
    this.detections = grown(new Int32Array(capacity), this.detections);
    this.overdue = grown(new Uint8Array(capacity), this.overdue);
    this.#free = grown(new Int32Array(capacity), this.#free);
  }
}
