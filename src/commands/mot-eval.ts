import { EngineError } from '../errors.ts';
import {
  addMotCounts,
  type MotCounts,
  type MotScores,
  motCounts,
  motScores,
} from '../tracking/metrics/mot-metrics.ts';
import { sequenceOf } from '../tracking/metrics/sequence.ts';
import type { MotRows } from '../tracking/mot/mot-rows.ts';
import { type FoundSequenceInfo, findSequenceInfo, readMotFile, sequenceNameOf } from './mot-files.ts';
import { table } from './table.ts';

/** The name that the field's tools give to all sequences together. */
const COMBINED = 'COMBINED_SEQ';

export interface EvalOptions {
  readonly gt: readonly string[];
  readonly result: readonly string[];
  readonly seqinfo?: readonly string[];
  readonly json?: boolean;
}

/** The scores of each sequence by its name, and of all together when there are several. */
export function evaluate(options: EvalOptions, say: (line: string) => void): Record<string, MotScores> {
  const { gt, result, seqinfo = [] } = options;
  refuseUneven('--result', result, gt);
  if (seqinfo.length > 0) refuseUneven('--seqinfo', seqinfo, gt);
  const scores: Record<string, MotScores> = {};
  const all: MotCounts[] = [];
  for (const [i, truthFile] of gt.entries()) {
    const info = findSequenceInfo(seqinfo[i], truthFile);
    const name = info?.name ?? sequenceNameOf(truthFile);
    if (gt.length > 1) say(`${name}: ${result[i]}`);
    const counts = judge(truthFile, result[i], info, say);
    all.push(counts);
    scores[Object.hasOwn(scores, name) ? `${name} (${i + 1})` : name] = motScores(counts);
  }
  if (all.length > 1) scores[COMBINED] = motScores(addMotCounts(all));
  return scores;
}

function judge(
  truthFile: string,
  resultFile: string,
  info: FoundSequenceInfo | undefined,
  say: (line: string) => void,
): MotCounts {
  const truth = readMotFile(truthFile, 'ground truth', '--gt');
  const result = readMotFile(resultFile, 'result', '--result');
  refuseBeyond(truthFile, truth, info);
  refuseBeyond(resultFile, result, info);
  if (result.count === 0) say(`${resultFile} is empty: the tracker found nothing`);
  // only MOT20 annotates vehicles as something that may be found or not
  const isMot20 = [info?.name, truthFile].some((text) => text?.includes('MOT20-'));
  return motCounts(sequenceOf(truth, result, { ignoreVehicles: isMot20 }));
}

function refuseUneven(flag: string, files: readonly string[], gt: readonly string[]): void {
  if (files.length === gt.length) return;
  const counted = `${gt.length} --gt and ${files.length} ${flag}`;
  throw new EngineError('VALIDATION', `each --gt needs its ${flag}, in the same order: got ${counted}`);
}

function refuseBeyond(file: string, { lastFrame }: MotRows, info: FoundSequenceInfo | undefined): void {
  if (info?.frames === undefined || lastFrame <= info.frames) return;
  throw new EngineError(
    'MOT_FILE_INVALID',
    `${file} has frame ${lastFrame}, but the sequence has ${info.frames} (seqLength in ${info.file})`,
  );
}

/** For people: ratios in percent. */
export function evalTable(scores: Readonly<Record<string, MotScores>>): string {
  const percent = (ratio: number): string => (ratio * 100).toFixed(2).padStart(6);
  const rows = Object.entries(scores).map(([name, s]) => [
    ...[s.HOTA, s.DetA, s.AssA, s.LocA, s.MOTA, s.MOTP, s.IDF1].map(percent),
    ...[s.CLR_FP, s.CLR_FN, s.IDSW, s.Frag, s.MT, s.PT, s.ML],
    name,
  ]);
  const ratios = ['HOTA', 'DetA', 'AssA', 'LocA', 'MOTA', 'MOTP', 'IDF1'].map((name) => name.padStart(6));
  return table([...ratios, 'FP', 'FN', 'IDSW', 'Frag', 'MT', 'PT', 'ML', 'sequence'], rows);
}
