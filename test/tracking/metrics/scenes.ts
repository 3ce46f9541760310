import { type MotScores, motCounts, motScores } from '../../../src/tracking/metrics/mot-metrics.ts';
import { type SequenceOptions, sequenceOf } from '../../../src/tracking/metrics/sequence.ts';
import { parseMotFile } from '../../../src/tracking/mot/mot-file.ts';

export type Row = readonly [frame: number, id: number, x: number, y: number, width: number, height: number];

export const textOf = (rows: readonly (readonly number[])[]): string =>
  rows.map((row) => row.join(',')).join('\n');

export function scoresOf(
  truth: readonly (readonly number[])[],
  result: readonly (readonly number[])[],
  options: SequenceOptions = {},
): MotScores {
  const sequence = sequenceOf(
    parseMotFile(textOf(truth), 'ground truth', 'gt.txt'),
    parseMotFile(textOf(result), 'result', 'result.txt'),
    options,
  );
  return motScores(motCounts(sequence));
}

/** An object that stands at `x` from frame `first` to `last`, 10 x 20 pixels: at x + 5, half of it is covered. */
export function standing(id: number, x: number, first: number, last: number): Row[] {
  return Array.from({ length: last - first + 1 }, (_, i) => [first + i, id, x, 0, 10, 20]);
}
