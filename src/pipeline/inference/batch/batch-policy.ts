import { batchSizes } from './batch-sizes.ts';
import { Returns } from './returns.ts';
import { RunTimes } from './run-times.ts';

/** Waiting must promise this much more throughput than running now. */
const WORTHWHILE = 1.03;

export interface BatchLimits {
  /** Pictures of one run at most. */
  readonly maxBatch: number;
  /** A picture is held back for company this long at most, milliseconds. */
  readonly maxWaitMs: number;
  /** Batches grow no further than to runs of this length: the latency that throughput may cost, milliseconds. */
  readonly maxRunMs: number;
}

/** Run the `count` oldest pictures as a batch of `size`; or, for a count of 0, think again in `waitMs`. */
export interface BatchPlan {
  readonly count: number;
  /** At least `count`; the rest of the batch is padding. */
  readonly size: number;
  readonly waitMs: number;
}

/**
 * Decides how many pictures of one model and size go into the next run, and whether to wait for more.
 *
 * While a run is under way pictures gather by themselves, so batches grow with the load without anybody waiting.
 * Waiting pays in one case only: just after a run, when the workers it answered are about to come back with their
 * next pictures. Then it is chosen if the pictures analysed per millisecond, from what is known of run times and
 * returns, become more by it. At a low load that is never so, and a picture runs the moment it comes.
 *
 * Pure: time is an argument.
 */
export class BatchPolicy {
  readonly times = new RunTimes();
  readonly #limits: BatchLimits;
  readonly #returns: Returns;
  #sizes: readonly number[];

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.#sizes = batchSizes(limits.maxBatch);
    this.#returns = new Returns(Math.max(0.1, limits.maxWaitMs));
  }

  /** The most pictures of one run that memory allows. */
  get maxBatch(): number {
    return this.#sizes[this.#sizes.length - 1];
  }

  /** The sizes in which runs are made, ascending. */
  get sizes(): readonly number[] {
    return this.#sizes;
  }

  /** No run takes more than `size` pictures any more; one it always may. */
  limitTo(size: number): void {
    this.#sizes = batchSizes(Math.max(1, Math.min(size, this.maxBatch)));
  }

  arrived(atMs: number): void {
    this.#returns.arrived(atMs);
  }

  /** @param tookMs of the run itself, without what was made of its outputs */
  ended(atMs: number, count: number, size: number, tookMs: number): void {
    this.times.observe(size, tookMs);
    this.#returns.ended(atMs, count);
  }

  /** @param oldestAtMs when the picture that has waited longest was handed over */
  plan(queued: number, oldestAtMs: number, nowMs: number): BatchPlan {
    const cap = this.#cap();
    const now = this.#best(queued, cap);
    if (queued >= cap || this.#limits.maxWaitMs <= 0) return now;
    const sinceEndMs = this.#returns.sinceEndMs(nowMs);
    // what it waited while the device was busy was not for company
    const heldMs = Math.max(0, Math.min(nowMs - oldestAtMs, sinceEndMs));
    const patienceMs = this.#limits.maxWaitMs - heldMs;
    let best = WORTHWHILE * this.#rate(now, 0);
    let waitMs = 0;
    const { looksMs } = this.#returns;
    for (let i = 0; i < looksMs.length; i++) {
      const untilMs = looksMs[i] - sinceEndMs;
      if (untilMs <= 0 || untilMs > patienceMs) continue;
      const then = Math.min(cap, Math.floor(queued + this.#returns.expected(i) + 0.25));
      if (then <= queued) continue;
      const rate = this.#rate(this.#best(then, cap), untilMs);
      if (rate <= best) continue;
      best = rate;
      waitMs = untilMs;
    }
    return waitMs > 0 ? { count: 0, size: 0, waitMs } : now;
  }

  /** The greatest size whose run is short enough. */
  #cap(): number {
    let cap = this.#sizes[0];
    for (const size of this.#sizes) if (this.times.expect(size) <= this.#limits.maxRunMs) cap = size;
    return cap;
  }

  /** All of `queued` with padding, or without it as many as fill a size: whatever analyses more a millisecond. */
  #best(queued: number, cap: number): BatchPlan {
    if (queued >= cap) return { count: cap, size: cap, waitMs: 0 };
    const above = this.#sizes.findIndex((size) => size >= queued);
    const padded = { count: queued, size: this.#sizes[above], waitMs: 0 };
    if (padded.size === queued || above === 0) return padded;
    const below = this.#sizes[above - 1];
    const full = { count: below, size: below, waitMs: 0 };
    return this.#rate(padded, 0) >= this.#rate(full, 0) ? padded : full;
  }

  /** Pictures per millisecond. */
  #rate({ count, size }: BatchPlan, waitMs: number): number {
    return count / (waitMs + Math.max(1e-3, this.times.expect(size)));
  }
}
