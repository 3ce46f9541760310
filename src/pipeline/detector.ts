import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as ort from 'onnxruntime-node';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { DetectionBatch } from '../detection.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import type { Logger } from '../observe/logger.ts';
import { type InputSize, tightInput } from './letterbox.ts';
import { Nms } from './nms.ts';
import { withInputSize } from './onnx-input-size.ts';
import type { LetterboxedPicture } from './tensor-input.ts';
import { decodeYolox, YOLOX_BOX_COLUMNS, YOLOX_STRIDE, yoloxRows } from './yolox.ts';

/** Overlap above which the weaker of two boxes of one class is a duplicate (YOLOX's own default). */
const NMS_IOU = 0.45;
/** ByteTrack's second association lives on the weak boxes, so they are kept up to the tracker. */
const MIN_CONFIDENCE = 0.1;

const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: 3,
};

export interface DetectTimes {
  inferMs: number;
  postprocessMs: number;
}

/** One session at one input size, with its tensors: allocated once, used for every frame. */
interface Sized {
  readonly session: InferenceSession;
  readonly values: Float32Array;
  readonly feeds: Record<string, Tensor>;
  readonly fetches: Record<string, Tensor>;
  readonly output: Float32Array;
}

/**
 * A loaded detection model, one a worker thread, shared by its cameras in turn.
 *
 * It computes at the size a camera's pictures need (`tightInput`), with one ONNX Runtime session for each
 * size, as long as the network allows; else in the square it was exported for.
 *
 * `detect` is the seam for a GPU: there a batcher behind the same signature takes the planes of many cameras
 * into one run. On a CPU, batch 1 on the thread that decoded the frame is the fastest (docs/decisions/0006).
 */
export class Detector {
  /** `name@version`, as written to every message. */
  readonly model: string;
  readonly labels: readonly string[];
  /** Side of the square input the model was exported for, pixels. */
  readonly side: number;
  readonly times: DetectTimes = { inferMs: 0, postprocessMs: 0 };
  /** The verified file, from which a session for another size is made. */
  readonly #bytes: Uint8Array;
  readonly #input: string;
  readonly #output: string;
  readonly #log: Logger;
  readonly #sizes = new Map<string, Sized>();
  readonly #nms = new Nms();
  /** Sizes this network cannot compute at. */
  readonly #unfit = new Set<string>();

  private constructor(
    model: ResolvedModel,
    bytes: Uint8Array,
    session: InferenceSession,
    side: number,
    log: Logger,
  ) {
    this.model = `${model.entry.name}@${model.entry.version}`;
    this.labels = model.labels;
    this.side = side;
    this.#bytes = bytes;
    this.#input = session.inputNames[0];
    this.#output = session.outputNames[0];
    this.#log = log;
    this.#sizes.set(
      keyOf({ width: side, height: side }),
      this.#sized(session, { width: side, height: side }),
    );
  }

  /**
   * Loads the model on the CPU, one intra-op thread: parallelism comes from the workers.
   *
   * @throws EngineError MODEL_SHAPE when its input is not `[1, 3, S, S]` or its labels do not fit, MODEL_FAILED
   *   when ONNX Runtime cannot load it
   */
  static async load(model: ResolvedModel, log: Logger): Promise<Detector> {
    const { name, input: expected } = model.entry;
    const { channels, range, letterbox, padding } = expected;
    if (channels !== 'BGR' || range !== '0-255' || letterbox !== 'top-left' || padding !== 114) {
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${name}: family yolox takes BGR, 0-255, letterbox top-left, padding 114; ` +
          `the manifest says ${channels}, ${range}, ${letterbox}, ${padding}`,
      );
    }
    // what is loaded is what was verified, also if the file changes in between
    const bytes = await readFile(model.path);
    if (createHash('sha256').update(bytes).digest('hex') !== model.entry.sha256) {
      throw new EngineError('MODEL_ALTERED', `model ${name} changed while it was loaded: it is tried again`);
    }
    let session: InferenceSession;
    try {
      session = await ort.InferenceSession.create(bytes, SESSION_OPTIONS);
    } catch (err) {
      throw new EngineError('MODEL_FAILED', `model ${name} cannot be loaded: ${messageOf(err)}`, {
        cause: err,
      });
    }
    const input = session.inputMetadata[0];
    const shape = input?.isTensor ? input.shape : [];
    const side = shape[2];
    if (
      shape.length !== 4 ||
      shape[1] !== 3 ||
      typeof side !== 'number' ||
      shape[3] !== side ||
      side % YOLOX_STRIDE
    ) {
      await session.release();
      throw new EngineError('MODEL_SHAPE', `model ${name} expects input [1,3,S,S], got [${shape.join(',')}]`);
    }
    const output = session.outputMetadata[0];
    const columns = output?.isTensor ? output.shape[2] : undefined;
    if (columns !== YOLOX_BOX_COLUMNS + model.labels.length) {
      await session.release();
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${name} has ${Number(columns) - YOLOX_BOX_COLUMNS} classes, its manifest names ${model.labels.length} labels`,
      );
    }
    return new Detector(model, bytes, session, side, log);
  }

  /** The input size for frames of `width` x `height` pixels; the first call for a size loads a session for it. */
  async inputFor(width: number, height: number): Promise<InputSize> {
    const square = { width: this.side, height: this.side };
    const tight = tightInput(width, height, this.side, YOLOX_STRIDE);
    if (this.#sizes.has(keyOf(tight))) return tight;
    if (this.#unfit.has(keyOf(tight))) return square;
    try {
      const bytes = withInputSize(this.#bytes, this.#input, tight.width, tight.height);
      const sized = this.#sized(await ort.InferenceSession.create(bytes, SESSION_OPTIONS), tight);
      await sized.session.run(sized.feeds, sized.fetches); // what cannot compute at this size fails here
      this.#sizes.set(keyOf(tight), sized);
      return tight;
    } catch (err) {
      this.#unfit.add(keyOf(tight));
      this.#log.warn(
        { model: this.model, ...tight, reason: messageOf(err) },
        'the model does not compute at this size; its own square is used',
      );
      return square;
    }
  }

  /**
   * Detects on one picture, letterboxed into a size from `inputFor`, and writes the boxes, in pixels of the
   * source frame, into `into`, best first.
   */
  async detect({ planes, fitted }: LetterboxedPicture, into: DetectionBatch): Promise<void> {
    const startedMs = performance.now();
    const sized = this.#sizes.get(keyOf(fitted.input));
    if (!sized)
      throw new EngineError('MODEL_SHAPE', `model ${this.model} has no input ${keyOf(fitted.input)}`);
    const area = fitted.input.width * fitted.input.height;
    for (let channel = 0; channel < 3; channel++) sized.values.set(planes[channel], channel * area);
    try {
      await sized.session.run(sized.feeds, sized.fetches);
    } catch (err) {
      throw new EngineError('MODEL_FAILED', `model ${this.model} failed: ${messageOf(err)}`, { cause: err });
    }
    const inferredMs = performance.now();
    decodeYolox(sized.output, this.labels.length, fitted, MIN_CONFIDENCE, into);
    this.#nms.apply(into, NMS_IOU);
    this.times.inferMs = inferredMs - startedMs;
    this.times.postprocessMs = performance.now() - inferredMs;
  }

  async release(): Promise<void> {
    for (const { session } of this.#sizes.values()) await session.release();
    this.#sizes.clear();
  }

  #sized(session: InferenceSession, input: InputSize): Sized {
    const values = new Float32Array(3 * input.width * input.height);
    const rows = yoloxRows(input);
    const columns = YOLOX_BOX_COLUMNS + this.labels.length;
    // the session writes here; ONNX Runtime's binding still returns a copy, which is left to the collector
    const output = new Float32Array(rows * columns);
    return {
      session,
      values,
      output,
      feeds: { [this.#input]: new Tensor('float32', values, [1, 3, input.height, input.width]) },
      fetches: { [this.#output]: new Tensor('float32', output, [1, rows, columns]) },
    };
  }
}

function keyOf({ width, height }: InputSize): string {
  return `${width}x${height}`;
}
