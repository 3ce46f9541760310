import { type BenchReport, benchReport, type Target } from '../../../bench/report.ts';
import type { ClipReport, Scores } from './judge-clip.ts';

/** What daylight clips must reach; percent. */
export const DAYLIGHT_TARGETS = {
  HOTA: { op: '>=', value: 80 },
  countErrorPercent: { op: '<=', value: 3 },
} as const satisfies Record<string, Target>;

/** A benchmark's line, with everything that was measured of each clip. */
export interface VerifyReport extends BenchReport {
  readonly clips: readonly ClipReport[];
}

/** Metrics are named `<clip>.<metric>` and, of one label, `<clip>.<label>.<metric>`. */
export function verifyReport(clips: readonly ClipReport[]): VerifyReport {
  const metrics: Record<string, number> = {};
  const targets: Record<string, Target> = {};
  for (const { clip, condition, all, labels } of clips) {
    Object.assign(metrics, named(clip, all));
    for (const scores of labels) Object.assign(metrics, named(`${clip}.${scores.label}`, scores));
    if (condition !== 'day') continue;
    for (const [name, target] of Object.entries(DAYLIGHT_TARGETS)) targets[`${clip}.${name}`] = target;
  }
  return { ...benchReport('demo-verify', metrics, targets), clips };
}

/** Without what there is nothing to measure of: a target on it is then not met. */
function named(prefix: string, { count, boxes, IDSW, ...percents }: Scores): Record<string, number> {
  const { AP50, AP50To95, HOTA, DetA, AssA, LocA, MOTA, IDF1 } = percents;
  const all = {
    ...{ AP50, AP50To95, HOTA, DetA, AssA, LocA, MOTA, IDF1, IDSW, boxes },
    meanTrue: count.meanTrue,
    meanMeasured: count.meanMeasured,
    countBias: count.bias,
    countError: count.error,
    countErrorPercent: count.errorPercent,
    frameCountError: count.frameError,
    frameCountErrorPercent: count.frameErrorPercent,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[`${prefix}.${name}`, value]])),
  );
}
