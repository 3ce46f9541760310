import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { loadManifest } from '../src/models/manifest.ts';
import { resolveModel } from '../src/models/resolve.ts';
import { STAGES } from '../src/stages.ts';
import type { Sightline } from '../test/support/sightline.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { measureBare } from './bare.ts';
import { makeClip } from './clip.ts';
import { measureLive, WARM_UP_MS } from './live-window.ts';
import { cpuSeconds, peakRssMiB } from './process-stats.ts';
import { type BenchReport, benchReport, percentile } from './report.ts';
import { type BenchConfig, loggedFrames, processIds, startSystem } from './system.ts';

const MODEL = 'yolox-nano';
/** What 1280x720 takes of the model's 416x416. */
const TIGHT = { width: 416, height: 256 };
const LIVE_CAMERAS = [1, 4, 8, 12];

export interface PipelineBench {
  readonly video: string;
  /** Length of the clip, and of each live step. */
  readonly seconds: number;
  readonly live: boolean;
  readonly config: BenchConfig;
  say(line: string): void;
}

/**
 * How close the whole system comes to what its bare parts need: every frame of a 720p clip analysed and
 * stored, against cores / (CPU of decoding alone + CPU of inference alone), measured in the same run.
 */
export async function benchPipeline(bench: PipelineBench): Promise<BenchReport> {
  const cores = availableParallelism();
  bench.say(`making a clip of ${bench.seconds} s, 1280x720, 25 frames/s`);
  const clip = await makeClip({
    source: bench.video,
    width: 1280,
    height: 720,
    fps: 25,
    seconds: bench.seconds,
  });
  const { path: model } = await resolveModel(await loadManifest(), MODEL, bench.config.models.dir);

  const bare = async () => ({
    decode: await measureBare('decode', clip.path, Math.min(clip.frames, 1500), cores),
    infer: await measureBare('infer', model, 300, cores),
    inferTight: await measureBare('infer', model, 300, cores, TIGHT),
  });
  bench.say('the bare parts, before');
  const before = await bare();
  bench.say('end to end');
  const whole = await endToEnd(bench, clip, cores);
  bench.say('the bare parts, after');
  const after = await bare();

  const bareDecodeCpuMs = (before.decode + after.decode) / 2;
  const bareInferCpuMs = (before.infer + after.infer) / 2;
  const bareInferTightCpuMs = (before.inferTight + after.inferTight) / 2;
  const limitFps = (cores * 1000) / (bareDecodeCpuMs + bareInferCpuMs);
  // the same with the model at the size our pipeline gives it: what is lost on the way, without that gain
  const limitTightFps = (cores * 1000) / (bareDecodeCpuMs + bareInferTightCpuMs);
  const live = bench.live ? await liveSteps(bench, clip.path) : {};
  return benchReport(
    'pipeline',
    {
      ...whole,
      bareDecodeCpuMs,
      bareInferCpuMs,
      bareInferTightCpuMs,
      limitFps,
      limitTightFps,
      ratio: whole.endToEndFps / limitFps,
      ratioTight: whole.endToEndFps / limitTightFps,
      ...live,
    },
    bench.live
      ? { ratio: { op: '>=', value: 0.92 }, live12P95Ms: { op: '<=', value: 250 } }
      : { ratio: { op: '>=', value: 0.92 } },
  );
}

/** The system with access to the clip's folder. */
function start({ config }: PipelineBench, clipPath: string): Promise<Sightline> {
  return startSystem(config, { env: { SIGHTLINE_FILES: dirname(clipPath) } });
}

/** One camera a core, each playing the clip as fast as it can be analysed, every frame. */
async function endToEnd(bench: PipelineBench, clip: { path: string; frames: number }, cores: number) {
  await using sightline = await start(bench, clip.path);
  const ids = Array.from({ length: cores }, (_, i) => `core-${i}`);
  for (const id of ids) {
    await sightline.addCamera({
      id,
      source: { kind: 'file', path: clip.path, pace: 'fast' },
      analytics: { model: MODEL, fps: 0 },
    });
  }
  const statuses = () => Promise.all(ids.map((id) => sightline.status(id)));
  await waitFor(
    'all cameras to be analysed',
    async () => (await statuses()).every(({ frames }) => frames.analysed > 0),
    { timeoutMs: 60_000 },
  );
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));

  const pids = processIds(sightline);
  const sample = () => ({
    atMs: Date.now(),
    cpu: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)])),
  });
  const from = sample();
  // until the first of them is through: from then on the machine is not full any more
  await waitFor(
    'the first camera to finish',
    async () => (await statuses()).some(({ state }) => state === 'stopped'),
    {
      timeoutMs: 600_000,
      pollMs: 250,
    },
  );
  const to = sample();
  await waitFor(
    'all cameras to finish',
    async () => (await statuses()).every(({ state }) => state === 'stopped'),
    { timeoutMs: 60_000 },
  );
  const stages = stageMeans((await sightline.request('GET', '/metrics')).text);

  const messages = loggedFrames(sightline).map(({ message }) => message);
  const frames = messages.filter(
    ({ analysedAtMs }) => analysedAtMs >= from.atMs && analysedAtMs < to.atMs,
  ).length;
  const objects = messages.reduce((sum, message) => sum + message.objects.length, 0);
  await waitFor(
    'every object to be stored',
    async () => Number((await sightline.query('select count() from detections'))[0][0]) >= objects,
    { timeoutMs: 60_000 },
  );
  const [[rows]] = await sightline.query('select count() from detections');

  const metrics: Record<string, number> & { endToEndFps: number } = {
    endToEndFps: (frames * 1000) / (to.atMs - from.atMs),
    framesAnalysed: messages.length,
    framesLost: clip.frames * cores - messages.length,
    rowsStored: Number(rows),
    rowsLost: objects - Number(rows),
  };
  for (const [name, pid] of Object.entries(pids)) {
    metrics[`${name}CpuMsPerFrame`] = ((to.cpu[name] - from.cpu[name]) * 1000) / frames;
    metrics[`${name}PeakRssMiB`] = peakRssMiB(pid);
  }
  for (const [stage, ms] of Object.entries(stages)) metrics[`${stage}MsPerFrame`] = ms;
  return metrics;
}

/** Cameras paced in real time at 5 analysed frames a second. */
async function liveSteps(bench: PipelineBench, clipPath: string): Promise<Record<string, number>> {
  await using sightline = await start(bench, clipPath);
  const metrics: Record<string, number> = {};
  const ids: string[] = [];
  for (const cameras of LIVE_CAMERAS) {
    bench.say(`live, ${cameras} ${cameras === 1 ? 'camera' : 'cameras'}`);
    while (ids.length < cameras) {
      const id = `live-${ids.length}`;
      await sightline.addCamera({
        id,
        source: { kind: 'file', path: clipPath, loop: true },
        analytics: { model: MODEL, fps: 5 },
      });
      ids.push(id);
    }
    const live = await measureLive(sightline, { cameras, seconds: bench.seconds });
    const prefix = `live${cameras}`;
    metrics[`${prefix}P50Ms`] = percentile(live.latenciesMs, 0.5);
    metrics[`${prefix}P95Ms`] = percentile(live.latenciesMs, 0.95);
    metrics[`${prefix}AnalysedFpsPerCamera`] = live.latenciesMs.length / live.seconds / cameras;
    for (const [reason, frames] of Object.entries(live.dropped)) {
      metrics[`${prefix}Dropped_${reason}`] = frames;
    }
  }
  for (const [name, pid] of Object.entries(processIds(sightline))) {
    metrics[`live${LIVE_CAMERAS.at(-1)}${name[0].toUpperCase()}${name.slice(1)}PeakRssMiB`] = peakRssMiB(pid);
  }
  return metrics;
}

/** Mean milliseconds of each stage over all cameras, from the Prometheus text. */
function stageMeans(text: string): Record<string, number> {
  const sum = (metric: string, stage: string): number => {
    const line = new RegExp(`^${metric}\\{[^}]*stage="${stage}"[^}]*\\} (\\S+)`, 'gm');
    return [...text.matchAll(line)].reduce((total, [, value]) => total + Number(value), 0);
  };
  const means: Record<string, number> = {};
  for (const stage of STAGES) {
    const count = sum('sightline_stage_seconds_count', stage);
    if (count > 0) means[stage] = (sum('sightline_stage_seconds_sum', stage) * 1000) / count;
  }
  return means;
}
