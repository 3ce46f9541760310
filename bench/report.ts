import { availableParallelism, cpus } from 'node:os';

export interface Target {
  readonly op: '>=' | '<=';
  readonly value: number;
}

/** What every benchmark prints last, on one line of standard output. */
export interface BenchReport {
  readonly bench: string;
  readonly at: string;
  readonly machine: string;
  readonly metrics: Record<string, number>;
  readonly targets: Record<string, Target>;
  /** Whether every target was met; a target without its metric was not. */
  readonly met: boolean;
}

export function benchReport(
  bench: string,
  metrics: Record<string, number>,
  targets: Record<string, Target>,
): BenchReport {
  const met = Object.entries(targets).every(([name, { op, value }]) => {
    const metric = metrics[name];
    return metric !== undefined && (op === '>=' ? metric >= value : metric <= value);
  });
  return {
    bench,
    at: new Date().toISOString(),
    machine: `${availableParallelism()} x ${cpus()[0]?.model.trim() ?? process.arch}, node ${process.version}`,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, round(value)])),
    targets,
    met,
  };
}

/** Four significant digits: more would only show the noise. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Nearest-rank percentile, `rank` in 0..1; NaN of nothing. */
export function percentile(values: readonly number[], rank: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(rank * sorted.length) - 1)];
}
