import type { Condition, Truth } from '../demo/truth.ts';
import { truthFrames } from '../demo/verify/truth-frames.ts';
import { table } from './table.ts';

export interface TruthSummary {
  readonly name: string;
  readonly condition: Condition;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly labels: readonly {
    readonly label: string;
    readonly objects: number;
    /** Of a frame's objects that count: mean and most. */
    readonly meanInView: number;
    readonly mostInView: number;
    /** Boxes of objects that are too hidden or too small to count. */
    readonly notCounted: number;
  }[];
  /** How often each thing happens, by what and where, e.g. `line.crossed stop-line a-b`. */
  readonly events: Readonly<Record<string, number>>;
}

export function truthSummary(truth: Truth): TruthSummary {
  const { name, condition, seed, width, height, fps, frames } = truth;
  const perFrame = truthFrames(truth);
  const labels = [...new Set(truth.objects.map(({ label }) => label))].toSorted().map((label) => {
    const inView = perFrame.map((of) => of.filter((box) => box.label === label && box.counted).length);
    const boxes = perFrame.reduce((sum, of) => sum + of.filter((box) => box.label === label).length, 0);
    const counted = inView.reduce((sum, count) => sum + count, 0);
    return {
      label,
      objects: truth.objects.filter((object) => object.label === label).length,
      meanInView: counted / frames,
      mostInView: Math.max(0, ...inView),
      notCounted: boxes - counted,
    };
  });
  const events: Record<string, number> = {};
  for (const event of truth.events) {
    const where = event.type === 'line.crossed' ? `${event.line} ${event.direction}` : event.zone;
    const key = `${event.type} ${where}`;
    events[key] = (events[key] ?? 0) + 1;
  }
  return { name, condition, seed, width, height, fps, frames, labels, events };
}

export function truthText(summary: TruthSummary): string {
  const { name, condition, seed, width, height, fps, frames, labels, events } = summary;
  const rows = labels.map(({ label, objects, meanInView, mostInView, notCounted }) => [
    ...[label, objects, meanInView.toFixed(2).padStart(6), mostInView, notCounted],
  ]);
  return [
    `${name}: ${condition}, seed ${seed}, ${width}x${height}, ${fps} frames/s, ${frames} frames (${frames / fps} s)`,
    '',
    table(['label', 'objects', 'mean in view', 'most in view', 'boxes not counted'], rows),
    Object.keys(events).length === 0
      ? 'no events\n'
      : table(
          ['event', 'times'],
          Object.entries(events).toSorted(([a], [b]) => a.localeCompare(b)),
        ),
  ].join('\n');
}
