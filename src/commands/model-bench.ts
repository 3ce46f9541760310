import { type Command, InvalidArgumentError } from 'commander';
import type { ModelBenchReport } from '../../bench/model.ts';
import { EngineError } from '../errors.ts';
import { createLogger } from '../observe/logger.ts';
import { PROVIDERS, type Provider } from '../providers.ts';
import type { CommandContext } from './context.ts';
import { resolveDetector } from './resolve-detector.ts';
import { table } from './table.ts';

interface BenchOptions {
  readonly provider: readonly Provider[];
  readonly batch: readonly number[];
  readonly size?: { readonly width: number; readonly height: number };
  readonly seconds: number;
  readonly threads: number;
  readonly picture?: string;
  readonly json?: boolean;
}

const HELP = `
One session, one run after another. Milliseconds are those of a whole run of so many pictures, from the bytes of
scaled pictures to the numbers the network answers; scaling and decoding one picture are told apart. The machine
does more in a second than is shown here: every core has a worker of its own.
`;

/** `model bench`: latency and throughput of a model per provider and batch. */
export function registerModelBench(model: Command, context: CommandContext): void {
  model
    .command('bench <name>')
    .description('measure latency and throughput of a model, for each provider and number of pictures a run')
    .option('--provider <list>', `of ${PROVIDERS.join(', ')}; separated by commas`, providers, [...PROVIDERS])
    .option('--batch <list>', 'pictures in one run, separated by commas', batches, [1, 2, 4, 8])
    .option('--size <WxH>', 'size of the input (as the picture needs it)', size)
    .option('--seconds <n>', 'how long each is measured', seconds, 3)
    .option('--threads <n>', 'threads of one run on the CPU', threads, 1)
    .option('--picture <file>', 'a JPEG or PNG file (noise of 1280x720)')
    .option('--json', 'only the JSON line, no progress')
    .action(async (name: string, options: BenchOptions) => {
      const resolved = await resolveDetector(name);
      const { benchModel } = await import('../../bench/model.ts');
      const report = await benchModel({
        model: resolved,
        providers: options.provider,
        batches: options.batch,
        size: options.size,
        seconds: options.seconds,
        cpuThreads: options.threads,
        picture: options.picture,
        log: createLogger('bench', { level: 'silent', format: 'json' }),
        say: (line) => void (options.json || process.stderr.write(`${line}\n`)),
      });
      if (!options.json) process.stdout.write(asText(report, options.picture));
      process.stdout.write(`${JSON.stringify(report)}\n`);
      if (report.runs.length > 0) return context.exit(0);
      const reasons = Object.entries(report.unavailable).map(([what, reason]) => `${what}: ${reason}`);
      throw new EngineError('MODEL_FAILED', `nothing could be measured; ${reasons.join('; ')}`);
    })
    .addHelpText('after', HELP);
}

function asText(
  { model, runs, unavailable, metrics }: ModelBenchReport,
  picture = 'noise, nothing on it',
): string {
  const rows = runs.map(({ provider, batch, input, p50Ms, p95Ms, picturesPerSecond }) => [
    provider,
    batch,
    input,
    Number(p50Ms.toFixed(2)),
    Number(p95Ms.toFixed(2)),
    Number(picturesPerSecond.toFixed(1)),
  ]);
  const besides = Object.entries(unavailable).map(([what, reason]) => `not measured: ${what}: ${reason}\n`);
  const { scaleMs = Number.NaN, postprocessMs = Number.NaN } = metrics;
  return [
    `${model}\n`,
    table(['provider', 'batch', 'input', 'p50 ms', 'p95 ms', 'pictures/s'], rows),
    `one picture (${picture}): scaling ${scaleMs} ms, decoding ${postprocessMs} ms\n`,
    besides.join(''),
    '',
  ].join('\n');
}

function providers(text: string): Provider[] {
  return split(text).map((name) => {
    const provider = PROVIDERS.find((known) => known === name);
    if (provider) return provider;
    throw new InvalidArgumentError(
      `There is no provider ${JSON.stringify(name)}; known are ${PROVIDERS.join(', ')}.`,
    );
  });
}

function batches(text: string): number[] {
  return split(text).map((count) => between(count, 1, 256, 'pictures in one run'));
}

function size(text: string): { width: number; height: number } {
  const sides = /^([1-9]\d{1,3})x([1-9]\d{1,3})$/.exec(text);
  if (sides) return { width: Number(sides[1]), height: Number(sides[2]) };
  throw new InvalidArgumentError('It takes width and height in pixels, like 416x256.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 600) return value;
  throw new InvalidArgumentError('It takes seconds, above 0 and up to 600.');
}

function threads(text: string): number {
  return between(text, 1, 256, 'threads');
}

function between(text: string, least: number, most: number, what: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It takes whole numbers of ${what}, ${least} to ${most}.`);
}

function split(text: string): string[] {
  return [...new Set(text.split(',').map((part) => part.trim()))];
}
