import type { MotRows } from '../mot/mot-rows.ts';
import { DenseIndex, PairIndex, type Pairs } from './dense-index.ts';
import { distractorRows, isPedestrian } from './distractors.ts';
import { similarities } from './similarity.ts';

/** One frame of a sequence, ready to be judged. */
export interface JudgedFrame {
  /** The objects that are truly there, as dense indices from 0. */
  readonly truth: Int32Array;
  /** The tracks of the result, as dense indices from 0. */
  readonly tracks: Int32Array;
  /** `truth.length x tracks.length`, row-major: intersection over union. */
  readonly similarity: Float64Array;
  /** Of each entry of `similarity`: which of the sequence's `pairs` it is of; -1 where nothing overlaps. */
  readonly pairs: Int32Array;
}

/** Ground truth and result of one sequence, with what does not count taken out of both. */
export interface Sequence {
  readonly frames: readonly JudgedFrame[];
  readonly pairs: Pairs;
  readonly truthIds: number;
  readonly trackIds: number;
  readonly truthBoxes: number;
  readonly trackBoxes: number;
}

export interface SequenceOptions {
  /** MOT20: vehicles too are distractors. */
  readonly ignoreVehicles?: boolean;
}

/**
 * Prepares a sequence for the metrics as the MOTChallenge does (Dendorfer et al. 2020, "MOTChallenge: A Benchmark for
 * Single-Camera Multiple Target Tracking"): where the ground truth has classes, boxes of the result that are
 * matched to a distractor are taken out, and of the truth only pedestrians stay. Rows of confidence 0 are no truth in any
 * format.
 */
export function sequenceOf(truth: MotRows, result: MotRows, options: SequenceOptions = {}): Sequence {
  const hasClasses = truth.classes.some((classId) => classId > 0);
  const truthIndex = new DenseIndex();
  const trackIndex = new DenseIndex();
  const pairIndex = new PairIndex();
  const frames: JudgedFrame[] = [];
  let truthBoxes = 0;
  let trackBoxes = 0;
  for (let t = 0, r = 0; t < truth.count || r < result.count; ) {
    const frame = Math.min(truth.frames[t] ?? Infinity, result.frames[r] ?? Infinity);
    const truthFrom = t;
    const resultFrom = r;
    while (truth.frames[t] === frame) t++;
    while (result.frames[r] === frame) r++;
    let truthRows = range(truthFrom, t);
    let resultRows = range(resultFrom, r);
    if (hasClasses) {
      const found = distractorRows(truth, truthRows, result, resultRows, options.ignoreVehicles === true);
      resultRows = resultRows.filter((row) => !found.has(row));
      truthRows = truthRows.filter((row) => isPedestrian(truth.classes[row]));
    }
    truthRows = truthRows.filter((row) => truth.confidences[row] !== 0);
    truthBoxes += truthRows.length;
    trackBoxes += resultRows.length;
    const truthIds = Int32Array.from(truthRows, (row) => truthIndex.of(truth.ids[row]));
    const tracks = Int32Array.from(resultRows, (row) => trackIndex.of(result.ids[row]));
    const similarity = similarities(truth.boxes, truthRows, result.boxes, resultRows);
    const pairs = pairIndex.ofFrame(truthIds, tracks, similarity);
    frames.push({ truth: truthIds, tracks, similarity, pairs });
  }
  return {
    frames,
    pairs: pairIndex.pairs(),
    truthIds: truthIndex.size,
    trackIds: trackIndex.size,
    truthBoxes,
    trackBoxes,
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
