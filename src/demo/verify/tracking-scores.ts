import {
  addMotCounts,
  type MotCounts,
  type MotScores,
  motCounts,
  motScores,
} from '../../tracking/metrics/mot-metrics.ts';
import { type Sequence, sequenceOf } from '../../tracking/metrics/sequence.ts';
import { type MotRows, MotRowsBuilder } from '../../tracking/mot/mot-rows.ts';
import type { JudgedFrame } from './judged-frame.ts';
import type { ClipBox } from './truth-frames.ts';

/** HOTA, CLEAR and identity metrics of one clip; ratios. */
export interface TrackingScores {
  /** Over all labels; a car that is called a truck is a miss and a false alarm. */
  readonly all: MotScores;
  readonly byLabel: ReadonlyMap<string, MotScores>;
}

/**
 * Judges the tracks of each label against the objects of that label, and all labels together from the sums of their
 * counts: what TrackEval (the code of HOTA's authors) calls detection-averaged over classes.
 */
export function trackingScores(frames: readonly JudgedFrame[], labels: readonly string[]): TrackingScores {
  const counts = new Map<string, MotCounts>(
    labels.map((label) => [label, motCounts(sequenceOfLabel(frames, label))]),
  );
  return {
    all: motScores(addMotCounts([...counts.values()])),
    byLabel: new Map([...counts].map(([label, of]) => [label, motScores(of)])),
  };
}

function sequenceOfLabel(frames: readonly JudgedFrame[], label: string): Sequence {
  const truth = new MotRowsBuilder();
  const result = new MotRowsBuilder();
  for (const frame of frames) {
    for (const object of frame.truth) if (object.label === label) add(truth, frame, object.id, object.box);
    for (const track of frame.tracks) if (track.label === label) add(result, frame, track.track, track.box);
  }
  const [truthRows, resultRows]: [MotRows, MotRows] = [truth.build(), result.build()];
  return sequenceOf(truthRows, resultRows);
}

function add(rows: MotRowsBuilder, { index }: JudgedFrame, id: number, [x, y, w, h]: ClipBox): void {
  rows.add(index + 1, id, x, y, w, h, 1); // the MOTChallenge counts frames from 1
}
