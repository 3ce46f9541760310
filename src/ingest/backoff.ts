import type { ErrorCode } from '../errors.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Each delay is spread over this fraction around its value, so that cameras of one dead switch do not return in step. */
const JITTER = 0.2;

/** Failures that a quick retry cannot mend. Too many wrong passwords lock an account on many cameras. */
const FIXED_DELAYS_MS: Partial<Record<ErrorCode, number>> = {
  STREAM_UNAUTHORIZED: 60_000,
  STREAM_NO_VIDEO: LONGEST_MS,
  STREAM_UNSUPPORTED: LONGEST_MS,
  // the disk or share that holds it may be mounted later
  FILE_NOT_FOUND: 10_000,
};

/** When to try again: 1 s, doubling to 30 s, with jitter; rarely where only a person can help. */
export class Backoff {
  #nextMs = FIRST_MS;
  readonly #random: () => number;

  /** @param random uniform in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait after a failure. */
  delayMs(code: ErrorCode): number {
    const fixedMs = FIXED_DELAYS_MS[code];
    if (fixedMs !== undefined) return fixedMs;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
    return Math.round(delayMs * (1 + JITTER * (2 * this.#random() - 1)));
  }

  /** The camera is healthy: a decoded frame proves it, a connection does not. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
