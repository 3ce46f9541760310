import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { Picture } from '../../ingest/picture.ts';
import { readWeights } from '../../models/read-weights.ts';
import type { ResolvedModel } from '../../models/resolve.ts';
import type { Logger } from '../../observe/logger.ts';
import type { Provider } from '../../providers.ts';
import type { OpenRunner, RawOutput, Runner } from '../inference/runner.ts';
import type { InputSize } from '../letterbox.ts';
import type { AppearanceBatch } from './appearance-batch.ts';
import { type EmbeddingSpec, embeddingSpec } from './embedding-spec.ts';

/** At most so many detections of a frame are looked at, the most confident: 64 take a CPU a fifth of a second. */
export const MAX_CROPS = 64;

export interface EmbedTimes {
  /** Converting the picture and cutting the crops. */
  cropMs: number;
  inferMs: number;
}

/**
 * A loaded re-identification model, one a worker thread, shared by its cameras: it tells what detections look like
 * as vectors whose cosine is the greater the more two of them look like one object.
 */
export class Embedder {
  /** `name@version` */
  readonly model: string;
  /** Numbers of a vector. */
  readonly size: number;
  /** What crops are resized to, pixels. */
  readonly input: InputSize;
  /** Of the last frame. */
  readonly times: EmbedTimes = { cropMs: 0, inferMs: 0 };
  readonly #runner: Runner;
  readonly #maxBatch: number;

  private constructor(spec: EmbeddingSpec, runner: Runner) {
    this.model = spec.runner.model;
    this.size = spec.size;
    this.input = spec.input;
    this.#maxBatch = spec.runner.maxBatch;
    this.#runner = runner;
  }

  /**
   * Loads the model, warmed up.
   *
   * @throws EngineError MODEL_ALTERED, MODEL_SHAPE when it takes no pictures or answers no vectors, MODEL_FAILED
   */
  static async load(model: ResolvedModel, open: OpenRunner, log: Logger): Promise<Embedder> {
    return Embedder.open(embeddingSpec(model.entry, await readWeights(model)), open, log);
  }

  /** The same of a network whose signature is known. */
  static async open(spec: EmbeddingSpec, open: OpenRunner, log: Logger): Promise<Embedder> {
    const runner = await open(spec.runner);
    try {
      await runner.prepare(spec.input);
    } catch (err) {
      await runner.release();
      throw err;
    }
    const { model, maxBatch } = spec.runner;
    log.info({ model, numbers: spec.size, maxBatch, provider: runner.provider }, 'embedding model loaded');
    return new Embedder(spec, runner);
  }

  /** What the network computes on. */
  get provider(): Provider {
    return this.#runner.provider;
  }

  /**
   * Writes what the detections of one frame look like into `into`, the camera's own.
   *
   * @param picture the frame the detections are of, any size and pixel format; not read any more after the first await
   * @param from which detections to look at: those of this confidence, or those it says; the most confident
   *   `MAX_CROPS` of them and large enough ones only
   * @throws EngineError MODEL_FAILED, also when the network answers something that is no number
   */
  async embed(
    picture: Picture,
    detections: DetectionBatch,
    from: number | ((index: number) => boolean),
    into: AppearanceBatch,
  ): Promise<void> {
    let startedMs = performance.now();
    this.times.inferMs = 0;
    let cropMs = 0;
    into.reset(detections.count, this.size);
    const wanted = typeof from === 'number' ? (i: number) => detections.confidences[i] >= from : from;
    const count = into.choose(detections, picture, wanted, MAX_CROPS);
    if (count > 0) into.look(picture);
    for (let first = 0; first < count; first += this.#maxBatch) {
      const size = Math.min(this.#maxBatch, count - first);
      into.cut(detections, first, size, this.input);
      const cutMs = performance.now();
      cropMs += cutMs - startedMs;
      const [output] = await this.#runner.run(into.pictures);
      this.#take(output, first, size, into);
      startedMs = performance.now();
      this.times.inferMs += startedMs - cutMs;
    }
    this.times.cropMs = cropMs;
  }

  async release(): Promise<void> {
    await this.#runner.release();
  }

  /** Copies the vectors of `count` crops, brought to length 1. */
  #take({ data, dims }: RawOutput, first: number, count: number, into: AppearanceBatch): void {
    const { size } = this;
    if (data.length < count * size) {
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${this.model} should answer ${count} vectors of ${size} numbers, it answers [${dims.join(',')}]`,
      );
    }
    for (let k = 0; k < count; k++) {
      let sum = 0;
      for (let i = k * size; i < (k + 1) * size; i++) sum += data[i] * data[i];
      if (!Number.isFinite(sum)) {
        throw new EngineError(
          'MODEL_FAILED',
          `model ${this.model} answers vectors that are not numbers: its weights may be damaged, or its input encoding wrong`,
        );
      }
      if (sum === 0) continue; // points nowhere: it looks like nothing
      const index = into.indexOf(first + k);
      const scale = 1 / Math.sqrt(sum);
      for (let i = 0; i < size; i++) into.vectors[index * size + i] = data[k * size + i] * scale;
      into.present[index] = 1;
    }
  }
}
