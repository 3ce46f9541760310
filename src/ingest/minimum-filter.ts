/**
 * Follows the lower edge of noisy samples: the least delay is the one without queueing.
 *
 * A lower sample is taken at once; a higher one lifts the value only at the rate at which two clocks may
 * drift apart, so a slow network does not look like a slow clock.
 */
export class MinimumFilter {
  /** NaN before the first sample. */
  value = Number.NaN;
  readonly #risePerMs: number;
  #atMs = 0;

  /** @param risePerMs how much the value may rise in one millisecond. */
  constructor(risePerMs: number) {
    this.#risePerMs = risePerMs;
  }

  /** @param atMs time of the sample, milliseconds; a step backwards counts as no time. */
  add(sample: number, atMs: number): void {
    const ceiling = this.value + Math.max(0, atMs - this.#atMs) * this.#risePerMs;
    this.value = Number.isNaN(ceiling) ? sample : Math.min(sample, ceiling);
    this.#atMs = atMs;
  }

  /** The clock that times the samples was set forward by `stepMs`: they and their times move with it. */
  shift(stepMs: number): void {
    this.value += stepMs;
    this.#atMs += stepMs;
  }

  /** Forgets everything and starts from `sample`. */
  restart(sample: number, atMs: number): void {
    this.value = sample;
    this.#atMs = atMs;
  }
}
