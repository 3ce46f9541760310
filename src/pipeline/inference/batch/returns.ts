/** Share of the newest run in what is known of its predecessors. */
const NEWEST = 0.15;

/** The wake of one run: how many pictures came within each of the looks after its end. */
interface Wake {
  endedAtMs: number;
  answered: number;
  readonly came: Float64Array;
}

/**
 * How soon pictures come after a run, learned from the runs before.
 *
 * Workers that were answered come back with the next picture almost at once while they have work waiting, and
 * much later when they have none; pictures of unrelated cameras come at their own pace. Both are one curve:
 * pictures within so many milliseconds of a run's end, for each picture that the run answered.
 */
export class Returns {
  /** Moments after a run's end at which the curve is known, milliseconds, ascending. */
  readonly looksMs: Float64Array;
  readonly #came: Float64Array;
  #answered = 0;
  #wake: Wake;
  #before: Wake;

  /** @param maxMs the last look */
  constructor(maxMs: number) {
    const looks: number[] = [];
    for (let look = maxMs; look >= 0.1 && looks.length < 8; look /= 2) looks.unshift(look);
    this.looksMs = Float64Array.from(looks);
    this.#came = new Float64Array(looks.length);
    const wake = (): Wake => ({
      endedAtMs: Number.NEGATIVE_INFINITY,
      answered: 0,
      came: new Float64Array(looks.length),
    });
    this.#wake = wake();
    this.#before = wake();
  }

  /** A picture was handed over at `atMs`; it may be told late, after the run that was under way. */
  arrived(atMs: number): void {
    for (const { endedAtMs, came } of [this.#wake, this.#before]) {
      const afterMs = atMs - endedAtMs;
      for (let i = 0; i < came.length; i++) if (afterMs > 0 && afterMs <= this.looksMs[i]) came[i]++;
    }
  }

  /** A run that answered `answered` pictures has ended. */
  ended(atMs: number, answered: number): void {
    const done = this.#before;
    if (done.answered > 0) {
      this.#answered += NEWEST * (done.answered - this.#answered);
      for (let i = 0; i < done.came.length; i++) this.#came[i] += NEWEST * (done.came[i] - this.#came[i]);
    }
    this.#before = this.#wake;
    this.#wake = done;
    done.endedAtMs = atMs;
    done.answered = answered;
    done.came.fill(0);
  }

  /** Milliseconds since the last run's end. */
  sinceEndMs(nowMs: number): number {
    return nowMs - this.#wake.endedAtMs;
  }

  /** How many more pictures are expected by the look `i` after the last run's end. */
  expected(i: number): number {
    if (this.#answered === 0) return 0;
    const { answered, came } = this.#wake;
    // all that have come so far lie within the last look
    return Math.max(0, (this.#came[i] / this.#answered) * answered - came[came.length - 1]);
  }
}
