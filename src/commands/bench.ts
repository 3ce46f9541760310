import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CopiesBench, Decode } from '../../bench/copies.ts';
import type { BenchReport } from '../../bench/report.ts';
import { DEMO_CLIPS, type DemoClip, MAX_COPIES } from '../camera.ts';
import { loadConfig, PROJECT_DIR } from '../config/load.ts';
import { EngineError } from '../errors.ts';
import { createLogger } from '../observe/logger.ts';
import type { CommandContext } from './context.ts';
import { interruptible } from './interruptible.ts';

/** Where benchmarks find their data unless told: beside the project. */
const TOWN_CENTRE = '../shared/data/videos/town-centre-cut.mp4';
const VIDEOS = '../shared/data/videos';
const CROWD = '../shared/data/mot/MOT17-mini/MOT17-04-FRCNN/img1/000001.jpg';
const SHARED_MODELS = '../shared/data/models';
const MOT17_04 = '../shared/data/mot/MOT17-train/MOT17-04-FRCNN/det/det.txt';

const DECODES: readonly Decode[] = ['each', 'shared'];

/** `bench`: measures on this machine; progress on standard error, one JSON line last. */
export function registerBenchCommands(program: Command, context: CommandContext): void {
  const bench = program.command('bench').description('measure on this machine; one JSON line comes last');

  bench
    .command('pipeline')
    .description('every frame of a clip decoded, detected, tracked and stored, against the bare parts alone')
    .addOption(fileOption('--video <file>', 'what the clip is made of', TOWN_CENTRE))
    .option('--seconds <n>', 'length of the clip, and of each live step', '60')
    .option('--live', 'also 1, 4, 8 and 12 cameras in real time at 5 analysed frames a second')
    .option('--json', 'only the JSON line, no progress')
    .action(async (options: { video: string; seconds: string; live?: boolean; json?: boolean }) => {
      requireFile(options.video, 'video', '--video');
      const seconds = Number(options.seconds);
      if (!Number.isInteger(seconds) || seconds < 10 || seconds > 600) {
        throw new EngineError(
          'VALIDATION',
          `--seconds takes a whole number from 10 to 600, got ${options.seconds}`,
        );
      }
      const { benchPipeline } = await import('../../bench/pipeline.ts');
      const report = await benchPipeline({
        video: resolve(options.video),
        seconds,
        live: options.live === true,
        config: loadConfig({ env: process.env }),
        say: progress(options),
      });
      print(report, context);
    });

  bench
    .command('copies')
    .description('many cameras made of one demo clip: what is analysed, how late, and what it takes')
    .addOption(new Option('--clip <name>', 'which (default: the first that is there)').choices(DEMO_CLIPS))
    .option('--copies <numbers>', 'how many cameras, one stage for each number', '1,8,12,16')
    .addOption(
      new Option(
        '--decode <mode>',
        'a decoder for each camera, or one that all of a worker share (default: both)',
      ).choices(DECODES),
    )
    .option('--seconds <n>', 'how long each stage is measured', '20')
    .option('--fps <n>', 'analysed frames a second and camera', '5')
    .option('--json', 'only the JSON line, no progress')
    .action((options: CopiesOptions) =>
      interruptible(async (signal) => {
        const settings = copiesSettings(options);
        const { benchCopies } = await import('../../bench/copies.ts');
        const config = loadConfig({ env: process.env });
        print(await benchCopies({ ...settings, config, signal, say: progress(options) }), context);
      }),
    );

  bench
    .command('tracker')
    .description('the tracker alone, one core: frames a second on recorded detections')
    .addOption(fileOption('--detections <file>', 'a MOTChallenge detection file', MOT17_04))
    .option('--json', 'only the JSON line, no progress')
    .action(async (options: { detections: string; json?: boolean }) => {
      const { benchTracker } = await import('../../bench/tracker.ts');
      const recorded = existsSync(options.detections);
      // what nobody named may be missing: the rest is still worth measuring
      if (!recorded && options.detections !== resolve(PROJECT_DIR, MOT17_04)) {
        requireFile(options.detections, 'detection file', '--detections');
      }
      const detections = recorded ? options.detections : null;
      print(benchTracker({ detections, say: progress(options) }), context);
    });

  bench
    .command('detect')
    .description('one real picture through each detector: scaling, inference, post-processing on one core')
    .addOption(fileOption('--picture <file>', 'a JPEG or PNG file of a busy street', CROWD))
    .option('--seconds <n>', 'how long each stage is measured', '2')
    .option('--json', 'only the JSON line, no progress')
    .action(async (options: { picture: string; seconds: string; json?: boolean }) => {
      requireFile(options.picture, 'picture', '--picture');
      const seconds = Number(options.seconds);
      if (!(seconds > 0 && seconds <= 60)) {
        throw new EngineError(
          'VALIDATION',
          `--seconds takes a number above 0, up to 60, got ${options.seconds}`,
        );
      }
      const { benchDetect } = await import('../../bench/detect.ts');
      const report = await benchDetect({
        picture: options.picture,
        modelDirs: [loadConfig({ env: process.env }).models.dir, resolve(PROJECT_DIR, SHARED_MODELS)],
        seconds,
        log: createLogger('bench', { level: 'silent', format: 'json' }),
        say: progress(options),
      });
      print(report, context);
    });

  bench
    .command('gate')
    .description('the motion gate: what it saves on real clips, and whether a track is lost by it')
    .addOption(fileOption('--videos <folder>', 'a folder of clips', VIDEOS))
    .option('--passes <n>', 'how often each clip is played, one after the other', '1')
    .option('--heartbeat <seconds>', 'how often a still picture is analysed', '2')
    .option('--json', 'only the JSON line, no progress')
    .action(async (options: { videos: string; passes: string; heartbeat: string; json?: boolean }) => {
      requireFile(options.videos, 'folder of videos', '--videos');
      const passes = Number(options.passes);
      const heartbeatSeconds = Number(options.heartbeat);
      if (!Number.isInteger(passes) || passes < 1 || passes > 100) {
        throw new EngineError(
          'VALIDATION',
          `--passes takes a whole number from 1 to 100, got ${options.passes}`,
        );
      }
      if (!(heartbeatSeconds >= 0.2 && heartbeatSeconds <= 60)) {
        throw new EngineError(
          'VALIDATION',
          `--heartbeat takes seconds from 0.2 to 60, got ${options.heartbeat}`,
        );
      }
      const videos = readdirSync(options.videos)
        .filter((name) => /\.(mp4|mkv|mov|ts|avi)$/i.test(name))
        .map((name) => resolve(options.videos, name));
      const { benchGate } = await import('../../bench/motion-gate.ts');
      const report = await benchGate({
        videos: videos.toSorted(),
        passes,
        heartbeatSeconds,
        modelsDir: loadConfig({ env: process.env }).models.dir,
        say: progress(options),
      });
      print(report, context);
    });
}

interface CopiesOptions {
  readonly clip?: DemoClip;
  readonly copies: string;
  readonly decode?: Decode;
  readonly seconds: string;
  readonly fps: string;
  readonly json?: boolean;
}

function copiesSettings(options: CopiesOptions): Omit<CopiesBench, 'config' | 'say'> {
  const { clip, decode } = options;
  const copies = options.copies.split(',').map(Number);
  if (!copies.every((count) => Number.isInteger(count) && count >= 1 && count <= MAX_COPIES)) {
    throw new EngineError(
      'VALIDATION',
      `--copies takes whole numbers from 1 to ${MAX_COPIES}, such as 1,8,12, got ${options.copies}`,
    );
  }
  const seconds = Number(options.seconds);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600) {
    throw new EngineError(
      'VALIDATION',
      `--seconds takes a whole number from 1 to 600, got ${options.seconds}`,
    );
  }
  const fps = Number(options.fps);
  if (!(fps >= 0.1 && fps <= 25)) {
    throw new EngineError('VALIDATION', `--fps takes a number from 0.1 to 25, got ${options.fps}`);
  }
  return { clip, copies: [...new Set(copies)], decodes: decode ? [decode] : DECODES, seconds, fps };
}

/** A file that is looked for beside the project when none is named; help shows it as it is written here. */
function fileOption(flags: string, description: string, besideProject: string): Option {
  return new Option(flags, description).default(resolve(PROJECT_DIR, besideProject), besideProject);
}

function requireFile(path: string, what: string, flag: string): void {
  if (!existsSync(path)) throw new EngineError('FILE_NOT_FOUND', `no ${what} ${path}: name one with ${flag}`);
}

function progress({ json }: { json?: boolean }): (line: string) => void {
  return json ? () => undefined : (line) => process.stderr.write(`${line}\n`);
}

function print(report: BenchReport, context: CommandContext): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
  context.exit(0);
}
