import type { JudgedFrame } from './judged-frame.ts';

/** How right the number of objects in view is over a clip; objects, unless said otherwise. */
export interface CountScores {
  readonly meanTrue: number;
  readonly meanMeasured: number;
  /** Mean of measured less true: above 0 the engine counts too many. */
  readonly bias: number;
  /** Mean absolute difference of the means over one second each. */
  readonly error: number;
  /** The same as a share of the mean true number, percent; null where nothing is in view. */
  readonly errorPercent: number | null;
  /** Mean absolute difference, frame by frame. */
  readonly frameError: number;
  readonly frameErrorPercent: number | null;
}

/**
 * Compares the number of confirmed tracks in each frame with the number of objects that count.
 *
 * @param fps frames a second of the clip
 * @param label only these objects and tracks; else all, whatever they are called
 */
export function countScores(frames: readonly JudgedFrame[], fps: number, label?: string): CountScores {
  const isWanted = (one: { readonly label: string }): boolean => label === undefined || one.label === label;
  const counts = frames.map(({ index, truth, tracks }) => ({
    second: Math.floor(index / fps),
    truly: truth.filter(isWanted).length,
    measured: tracks.filter(isWanted).length,
  }));
  const meanTrue = mean(counts.map(({ truly }) => truly));
  const differences = counts.map(({ truly, measured }) => measured - truly);
  const seconds = [...Map.groupBy(counts, ({ second }) => second).values()];
  const error = mean(seconds.map((of) => Math.abs(mean(of.map(({ truly, measured }) => measured - truly)))));
  const frameError = mean(differences.map(Math.abs));
  const percent = (objects: number): number | null => (meanTrue > 0 ? (objects / meanTrue) * 100 : null);
  return {
    meanTrue,
    meanMeasured: mean(counts.map(({ measured }) => measured)),
    bias: mean(differences),
    error,
    errorPercent: percent(error),
    frameError,
    frameErrorPercent: percent(frameError),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
