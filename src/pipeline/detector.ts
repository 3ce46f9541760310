import * as ort from 'onnxruntime-node';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DetectionBatch } from '../detection.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import type { Letterbox } from './letterbox.ts';
import { Nms } from './nms.ts';
import { decodeYolox } from './yolox.ts';

/** Overlap above which the weaker of two boxes of one class is a duplicate (YOLOX's own default). */
const NMS_IOU = 0.45;
/** ByteTrack's second association lives on the weak boxes, so they are kept up to the tracker. */
const MIN_CONFIDENCE = 0.1;

export interface DetectTimes {
  inferMs: number;
  postprocessMs: number;
}

/**
 * A loaded detection model, one a worker thread, shared by its cameras in turn.
 *
 * `detect` is the seam for a GPU: there a batcher behind the same signature takes the planes of many
 * cameras into one run. On a CPU, batch 1 on the thread that decoded the frame is the fastest
 * (docs/decisions/0006).
 */
export class Detector {
  /** `name@version`, as written to every message. */
  readonly model: string;
  readonly labels: readonly string[];
  /** Side of the square input, pixels. */
  readonly inputSize: number;
  readonly times: DetectTimes = { inferMs: 0, postprocessMs: 0 };
  readonly #session: InferenceSession;
  readonly #input: string;
  readonly #output: string;
  readonly #values: Float32Array;
  readonly #feeds: Record<string, Tensor>;
  readonly #nms: Nms;

  private constructor(session: InferenceSession, model: ResolvedModel, inputSize: number) {
    this.model = `${model.entry.name}@${model.entry.version}`;
    this.labels = model.labels;
    this.inputSize = inputSize;
    this.#session = session;
    this.#input = session.inputNames[0];
    this.#output = session.outputNames[0];
    this.#values = new Float32Array(3 * inputSize * inputSize);
    this.#feeds = { [this.#input]: new Tensor('float32', this.#values, [1, 3, inputSize, inputSize]) };
    this.#nms = new Nms();
  }

  /**
   * Loads the model on the CPU, one intra-op thread: parallelism comes from the workers.
   *
   * @throws EngineError MODEL_SHAPE when its input is not `[1, 3, S, S]` or its labels do not fit, MODEL_FAILED
   *   when ONNX Runtime cannot load it
   */
  static async load(model: ResolvedModel): Promise<Detector> {
    const { name, input: expected } = model.entry;
    const { channels, range, letterbox, padding } = expected;
    if (channels !== 'BGR' || range !== '0-255' || letterbox !== 'top-left' || padding !== 114) {
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${name}: family yolox takes BGR, 0-255, letterbox top-left, padding 114; ` +
          `the manifest says ${channels}, ${range}, ${letterbox}, ${padding}`,
      );
    }
    let session: InferenceSession;
    try {
      session = await ort.InferenceSession.create(model.path, {
        executionProviders: ['cpu'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
      });
    } catch (err) {
      throw new EngineError('MODEL_FAILED', `model ${name} cannot be loaded: ${messageOf(err)}`, {
        cause: err,
      });
    }
    const input = session.inputMetadata[0];
    const shape = input?.isTensor ? input.shape : [];
    const size = shape[2];
    if (
      shape.length !== 4 ||
      shape[1] !== 3 ||
      typeof size !== 'number' ||
      shape[3] !== size ||
      size % 32 !== 0
    ) {
      await session.release();
      throw new EngineError('MODEL_SHAPE', `model ${name} expects input [1,3,S,S], got [${shape.join(',')}]`);
    }
    const output = session.outputMetadata[0];
    const columns = output?.isTensor ? output.shape[2] : undefined;
    if (typeof columns === 'number' && columns !== 5 + model.labels.length) {
      await session.release();
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${name} has ${columns - 5} classes, its manifest names ${model.labels.length} labels`,
      );
    }
    return new Detector(session, model, size);
  }

  /**
   * Detects on one letterboxed picture (bytes in planes B, G, R) and writes the boxes, in pixels of the
   * source frame, into `into`, best first.
   */
  async detect(planes: Uint8Array, fitted: Letterbox, into: DetectionBatch): Promise<void> {
    const startedMs = performance.now();
    this.#values.set(planes);
    let output: Float32Array;
    try {
      output = (await this.#session.run(this.#feeds))[this.#output].data as Float32Array;
    } catch (err) {
      throw new EngineError('MODEL_FAILED', `model ${this.model} failed: ${messageOf(err)}`, { cause: err });
    }
    const inferredMs = performance.now();
    decodeYolox(output, this.labels.length, this.inputSize, fitted, MIN_CONFIDENCE, into);
    this.#nms.apply(into, NMS_IOU);
    this.times.inferMs = inferredMs - startedMs;
    this.times.postprocessMs = performance.now() - inferredMs;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
