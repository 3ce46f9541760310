/**
 * One decoded picture on its way through an analysis worker.
 *
 * Frames own native memory and move by reference: whoever takes a frame calls `release` exactly once.
 * Releasing is also the backpressure signal: a source that must not lose frames (a file played once)
 * decodes the next one only when the last was released.
 *
 * @typeParam P what carries the pixels; a decoder's picture in the engine, anything in a test.
 */
export interface Frame<P = unknown> {
  /** Names one uninterrupted connection to the source; a reconnect begins a new run. */
  readonly run: string;
  /** Counts the decoded frames of the run, from 0; gaps in what is analysed mean dropped frames. */
  readonly seq: number;
  /** Media time in milliseconds since the start of the run. */
  readonly ptsMs: number;
  /** Wall clock of the exposure, milliseconds since the epoch: from RTCP sender reports, else from arrival. */
  readonly capturedAtMs: number;
  /** Wall clock at which the frame's packet arrived here, milliseconds since the epoch. */
  readonly arrivedAtMs: number;
  /** Size in pixels; may change within a run. */
  readonly width: number;
  readonly height: number;
  readonly picture: P;
  /** Media time of the run so far in which the picture stood still and was not looked at, milliseconds. */
  readonly stillMs?: number;
  release(): void;
}

/** Why a decoded frame was not analysed. Every drop is counted under exactly one reason. */
export const DROP_REASONS = [
  /** Not due: the camera's analysed rate is below its frame rate. The normal case. */
  'sampled',
  /** A newer frame took its place while the worker was busy. */
  'superseded',
  /** Waited longer than the age budget. */
  'stale',
  /** The model is missing, altered or failed on it. */
  'model',
  /** The camera was stopped or reconfigured while the frame waited. */
  'stopped',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];
