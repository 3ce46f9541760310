import type { ClipReport, Scores } from '../demo/verify/judge-clip.ts';
import type { VerifyReport } from '../demo/verify/verify-report.ts';
import { table } from './table.ts';

const HEADINGS = [
  ...['clip', 'condition', 'label', 'AP50', 'AP50-95', 'HOTA', 'DetA', 'AssA', 'LocA', 'MOTA', 'IDF1'],
  ...['IDSW', 'in view', 'bias', 'error', 'error %', 'frame error %'],
];

/** For people: a table of all clips, and whether each target was met. */
export function verifyText({ clips, metrics, targets, met }: VerifyReport): string {
  const rows = clips.flatMap((clip) => [
    row(clip, 'all', clip.all),
    ...clip.labels.map((scores) => row(clip, scores.label, scores)),
  ]);
  const verdicts = Object.entries(targets).map(([name, { op, value }]) => {
    const measured = metrics[name];
    const reached = measured !== undefined && (op === '>=' ? measured >= value : measured <= value);
    return `${reached ? 'met   ' : 'MISSED'}  ${name} ${measured ?? 'not measurable'} ${op} ${value}`;
  });
  const [first] = clips;
  return [
    table(HEADINGS, rows),
    'Tracks and counts as a camera reports them; AP from every detection of confidence 0.1 or more, in ' +
      `${clips.map(({ pictures }) => pictures).join(', ')} pictures.`,
    'In view: mean true number of objects. Error: of the measured number, mean over seconds; bias above 0: too many.',
    `Model ${first?.model ?? '-'}; ${clips.map(({ clip, frames }) => `${clip} ${frames} frames`).join(', ')}.`,
    '',
    ...(verdicts.length > 0 ? verdicts : ['No daylight clip is among them: no target applies.']),
    ...(met ? [] : ['Not all targets are met.']),
    '',
  ].join('\n');
}

function row({ clip, condition }: ClipReport, label: string, scores: Scores): (string | number)[] {
  const { AP50, AP50To95, HOTA, DetA, AssA, LocA, MOTA, IDF1, IDSW, count } = scores;
  const percents = [AP50, AP50To95, HOTA, DetA, AssA, LocA, MOTA, IDF1].map((value) => shown(value, 1));
  return [
    ...[clip, condition, label, ...percents, IDSW],
    ...[shown(count.meanTrue, 2), shown(count.bias, 2), shown(count.error, 2)],
    ...[shown(count.errorPercent, 1), shown(count.frameErrorPercent, 1)],
  ];
}

function shown(value: number | null, digits: number): string {
  return (value === null ? '-' : value.toFixed(digits)).padStart(6);
}
