import { STAGE_BUCKETS_MS, STAGES, type Stage, type StageHistogram } from '../stages.ts';

const BUCKETS = STAGE_BUCKETS_MS.length + 1;

/** Durations of one camera's stages as cumulative histograms; recording allocates nothing. */
export class StageTimes {
  readonly #counts = new Float64Array(STAGES.length * BUCKETS);
  readonly #sumsMs = new Float64Array(STAGES.length);

  record(stage: Stage, ms: number): void {
    const row = STAGES.indexOf(stage);
    let bucket = 0;
    while (bucket < STAGE_BUCKETS_MS.length && ms > STAGE_BUCKETS_MS[bucket]) bucket++;
    this.#counts[row * BUCKETS + bucket]++;
    this.#sumsMs[row] += ms;
  }

  snapshot(): Record<Stage, StageHistogram> {
    return Object.fromEntries(
      STAGES.map((stage, row) => [
        stage,
        {
          counts: Array.from(this.#counts.subarray(row * BUCKETS, (row + 1) * BUCKETS)),
          sumMs: this.#sumsMs[row],
        },
      ]),
    ) as Record<Stage, StageHistogram>;
  }
}
