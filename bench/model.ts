import type { Frame as AvFrame } from 'node-av/lib';
import { createDetectionBatch } from '../src/detection.ts';
import { EngineError, messageOf } from '../src/errors.ts';
import { readPicture } from '../src/models/eval/read-picture.ts';
import { readWeights } from '../src/models/read-weights.ts';
import type { ResolvedModel } from '../src/models/resolve.ts';
import type { Logger } from '../src/observe/logger.ts';
import { type DetectorSpec, detectorSpec } from '../src/pipeline/families/detector-spec.ts';
import { probeProvider } from '../src/pipeline/inference/probe-provider.ts';
import { Sessions } from '../src/pipeline/inference/providers.ts';
import type { Runner } from '../src/pipeline/inference/runner.ts';
import { openSessionRunner } from '../src/pipeline/inference/session-runner.ts';
import { type InputSize, tightInput } from '../src/pipeline/letterbox.ts';
import { Nms } from '../src/pipeline/nms.ts';
import { type LetterboxedPicture, TensorInput } from '../src/pipeline/tensor-input.ts';
import type { Provider } from '../src/providers.ts';
import { noisePicture } from './noise-picture.ts';
import { type BenchReport, benchReport, median, percentile } from './report.ts';
import { sampled } from './sampled.ts';

/** As the detector has it: what is weaker is not decoded. */
const MIN_CONFIDENCE = 0.1;
const CAPACITY = 1024;

export interface ModelBench {
  readonly model: ResolvedModel;
  readonly providers: readonly Provider[];
  /** Pictures in one run. */
  readonly batches: readonly number[];
  /** Input; left out: what the picture needs, as long as the network computes at it. */
  readonly size?: InputSize;
  /** How long each is measured. */
  readonly seconds: number;
  /** Threads of one run on the CPU. */
  readonly cpuThreads: number;
  /** A JPEG or PNG file; left out: noise of 1280x720. */
  readonly picture?: string;
  readonly log: Logger;
  say(line: string): void;
}

export interface ModelBenchReport extends BenchReport {
  readonly model: string;
  readonly runs: readonly ModelRun[];
  /** Why a provider, or a batch of a provider (`cuda x 8`), was not measured. */
  readonly unavailable: Readonly<Record<string, string>>;
}

/** One provider with one number of pictures a run. Milliseconds are of the whole run. */
export interface ModelRun {
  readonly provider: Provider;
  readonly batch: number;
  readonly input: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly picturesPerSecond: number;
}

/** How fast a detector is, on each provider with each number of pictures a run; scaling and decoding beside it. */
export async function benchModel(bench: ModelBench): Promise<ModelBenchReport> {
  const { model, providers, batches, seconds, say } = bench;
  const spec = detectorSpec(model.entry, await readWeights(model), model.labels.length);
  const unavailable: Record<string, string> = {};
  const runs: ModelRun[] = [];
  const metrics: Record<string, number> = {};
  using picture = bench.picture === undefined ? noisePicture() : await readPicture(bench.picture);
  const input = new TensorInput();
  try {
    for (const provider of providers) {
      const opened = await open(bench, spec, provider, picture).catch((err: unknown) => messageOf(err));
      if (typeof opened === 'string') {
        unavailable[provider] = opened;
        say(`${provider}: ${opened}`);
        continue;
      }
      const { runner, size } = opened;
      try {
        const scaled = input.fill(picture, size, spec.placement);
        metrics.scaleMs ??= median(
          await sampled(seconds / 4, () => input.fill(picture, size, spec.placement)),
        );
        metrics.postprocessMs ??= await postprocessMs(spec, runner, scaled, seconds / 4);
        for (const batch of batches) {
          const run = await measure(bench, spec, runner, scaled, batch).catch((err: unknown) =>
            messageOf(err),
          );
          if (typeof run === 'string') {
            unavailable[`${provider} x ${batch}`] = run;
            say(`${provider} x ${batch}: ${run}`);
            continue;
          }
          runs.push(run);
          const name = `${provider}Batch${batch}`;
          metrics[`${name}P50Ms`] = run.p50Ms;
          metrics[`${name}P95Ms`] = run.p95Ms;
          metrics[`${name}PicturesPerSecond`] = run.picturesPerSecond;
          say(`${provider} x ${batch} at ${run.input}: ${run.p50Ms.toFixed(2)} ms`);
        }
      } finally {
        await runner.release();
      }
    }
  } finally {
    input.close();
  }
  const report = benchReport('model', metrics, {});
  return { ...report, met: runs.length > 0, model: spec.runner.model, runs, unavailable };
}

async function open(
  { log, cpuThreads, size: asked }: ModelBench,
  spec: DetectorSpec,
  provider: Provider,
  picture: AvFrame,
): Promise<{ runner: Runner; size: InputSize }> {
  // a driver that aborts, or writes pages of its own, does so in another process
  const refusal = provider === 'cpu' ? undefined : await probeProvider(provider, 0);
  if (refusal !== undefined) throw new EngineError('MODEL_FAILED', refusal);
  const runner = await openSessionRunner(
    new Sessions({ providers: [provider], deviceId: 0, cpuThreads }, log),
  )(spec.runner);
  try {
    const { family } = spec;
    if (asked) {
      if (asked.width % family.stride || asked.height % family.stride) {
        throw new EngineError(
          'VALIDATION',
          `--size ${asked.width}x${asked.height}: family ${family.name} needs multiples of ${family.stride}`,
        );
      }
      await runner.prepare(asked);
      return { runner, size: asked };
    }
    return { runner, size: await prepared(spec, runner, picture) };
  } catch (err) {
    await runner.release();
    throw err;
  }
}

/** Makes a runner ready for the input a detector would take for `picture`: the tight one, if the network allows. */
export async function prepared(
  { family, size: own, placement }: DetectorSpec,
  runner: Runner,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<InputSize> {
  const tight = placement.at === 'stretch' ? own : tightInput(width, height, own, family.stride);
  const fits = await runner.prepare(tight).then(
    () => true,
    () => false,
  );
  if (!fits) await runner.prepare(own);
  return fits ? tight : own;
}

async function measure(
  { seconds }: ModelBench,
  { runner: { maxBatch } }: DetectorSpec,
  runner: Runner,
  picture: LetterboxedPicture,
  batch: number,
): Promise<ModelRun> {
  if (batch > maxBatch) {
    throw new EngineError(
      'VALIDATION',
      `the file takes ${maxBatch === 1 ? '1 picture' : `${maxBatch} pictures`} a run`,
    );
  }
  const pictures = new Array<LetterboxedPicture>(batch).fill(picture);
  const times = await sampled(seconds, () => runner.run(pictures));
  const p50Ms = median(times);
  const { width, height } = picture.size;
  return {
    provider: runner.provider,
    batch,
    input: `${width}x${height}`,
    p50Ms,
    p95Ms: percentile(times, 0.95),
    picturesPerSecond: (batch * 1000) / p50Ms,
  };
}

/** Median milliseconds of decoding one picture's answers and leaving out duplicates. */
export async function postprocessMs(
  { head, nmsIou }: DetectorSpec,
  runner: Runner,
  picture: LetterboxedPicture,
  seconds: number,
): Promise<number> {
  const outputs = await runner.run([picture]);
  const batch = createDetectionBatch(CAPACITY);
  const nms = new Nms();
  const times = await sampled(seconds, () => {
    head.decode(outputs, 0, picture.fitted, MIN_CONFIDENCE, batch);
    nms.apply(batch, nmsIou ?? 1);
  });
  return median(times);
}
