import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { AnalyticsInput } from '../analytics.ts';
import { loadConfig } from '../config/load.ts';
import { DEMO_DIR } from '../demo/clips.ts';
import type { Condition } from '../demo/truth.ts';
import { type Clip, checkedTruth, readClip, readClips } from '../demo/verify/read-clip.ts';
import { CONDITIONS, type RenderOptions, renderScene } from '../demo/verify/renderer.ts';
import { type VerifyOptions, verifyClips } from '../demo/verify/verify-clips.ts';
import { EngineError } from '../errors.ts';
import { BUNDLED_MODEL } from '../models/default-model.ts';
import { TRACKER_NAMES } from '../tracker-settings.ts';
import type { CommandContext } from './context.ts';
import { truthSummary, truthText } from './demo-truth.ts';
import { verifyText } from './demo-verify.ts';
import { interruptible } from './interruptible.ts';
import { shownProgress } from './progress.ts';
import { resolveDetector } from './resolve-detector.ts';

const FRESH_SECONDS = '12';

interface SceneOptions {
  readonly seed?: string;
  readonly seconds?: string;
  readonly condition?: readonly Condition[];
}

interface VerifyCommand extends SceneOptions {
  readonly clip?: readonly string[];
  readonly directory?: string;
  readonly fps: string;
  readonly model: string;
  readonly tracker?: string;
  readonly json?: boolean;
}

/** `demo verify | render | truth`: clips whose truth is known, without a hub. */
export function registerDemoCommands(program: Command, context: CommandContext): void {
  const demo = program
    .command('demo')
    .description('scenes whose truth is known: prove the engine by them, make others, look into their truth');

  demo
    .command('verify')
    .description(
      'run the whole engine over the demo clips, or over a scene made from a seed, and compare with the truth;\n' +
        'exit code 0 only when all daylight clips reach their targets',
    )
    .option('--clip <name...>', 'only these clips')
    .option('--directory <path>', 'where the clips are (default: those of the project)')
    .option('--seed <n>', 'instead of the clips: a scene made afresh from this number')
    .option('--seconds <n>', `length of each clip of --seed (default: ${FRESH_SECONDS})`)
    .addOption(conditionOption('light and weather of --seed'))
    .option('--fps <n>', 'analysed frames a second; 0: every frame', '0')
    .option(
      '--model <name>',
      'a detector of "sightline model list"; by default that of the demo cameras',
      BUNDLED_MODEL,
    )
    .addOption(
      new Option('--tracker <name>', 'with its default settings; by default that of cameras').choices(
        TRACKER_NAMES,
      ),
    )
    .option('--json', 'print one line of JSON')
    .action((options: VerifyCommand) => interruptible((signal) => verify(options, context, signal)));

  demo
    .command('render')
    .description('make a scene from a seed: a clip with its truth for each light and weather')
    .requiredOption('--seed <n>', 'the same number makes the same clips')
    .requiredOption('--out <directory>', 'where the clips go; made when it is not there')
    .option('--seconds <n>', 'length of each clip', FRESH_SECONDS)
    .addOption(conditionOption('light and weather'))
    .action((options: SceneOptions & { out: string }) =>
      interruptible(async (signal) => {
        const clips = await rendered(sceneOf(options, resolve(options.out)), signal);
        for (const { video, truth } of clips) process.stdout.write(`${video}\n${truth}\n`);
      }),
    );

  demo
    .command('truth <file>')
    .description('what a truth file says: objects and counts by label, events')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      const summary = truthSummary(await checkedTruth(file));
      process.stdout.write(json ? `${JSON.stringify(summary)}\n` : truthText(summary));
    });
}

async function verify(options: VerifyCommand, context: CommandContext, signal: AbortSignal): Promise<void> {
  const analytics = analyticsOf(options);
  const { seed, clip, directory, seconds, condition } = options;
  if (seed === undefined && (seconds ?? condition) !== undefined) {
    throw new EngineError(
      'VALIDATION',
      '--seconds and --condition are of a scene made afresh: name its --seed',
    );
  }
  if (seed !== undefined && (clip ?? directory) !== undefined) {
    throw new EngineError(
      'VALIDATION',
      '--seed makes clips afresh: leave out --clip and --directory, or --seed',
    );
  }
  await resolveDetector(options.model); // before anything is rendered for nothing
  const run = async (clips: readonly Clip[]): Promise<void> => {
    const bar = shownProgress('analysing', 'frames');
    const report = await verifyClips({
      clips,
      analytics,
      config: loadConfig({ env: process.env }),
      signal,
      onProgress: bar.update,
    }).finally(bar.stop);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : verifyText(report));
    if (!report.met) context.exit(1);
  };
  if (seed === undefined) return run(await readClips(resolve(directory ?? DEMO_DIR), clip));
  const fresh = await mkdtemp(join(tmpdir(), 'sightline-scene-'));
  try {
    const clips = await rendered(sceneOf(options, fresh), signal);
    await run(await Promise.all(clips.map(({ video, truth }) => readClip(video, truth))));
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function analyticsOf({ model, fps, tracker }: VerifyCommand): VerifyOptions['analytics'] {
  const rate = numberOf('--fps', fps);
  if (rate !== 0 && (rate < 0.1 || rate > 120)) {
    throw new EngineError(
      'VALIDATION',
      `--fps takes 0 (every frame) or a number from 0.1 to 120, got ${fps}`,
    );
  }
  return {
    model,
    fps: rate,
    ...(tracker === undefined ? {} : { tracker: { name: tracker } as AnalyticsInput['tracker'] }),
  };
}

function sceneOf({ seed = '', seconds = FRESH_SECONDS, condition }: SceneOptions, directory: string) {
  const length = numberOf('--seconds', seconds);
  if (length < 1 || length > 600) {
    throw new EngineError('VALIDATION', `--seconds takes a number from 1 to 600, got ${seconds}`);
  }
  const number = numberOf('--seed', seed);
  if (!Number.isSafeInteger(number) || number > 2 ** 31 - 1) {
    throw new EngineError('VALIDATION', `--seed takes a whole number from 0 to ${2 ** 31 - 1}, got ${seed}`);
  }
  return { seed: number, seconds: length, directory, conditions: condition ?? CONDITIONS };
}

function rendered(scene: Omit<RenderOptions, 'signal' | 'onProgress'>, signal: AbortSignal) {
  const bar = shownProgress('rendering', 'frames');
  return renderScene({ ...scene, signal, onProgress: bar.update }).finally(bar.stop);
}

function conditionOption(what: string): Option {
  return new Option('--condition <name...>', `${what} (default: all)`).choices(CONDITIONS);
}

function numberOf(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new EngineError('VALIDATION', `${option} expects a number, got ${JSON.stringify(text)}`);
}
