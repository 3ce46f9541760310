/** Odd, so that the median is one of them; half of it decides how soon a new frame rate is believed. */
const WINDOW = 15;
/** Time stamps of a regular stream are rounded and jitter; the objects still move one interval. */
const JITTER = 0.1;

/**
 * Tells how many frame intervals lie between two analysed frames: 1 while they are regular, 2 after a dropped one.
 *
 * The interval is the median of the last few gaps, which single drops do not move. A lasting change of the
 * analysed rate does; then `changedBy` says by what factor, and velocities per interval must be rescaled.
 */
export class FrameInterval {
  /** The interval now, milliseconds; 0 before it is known. */
  ms: number;
  /** By what factor the last `advance` made the interval longer; 1 nearly always. */
  changedBy = 1;
  /** Media time gone by since the first frame, milliseconds. Never goes back, whatever the time stamps do. */
  elapsedMs = 0;
  #lastPtsMs = Number.NaN;
  readonly #gaps = new Float64Array(WINDOW);
  readonly #sorted = new Float64Array(WINDOW);
  #next = 0;

  /** @param nominalMs what to expect before there are gaps to go by; 0 takes the first gap */
  constructor(nominalMs: number) {
    this.ms = nominalMs;
    this.#gaps.fill(nominalMs);
  }

  /** Takes the next frame's media time and returns the number of intervals since the one before it. */
  advance(ptsMs: number): number {
    this.changedBy = 1;
    const gapMs = ptsMs - this.#lastPtsMs;
    const first = Number.isNaN(this.#lastPtsMs);
    if (Number.isFinite(ptsMs)) this.#lastPtsMs = ptsMs;
    if (first) return 1;
    // time stamps that stand still or jump back say nothing: take it as the next frame
    if (!(gapMs > 0)) {
      this.elapsedMs += this.ms;
      return 1;
    }
    this.elapsedMs += gapMs;
    if (this.ms === 0) {
      this.ms = gapMs;
      this.#gaps.fill(gapMs);
    }
    this.#gaps[this.#next] = gapMs;
    this.#next = (this.#next + 1) % WINDOW;
    const medianMs = this.#median();
    if (Math.abs(medianMs / this.ms - 1) > JITTER) {
      this.changedBy = medianMs / this.ms;
      this.ms = medianMs;
    }
    const intervals = gapMs / this.ms;
    return Math.abs(intervals - 1) <= JITTER ? 1 : intervals;
  }

  #median(): number {
    this.#sorted.set(this.#gaps);
    this.#sorted.sort();
    return this.#sorted[WINDOW >> 1];
  }
}
