/** Sums and percentiles over the last few seconds, in fixed memory. */

const WINDOW_MS = 5_000;
const SLOTS = 10;
/** Over a shorter time a rate would be noise. */
const MIN_SPAN_S = 0.5;

/** Turns running totals into rates over the last five seconds. */
export class RecentRates<K extends string> {
  readonly #history: Array<{ atMs: number; totals: Record<K, number> }> = [];

  /** Takes the totals as of `atMs` (monotonic) and returns each one's rate a second over the window; 0 at first. */
  rates(totals: Record<K, number>, atMs: number): Record<K, number> {
    this.#history.push({ atMs, totals: { ...totals } });
    while (
      this.#history.length > SLOTS ||
      (this.#history.length > 2 && atMs - this.#history[0].atMs > WINDOW_MS)
    ) {
      this.#history.shift();
    }
    const first = this.#history[0];
    const seconds = (atMs - first.atMs) / 1000;
    const entries = (Object.keys(totals) as K[]).map((key) => {
      const rate = seconds >= MIN_SPAN_S ? (totals[key] - (first.totals[key] ?? 0)) / seconds : 0;
      return [key, Math.round(rate * 100) / 100];
    });
    return Object.fromEntries(entries) as Record<K, number>;
  }
}

/** The last `size` values of a measurement and their percentiles. */
export class RecentValues {
  readonly #values: Float64Array;
  #count = 0;

  constructor(size = 256) {
    this.#values = new Float64Array(size);
  }

  push(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value;
  }

  /** Nearest-rank percentiles, each of `ranks` in 0..1; null before the first value. */
  percentiles(...ranks: number[]): number[] | null {
    if (this.#count === 0) return null;
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort();
    return ranks.map((rank) => sorted[Math.max(0, Math.ceil(rank * sorted.length) - 1)]);
  }

  clear(): void {
    this.#count = 0;
  }
}
