import type { Provider } from '../../providers.ts';
import type { InputSize } from '../letterbox.ts';
import type { InputEncoding } from './input-encoding.ts';

/** What a runner needs to know of a model; a family makes it from the file's signature and the manifest. */
export interface RunnerSpec {
  /** `name@version`, for messages. */
  readonly model: string;
  /** The verified file. */
  readonly bytes: Uint8Array;
  /** The input that takes the pixels, and how bytes become its numbers. */
  readonly input: string;
  readonly encoding: InputEncoding;
  /** The input that takes (width, height) of each source picture as int64, for networks that scale their own boxes. */
  readonly sourceSizeInput?: string;
  /** The outputs to fetch, in the order in which `run` answers them. */
  readonly outputs: readonly string[];
  /** How many pictures one run may take: 1 where the file fixes it, else what it can use. */
  readonly maxBatch: number;
  /** Inputs are declared for another size by rewriting the file (`withInputSize`); false where its sizes are dynamic. */
  readonly fixedSize: InputSize | null;
}

/** One picture as a runner takes it: bytes in planes B, G, R, each `height x width` of `size` without gaps. */
export interface RunnerPicture {
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly size: InputSize;
  /** Pixels of the frame the picture was made of. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
}

/** One output of one run; the caller's own, also while the next run is under way. */
export interface RawOutput {
  readonly name: string;
  /** Half precision arrives here as single precision, int64 as doubles. */
  readonly data: Float32Array | Float64Array;
  /** The batch first; what lies behind it belongs to each picture in turn. */
  readonly dims: readonly number[];
}

/**
 * Runs a network on pictures. Where that happens is its secret: a session on this thread (CPU, batch 1,
 * docs/decisions/0006), or a device's batcher that is fed by every worker.
 */
export interface Runner {
  /** What the network really computes on, after all fallbacks. */
  readonly provider: Provider;
  /**
   * Makes ready for pictures of `size`, warmed up.
   *
   * @throws EngineError MODEL_SHAPE when the network does not compute at that size, MODEL_FAILED
   */
  prepare(size: InputSize): Promise<void>;
  /**
   * Runs the network on pictures of one prepared size, as many as there are.
   *
   * @throws EngineError MODEL_FAILED; MODEL_OUT_OF_MEMORY when it may work again with less
   */
  run(pictures: readonly RunnerPicture[]): Promise<readonly RawOutput[]>;
  release(): Promise<void>;
}

/** Opens a runner for a model; the one thing a detector is given that differs between a CPU and a device. */
export type OpenRunner = (spec: RunnerSpec) => Promise<Runner>;
