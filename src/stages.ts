/** The stages of a frame's journey that are timed. */
export const STAGES = [
  'decode',
  'wait',
  'scale',
  'infer',
  'postprocess',
  'embed',
  'track',
  'encode',
  'captureToEvent',
] as const;
export type Stage = (typeof STAGES)[number];

/** Upper bounds of the histogram buckets, milliseconds; the last bucket is everything above. */
export const STAGE_BUCKETS_MS = [
  0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 100, 150, 250, 500, 1000, 2500,
] as const;

/** Cumulative since the vision node started, as Prometheus expects. */
export interface StageHistogram {
  /** One count per bucket (not summed up), `STAGE_BUCKETS_MS.length + 1` of them. */
  readonly counts: number[];
  readonly sumMs: number;
}
