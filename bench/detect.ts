import { existsSync } from 'node:fs';
import type { Frame as AvFrame } from 'node-av/lib';
import { messageOf } from '../src/errors.ts';
import { readPicture } from '../src/models/eval/read-picture.ts';
import { loadManifest } from '../src/models/manifest.ts';
import { readWeights } from '../src/models/read-weights.ts';
import { type ResolvedModel, resolveModel } from '../src/models/resolve.ts';
import type { Logger } from '../src/observe/logger.ts';
import { detectorSpec } from '../src/pipeline/families/detector-spec.ts';
import { CPU_ONLY, Sessions } from '../src/pipeline/inference/providers.ts';
import { openSessionRunner } from '../src/pipeline/inference/session-runner.ts';
import { TensorInput } from '../src/pipeline/tensor-input.ts';
import { postprocessMs, prepared } from './model.ts';
import { type BenchReport, benchReport, median } from './report.ts';
import { sampled } from './sampled.ts';

/** The model whose figures carry no name: the default detector. */
const DEFAULT_MODEL = 'yolox-nano';

export interface DetectBench {
  /** A JPEG or PNG file of a busy street. */
  readonly picture: string;
  /** Where weights are looked for, in this order. */
  readonly modelDirs: readonly string[];
  /** How long each stage is measured. */
  readonly seconds: number;
  readonly log: Logger;
  say(line: string): void;
}

/**
 * What one detector takes of a core for one real picture, on the CPU with one thread: scaling, inference and
 * post-processing (decoding and NMS), of every model whose weights are there.
 */
export async function benchDetect(bench: DetectBench): Promise<BenchReport> {
  using picture = await readPicture(bench.picture);
  const metrics: Record<string, number> = {};
  const models = await readyModels(bench);
  if (!models.some(({ entry }) => entry.name === DEFAULT_MODEL)) {
    await resolveModel(await loadManifest(bench.modelDirs[0]), DEFAULT_MODEL, bench.modelDirs[0]); // says what to do
  }
  for (const model of models) {
    const { name } = model.entry;
    const times = await measure(model, picture, bench);
    const prefix = name === DEFAULT_MODEL ? '' : `${name}.`;
    for (const [stage, ms] of Object.entries(times)) metrics[`${prefix}${stage}`] = ms;
    const said = Object.entries(times).map(([stage, ms]) => `${stage} ${ms.toFixed(3)}`);
    bench.say(`${name}: ${said.join(', ')}`);
  }
  return benchReport('detect', metrics, { postprocessMs: { op: '<=', value: 0.5 } });
}

/** Median milliseconds of each stage. */
async function measure(
  model: ResolvedModel,
  picture: AvFrame,
  { seconds, log }: DetectBench,
): Promise<Record<string, number>> {
  const spec = detectorSpec(model.entry, await readWeights(model), model.labels.length);
  const runner = await openSessionRunner(new Sessions(CPU_ONLY, log))(spec.runner);
  const input = new TensorInput();
  try {
    const size = await prepared(spec, runner, picture);
    const { placement } = spec;
    const scaled = input.fill(picture, size, placement);
    return {
      postprocessMs: await postprocessMs(spec, runner, scaled, seconds),
      scaleMs: median(await sampled(seconds, () => input.fill(picture, size, placement))),
      inferMs: median(await sampled(seconds, () => runner.run([scaled]))),
    };
  } finally {
    input.close();
    await runner.release();
  }
}

/** The detectors of the manifests whose weights are in one of the directories. */
async function readyModels({ modelDirs, say }: DetectBench): Promise<ResolvedModel[]> {
  const ready = new Map<string, ResolvedModel>();
  for (const dir of modelDirs.filter((dir) => existsSync(dir))) {
    const manifest = await loadManifest(dir);
    for (const { name, task } of manifest.models) {
      if (task !== 'detection' || ready.has(name)) continue;
      const model = await resolveModel(manifest, name, dir).catch((err: unknown) => {
        if (dir === modelDirs.at(-1)) say(`${name}: ${messageOf(err)}`);
        return undefined;
      });
      if (model) ready.set(name, model);
    }
  }
  return [...ready.values()];
}
