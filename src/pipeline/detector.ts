import type { DetectionBatch } from '../detection.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { FamilyName } from '../models/family-name.ts';
import { readWeights } from '../models/read-weights.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import type { Logger } from '../observe/logger.ts';
import type { Provider } from '../providers.ts';
import { checkDetections, checkNumbers } from './families/check-detections.ts';
import { type DetectorSpec, detectorSpec } from './families/detector-spec.ts';
import type { OpenRunner, Runner } from './inference/runner.ts';
import { type InputSize, type Placement, tightInput } from './letterbox.ts';
import { Nms } from './nms.ts';
import type { LetterboxedPicture } from './tensor-input.ts';

/** ByteTrack's second association lives on the weak boxes, so they are kept up to the tracker. */
const MIN_CONFIDENCE = 0.1;

export interface DetectTimes {
  inferMs: number;
  postprocessMs: number;
}

/**
 * A loaded detection model, one a worker thread, shared by its cameras in turn.
 *
 * It computes at the size a camera's pictures need (`tightInput`), as long as the network allows; else in the
 * input it was exported for. Where it computes is its runner's secret: on this thread, or on a device that takes
 * the pictures of many cameras into one run (docs/decisions/0006).
 */
export class Detector {
  /** `name@version`, as written to every message. */
  readonly model: string;
  readonly labels: readonly string[];
  readonly family: FamilyName;
  /** How pictures lie in its input. */
  readonly placement: Placement;
  /** The input the model was exported for, pixels. */
  readonly size: InputSize;
  readonly times: DetectTimes = { inferMs: 0, postprocessMs: 0 };
  readonly #spec: DetectorSpec;
  readonly #runner: Runner;
  readonly #log: Logger;
  readonly #nms = new Nms();
  /** What was asked for last, and the answer: the same for every frame of a camera. */
  #asked = { width: 0, height: 0, input: { width: 0, height: 0 } };
  /** Sizes that are ready, by their name. */
  readonly #ready = new Map<string, InputSize>();
  /** Sizes this network cannot compute at. */
  readonly #unfit = new Set<string>();
  /** What is being made ready: cameras of one size wait for the same. */
  readonly #preparing = new Map<string, Promise<InputSize>>();

  private constructor(model: ResolvedModel, spec: DetectorSpec, runner: Runner, log: Logger) {
    this.model = spec.runner.model;
    this.labels = model.labels;
    this.family = spec.family.name;
    this.placement = spec.placement;
    this.size = spec.size;
    this.#spec = spec;
    this.#runner = runner;
    this.#log = log;
    this.#ready.set(keyOf(spec.size), spec.size);
  }

  /**
   * Loads the model, warmed up.
   *
   * @throws EngineError MODEL_ALTERED, MODEL_SHAPE when no family knows it or its labels do not fit, MODEL_FAILED
   *   when it cannot be loaded
   */
  static async load(model: ResolvedModel, open: OpenRunner, log: Logger): Promise<Detector> {
    const spec = detectorSpec(model.entry, await readWeights(model), model.labels.length);
    const runner = await open(spec.runner);
    try {
      await runner.prepare(spec.size);
    } catch (err) {
      await runner.release();
      throw err;
    }
    return new Detector(model, spec, runner, log);
  }

  /** What the network computes on. */
  get provider(): Provider {
    return this.#runner.provider;
  }

  /** Whether frames of `width` x `height` pixels can be detected on without making the network ready first. */
  isReadyFor(width: number, height: number): boolean {
    const { family, placement, size: own } = this.#spec;
    if (placement.at === 'stretch') return true;
    const key = keyOf(tightInput(width, height, own, family.stride));
    return this.#ready.has(key) || this.#unfit.has(key);
  }

  /** The input size for frames of `width` x `height` pixels; the first call for a size makes the network ready for it. */
  async inputFor(width: number, height: number): Promise<InputSize> {
    const asked = this.#asked;
    if (asked.width === width && asked.height === height) return asked.input;
    const input = await this.#inputFor(width, height);
    this.#asked = { width, height, input };
    return input;
  }

  /**
   * Detects on one picture, letterboxed into a size from `inputFor`, and writes the boxes, in pixels of the
   * source frame, into `into`, best first.
   *
   * @throws EngineError MODEL_FAILED, also when the network answers no numbers; MODEL_OUT_OF_MEMORY
   */
  async detect(picture: LetterboxedPicture, into: DetectionBatch): Promise<void> {
    const { head, nmsIou } = this.#spec;
    const startedMs = performance.now();
    const outputs = await this.#runner.run([picture]);
    const inferredMs = performance.now();
    checkNumbers(this.model, outputs);
    try {
      head.decode(outputs, 0, picture.fitted, MIN_CONFIDENCE, into);
    } catch (err) {
      if (!(err instanceof EngineError)) throw err;
      throw new EngineError(err.code, `model ${this.model}: ${err.message}`, { cause: err });
    }
    checkDetections(this.model, this.labels.length, into);
    this.#nms.apply(into, nmsIou ?? 1);
    this.times.inferMs = inferredMs - startedMs;
    this.times.postprocessMs = performance.now() - inferredMs;
  }

  async release(): Promise<void> {
    await this.#runner.release();
  }

  async #inputFor(width: number, height: number): Promise<InputSize> {
    const { family, placement, size: own } = this.#spec;
    if (placement.at === 'stretch') return own; // nothing is padded that could be left out
    const tight = tightInput(width, height, own, family.stride);
    const key = keyOf(tight);
    const ready = this.#ready.get(key);
    if (ready) return ready;
    if (this.#unfit.has(key)) return own;
    let preparing = this.#preparing.get(key);
    if (!preparing) {
      preparing = this.#prepare(tight).finally(() => this.#preparing.delete(key));
      this.#preparing.set(key, preparing);
    }
    return preparing;
  }

  async #prepare(tight: InputSize): Promise<InputSize> {
    try {
      await this.#runner.prepare(tight);
      this.#ready.set(keyOf(tight), tight);
      return tight;
    } catch (err) {
      // what is not about this size may work the next time
      if (!(err instanceof EngineError && err.code === 'MODEL_SHAPE')) throw err;
      this.#unfit.add(keyOf(tight));
      this.#log.warn(
        { model: this.model, ...tight, reason: messageOf(err) },
        'the model does not compute at this size; its own is used',
      );
      return this.size;
    }
  }
}

function keyOf({ width, height }: InputSize): string {
  return `${width}x${height}`;
}
