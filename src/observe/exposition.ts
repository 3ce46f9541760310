/** One sample: labels in order, and the value. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric in the Prometheus text format 0.0.4, with every sample it has; empty when it has none. */
export function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return '';
  return `${header(name, type, help)}${samples.map(([labels, value]) => line(name, labels, value)).join('')}`;
}

export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  /** One count a bucket, not summed up, the last for everything above `bounds`. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A histogram; its buckets are summed up here, as the format wants them. */
export function histogramFamily(
  name: string,
  help: string,
  bounds: readonly number[],
  samples: readonly HistogramSample[],
): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, counts, sum }) => {
    let total = 0;
    const buckets = bounds.map((bound, index) => {
      total += counts[index] ?? 0;
      return line(`${name}_bucket`, { ...labels, le: String(bound) }, total);
    });
    total += counts[bounds.length] ?? 0;
    const rest = [
      line(`${name}_bucket`, { ...labels, le: '+Inf' }, total),
      line(`${name}_sum`, labels, sum),
      line(`${name}_count`, labels, total),
    ];
    return [...buckets, ...rest].join('');
  });
  return header(name, 'histogram', help) + lines.join('');
}

function header(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  const braces = pairs.length > 0 ? `{${pairs.join(',')}}` : '';
  const number = Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';
  return `${name}${braces} ${number}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
