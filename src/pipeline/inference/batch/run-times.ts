/** A device's pace may change (clocks, neighbours): a run counts half as much after about thirty newer ones. */
const FORGETTING = 0.977;
/** Weight of the line believed so far, so that runs of one size alone still tell a line. */
const BELIEF = 0.5;
/** A run this many times slower than expected (a page fault, a neighbour) counts as one of that many times. */
const OUTLIER = 4;

/**
 * How long a run of `b` pictures takes on a device: `a + b * c` milliseconds, an overhead and a price a picture,
 * learned from the runs themselves by least squares that forget.
 */
export class RunTimes {
  /** Milliseconds that every run costs, whatever its size. */
  overheadMs = 0;
  /** Milliseconds that each picture of a run adds. */
  pictureMs = 0;
  /** Decayed sums over runs: of 1, b, b * b, t, b * t. */
  readonly #sums = new Float64Array(5);
  #largest = 1;

  /** Whether anything is known. */
  get known(): boolean {
    return this.#sums[0] > 0;
  }

  /** Milliseconds of a run of `batch` pictures, 0 before any was seen. */
  expect(batch: number): number {
    return this.overheadMs + batch * this.pictureMs;
  }

  observe(batch: number, ms: number): void {
    const sums = this.#sums;
    const expected = this.expect(batch);
    const t = expected > 0 ? Math.min(ms, expected * OUTLIER) : ms;
    for (let i = 0; i < sums.length; i++) sums[i] *= FORGETTING;
    sums[0] += 1;
    sums[1] += batch;
    sums[2] += batch * batch;
    sums[3] += t;
    sums[4] += batch * t;
    this.#largest = Math.max(this.#largest, batch);
    this.#fit(batch, t);
  }

  #fit(batch: number, t: number): void {
    let [n, b, bb, s, bs] = this.#sums;
    // what was believed speaks as two runs, of the least and the greatest size, at the pace of the newest
    const expected = this.expect(batch);
    const pace = expected > 0 ? t / expected : 0;
    if (pace > 0) {
      for (const size of [1, this.#largest]) {
        const believed = this.expect(size) * pace;
        n += BELIEF;
        b += BELIEF * size;
        bb += BELIEF * size * size;
        s += BELIEF * believed;
        bs += BELIEF * size * believed;
      }
    }
    const spread = n * bb - b * b;
    const slope = spread > 1e-9 * n * bb ? (n * bs - b * s) / spread : s / n / (b / n);
    const perRun = (s - slope * b) / n;
    if (slope < 0) {
      this.pictureMs = 0;
      this.overheadMs = s / n;
    } else if (perRun < 0) {
      this.overheadMs = 0;
      this.pictureMs = bs / bb;
    } else {
      this.pictureMs = slope;
      this.overheadMs = perRun;
    }
  }
}
