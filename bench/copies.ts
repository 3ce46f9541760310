import type { DemoClip, DemoSource } from '../src/camera.ts';
import { clipsIn } from '../src/demo/clips.ts';
import { EngineError } from '../src/errors.ts';
import { defaultModel } from '../src/models/default-model.ts';
import { findModel } from '../src/models/resolve.ts';
import { measureLive } from './live-window.ts';
import { rssMiB } from './process-stats.ts';
import { type BenchReport, benchReport, percentile, type Target } from './report.ts';
import { type BenchConfig, processIds, startSystem } from './system.ts';

export type Decode = NonNullable<DemoSource['decode']>;

/** What the design promises: so many 720p25 cameras, analysed so often, within so many milliseconds. */
const PROMISED = { cameras: 12, fps: 5, p95Ms: 250 };

export interface CopiesBench {
  readonly config: BenchConfig;
  /** By default the first that is there. */
  readonly clip?: DemoClip;
  /** How many cameras, stage by stage. */
  readonly copies: readonly number[];
  readonly decodes: readonly Decode[];
  /** How long each stage is measured. */
  readonly seconds: number;
  /** Analysed frames a second and camera. */
  readonly fps: number;
  readonly signal?: AbortSignal;
  say(line: string): void;
}

/**
 * The whole system under the load of one demo camera with `copies`, each of them decoding for itself or all from one
 * decoder in each worker. Every stage has a system of its own, so that its memory is not that of the stage before.
 *
 * Metrics are named `<decode>.<cameras>.<figure>`. `analysedPercent` is of all frames that real time asks for; the
 * shares of what was dropped are of the frames that came due. What is missing from both never came: the decoders
 * were behind, and a clip that falls behind plays more slowly instead of catching up.
 *
 * @throws EngineError FILE_NOT_FOUND, MODEL_*, or what keeps the cameras from being analysed; the abort reason
 */
export async function benchCopies(bench: CopiesBench): Promise<BenchReport> {
  const { config, copies, decodes, fps } = bench;
  const clip = existingClip(bench);
  const { entry } = await findModel(await defaultModel(config.models.dir), config.models.dir);
  bench.say(`clip ${clip}, ${entry.name}@${entry.version}, ${fps} frames/s of each camera`);
  const metrics: Record<string, number> = {};
  for (const cameras of copies) {
    // side by side: a machine whose speed drifts drifts for both
    for (const decode of decodes) {
      const figures = await measureStage(bench, clip, cameras, decode);
      for (const [figure, value] of Object.entries(figures)) {
        metrics[`${decode}.${cameras}.${figure}`] = value;
      }
      const { analysedFps, analysedPercent, droppedPercent, p50Ms, p95Ms, visionCores } = figures;
      bench.say(
        `${cameras} ${cameras === 1 ? 'camera' : 'cameras'}, decode ${decode}: ` +
          `${analysedFps.toFixed(1)} frames/s (${analysedPercent.toFixed(1)} %), ` +
          `${droppedPercent.toFixed(1)} % dropped, p50 ${p50Ms.toFixed(0)} ms, p95 ${p95Ms.toFixed(0)} ms, ` +
          `${visionCores.toFixed(2)} cores`,
      );
    }
  }
  return benchReport('copies', metrics, targetsOf(bench));
}

/** Cameras that share a decoder are a load for tests; what is promised is about those that do not. */
function targetsOf({ copies, decodes, fps }: CopiesBench): Record<string, Target> {
  const { cameras, fps: promisedFps, p95Ms } = PROMISED;
  if (!decodes.includes('each') || !copies.includes(cameras) || fps !== promisedFps) return {};
  return { [`each.${cameras}.p95Ms`]: { op: '<=', value: p95Ms } };
}

function existingClip({ clip, config }: CopiesBench): DemoClip {
  const { dir } = config.demo;
  const found = clipsIn(dir).find((name) => clip === undefined || name === clip);
  if (found) return found;
  throw new EngineError(
    'FILE_NOT_FOUND',
    `${clip ? `the demo clip ${clip} is not` : 'no demo clip is'} in ${dir}: restore the folder demo of Sightline, ` +
      'or name another with SIGHTLINE_DEMO',
  );
}

async function measureStage(
  { config, seconds, fps, signal }: CopiesBench,
  clip: DemoClip,
  cameras: number,
  decode: Decode,
) {
  await using sightline = await startSystem(config, { signal });
  await sightline.addCamera({
    id: 'load',
    source: { kind: 'demo', clip, copies: cameras, decode },
    // the gate would spare a part of the load, and is there only with a decoder of one's own
    analytics: { fps, motionGate: false },
  });
  const live = await measureLive(sightline, { cameras, seconds, signal });
  const percentOfDue = (frames: number): number => (frames / live.due) * 100;
  const analysedFps = live.latenciesMs.length / live.seconds;
  const { vision, hub, store } = processIds(sightline);
  return {
    analysedFps,
    analysedPercent: (analysedFps / (cameras * fps)) * 100,
    droppedPercent: percentOfDue(Object.values(live.dropped).reduce((sum, frames) => sum + frames, 0)),
    ...Object.fromEntries(
      Object.entries(live.dropped).map(([reason, frames]) => [`${reason}Percent`, percentOfDue(frames)]),
    ),
    p50Ms: percentile(live.latenciesMs, 0.5),
    p95Ms: percentile(live.latenciesMs, 0.95),
    visionCores: live.visionCpuSeconds / live.seconds,
    visionRssMiB: rssMiB(vision),
    hubRssMiB: rssMiB(hub),
    storeRssMiB: rssMiB(store),
  };
}
