import { basename } from 'node:path';
import { pino } from 'pino';
import { loadManifest } from '../src/models/manifest.ts';
import { resolveModel } from '../src/models/resolve.ts';
import { Detector } from '../src/pipeline/detector.ts';
import { CPU_ONLY, Sessions } from '../src/pipeline/inference/providers.ts';
import { openSessionRunner } from '../src/pipeline/inference/session-runner.ts';
import { TensorInput } from '../src/pipeline/tensor-input.ts';
import { type Detect, durationMs, type GateRunResult, runGated, vanished } from './gate-run.ts';
import { type BenchReport, benchReport, percentile } from './report.ts';

const MODEL = 'yolox-nano';
/** What a track must be longer than to count, media time. */
const LONG_MS = 1_000;
/** Analysed frames a second; 0 for all. */
const RATES = [5, 0];

export interface GateBench {
  readonly videos: readonly string[];
  /** How often each is played, one after the other. */
  readonly passes: number;
  readonly heartbeatSeconds: number;
  readonly modelsDir: string;
  say(line: string): void;
}

/**
 * What the motion gate saves and what it costs: each clip decoded, detected and tracked without and with it, by media
 * time. A track of the run without that is longer than a second and that the other shows nowhere has vanished.
 */
export async function benchGate(bench: GateBench): Promise<BenchReport> {
  const { detect, labels, close } = await openDetector(bench.modelsDir);
  const gate = { enabled: true, heartbeatSeconds: bench.heartbeatSeconds };
  const metrics: Record<string, number> = {};
  const catchUpMs: number[] = [];
  let allVanished = 0;
  bench.say('clip, analysed fps: tracks over 1 s, vanished; still, decoded, analysed; CPU s without, with');
  for (const path of bench.videos) {
    for (const fps of RATES) {
      const run = { path, passes: bench.passes, fps, detect };
      const full = await measured(() => runGated(run));
      const gated = await measured(() => runGated({ ...run, gate }));
      const long = full.result.tracks.filter(({ seen }) => durationMs(seen) > LONG_MS);
      const lost = vanished(full.result.tracks, gated.result.tracks, { leastMs: LONG_MS });
      const { stillMs, durationMs: lengthMs, skipped, packets, analysed } = gated.result;
      const row = {
        tracks: long.length,
        vanished: lost.length,
        still: stillMs / lengthMs,
        decoded: 1 - skipped / packets,
        analysed: analysed / full.result.analysed,
        cpuSecondsWithout: full.cpuSeconds,
        cpuSecondsWith: gated.cpuSeconds,
      };
      allVanished += lost.length;
      catchUpMs.push(...gated.result.catchUpMs);
      const name = `${basename(path).replace(/[.-].*$/, '')}${fps || 'All'}`;
      for (const [key, value] of Object.entries(row)) {
        metrics[`${name}${key[0].toUpperCase()}${key.slice(1)}`] = value;
      }
      bench.say(
        `${basename(path)}, ${fps || 'all'}: ${row.tracks}, ${row.vanished}; ` +
          `${[row.still, row.decoded, row.analysed].map((part) => `${(part * 100).toFixed(1)} %`).join(', ')}; ` +
          `${row.cpuSecondsWithout.toFixed(2)}, ${row.cpuSecondsWith.toFixed(2)}`,
      );
      for (const { classId, seen } of lost) {
        bench.say(`  vanished: ${labels[classId]} at ${(seen[0][0] / 1000).toFixed(1)} s`);
      }
    }
  }
  await close();
  metrics.vanished = allVanished;
  metrics.wakings = catchUpMs.length;
  if (catchUpMs.length > 0) {
    metrics.catchUpP50Ms = percentile(catchUpMs, 0.5);
    metrics.catchUpP95Ms = percentile(catchUpMs, 0.95);
  }
  return benchReport('gate', metrics, { vanished: { op: '<=', value: 0 } });
}

/** Real inference, the same for the benchmark and its test. */
export async function openDetector(modelsDir: string) {
  const model = await resolveModel(await loadManifest(), MODEL, modelsDir);
  const log = pino({ level: 'silent' });
  const detector = await Detector.load(model, openSessionRunner(new Sessions(CPU_ONLY, log)), log);
  const input = new TensorInput();
  const detect: Detect = async (picture, _pts, into) => {
    const size = await detector.inputFor(picture.width, picture.height);
    await detector.detect(input.fill(picture, size, detector.placement), into);
  };
  const close = () => {
    input.close();
    return detector.release();
  };
  return { detect, labels: detector.labels, close };
}

/** The CPU time of this process for a run. */
async function measured(run: () => Promise<GateRunResult>) {
  const from = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(from);
  return { result, cpuSeconds: (user + system) / 1e6 };
}
