import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { EngineError, messageOf } from '../../errors.ts';
import type { Provider } from '../../providers.ts';
import type { InputSize } from '../letterbox.ts';
import { withInputSize } from '../onnx-input-size.ts';
import { inferenceError, type Sessions } from './providers.ts';
import type { OpenRunner, RawOutput, Runner, RunnerPicture, RunnerSpec } from './runner.ts';
import { readSignature, type Signature } from './signature.ts';
import { halfTensor, numbersOf } from './tensors.ts';
import { inputLength, writeInput } from './write-input.ts';

/** ONNX Runtime's severities end with fatal, 4. */
const SILENT: InferenceSession.RunOptions = { logSeverityLevel: 4 };

/** Runs networks on the thread that asks: on a CPU, batch 1 where the frame was decoded is the fastest (docs/decisions/0006). */
export function openSessionRunner(sessions: Pick<Sessions, 'open'>): OpenRunner {
  return async (spec) => {
    const signature = readSignature(spec.bytes, spec.model);
    const { session, provider } = await sessions.open(spec.model, spec.bytes);
    return new SessionRunner(spec, signature, sessions, session, provider);
  };
}

/**
 * The tensors of runs of one size and number of pictures: allocated once, used for every frame. Outputs are not
 * among them: where they are, ONNX Runtime's binding writes them and still returns a copy (measured: no gain).
 */
interface Bound {
  readonly feeds: Record<string, Tensor>;
}

interface Output extends RawOutput {
  data: Float32Array | Float64Array;
  dims: readonly number[];
}

interface Sized {
  readonly size: InputSize;
  readonly session: InferenceSession;
  /** The pictures of the largest run so far; smaller ones use the beginning. */
  values: Float32Array | Uint16Array;
  /** Width and height of each source picture. */
  sourceSizes: BigInt64Array;
  /** By number of pictures. */
  readonly bound: Map<number, Bound>;
}

const ignored = (): void => undefined;

/** Why a network is not used at a size: it does not compute there, unless it only lacked memory. */
function unfit(model: string, { width, height }: InputSize, err: unknown): EngineError {
  if (err instanceof EngineError && err.code === 'MODEL_OUT_OF_MEMORY') return err;
  const message = `model ${model} does not compute at ${width}x${height}: ${messageOf(err)}`;
  return new EngineError('MODEL_SHAPE', message, { cause: err });
}

class SessionRunner implements Runner {
  readonly #spec: RunnerSpec;
  #provider: Provider;
  readonly #sessions: Pick<Sessions, 'open'>;
  /** The session of the file as it is. */
  #own: InferenceSession;
  readonly #sizes: Sized[] = [];
  /** Every run takes exactly so many pictures; null where any number will do. */
  readonly #fixedBatch: number | null;
  #last: Promise<unknown> = Promise.resolve();
  /** What is being made ready: who asks for the same in the meantime waits for it. */
  readonly #preparing = new Map<string, Promise<void>>();

  constructor(
    spec: RunnerSpec,
    { inputs }: Signature,
    sessions: Pick<Sessions, 'open'>,
    own: InferenceSession,
    provider: Provider,
  ) {
    this.#spec = spec;
    this.#sessions = sessions;
    this.#own = own;
    this.#provider = provider;
    const batch = inputs.find(({ name }) => name === spec.input)?.dims?.[0];
    this.#fixedBatch = typeof batch === 'number' ? batch : null;
  }

  get provider(): Provider {
    return this.#provider;
  }

  async prepare(size: InputSize): Promise<void> {
    if (this.#find(size)) return;
    const key = `${size.width}x${size.height}`;
    let preparing = this.#preparing.get(key);
    if (!preparing) {
      preparing = this.#prepare(size).finally(() => this.#preparing.delete(key));
      this.#preparing.set(key, preparing);
    }
    return preparing;
  }

  /** One run at a time: the tensors of an input are shared, and ONNX Runtime reads them only later. */
  run(pictures: readonly RunnerPicture[]): Promise<readonly RawOutput[]> {
    const result = this.#last.then(() => this.#run(pictures));
    this.#last = result.then(ignored, ignored);
    return result;
  }

  async #run(pictures: readonly RunnerPicture[]): Promise<readonly RawOutput[]> {
    const { model, maxBatch } = this.#spec;
    const { size } = pictures[0];
    const sized = this.#find(size);
    if (!sized)
      throw new EngineError('MODEL_SHAPE', `model ${model} has no input ${size.width}x${size.height}`);
    const atOnce = this.#fixedBatch ?? Math.min(maxBatch, pictures.length);
    // a file of a fixed batch answers rows for pictures that were never given: they are cut off
    if (pictures.length !== atOnce) return this.#runInTurn(sized, pictures, atOnce);
    const bound = this.#bind(sized, atOnce);
    this.#write(sized, pictures, 0, pictures.length);
    return this.#execute(sized, bound);
  }

  async release(): Promise<void> {
    await this.#last;
    const sessions = new Set([this.#own, ...this.#sizes.map(({ session }) => session)]);
    this.#sizes.length = 0;
    for (const session of sessions) await session.release();
  }

  async #prepare(size: InputSize): Promise<void> {
    const { model, fixedSize } = this.#spec;
    const own = fixedSize === null || (fixedSize.width === size.width && fixedSize.height === size.height);
    const session = own ? this.#own : await this.#openFor(size);
    const sized: Sized = {
      size,
      session,
      values: new Float32Array(0),
      sourceSizes: new BigInt64Array(0),
      bound: new Map(),
    };
    try {
      // what cannot compute at this size fails here, and says so in its error alone
      await this.#execute(sized, this.#bind(sized, this.#fixedBatch ?? 1), SILENT);
    } catch (err) {
      if (!own) await session.release();
      else if (this.#sizes.length === 0 && (await this.#fallBack(err))) return this.#prepare(size);
      throw unfit(model, size, err);
    }
    this.#sizes.push(sized);
  }

  /** A provider may take a model and then not run it: the next one is tried. False when there is none. */
  async #fallBack(cause: unknown): Promise<boolean> {
    const { model, bytes } = this.#spec;
    const failed = { provider: this.#provider, cause };
    const next = await this.#sessions.open(model, bytes, failed).catch(() => undefined);
    if (!next) return false;
    if (next.provider === failed.provider) {
      await next.session.release();
      return false;
    }
    await this.#own.release();
    this.#own = next.session;
    this.#provider = next.provider;
    return true;
  }

  async #openFor({ width, height }: InputSize): Promise<InferenceSession> {
    const { model, bytes, input, encoding } = this.#spec;
    try {
      const sized = withInputSize(bytes, input, width, height, encoding.layout);
      return (await this.#sessions.open(model, sized)).session;
    } catch (err) {
      throw unfit(model, { width, height }, err);
    }
  }

  #find({ width, height }: InputSize): Sized | undefined {
    for (const sized of this.#sizes)
      if (sized.size.width === width && sized.size.height === height) return sized;
    return undefined;
  }

  /** More pictures than one run takes: run after run, their outputs behind each other. */
  async #runInTurn(
    sized: Sized,
    pictures: readonly RunnerPicture[],
    atOnce: number,
  ): Promise<readonly RawOutput[]> {
    const all: Output[] = [];
    for (let first = 0; first < pictures.length; first += atOnce) {
      const count = Math.min(atOnce, pictures.length - first);
      const bound = this.#bind(sized, this.#fixedBatch ?? count);
      this.#write(sized, pictures, first, count);
      const outputs = await this.#execute(sized, bound);
      for (const [k, { name, data, dims }] of outputs.entries()) {
        const each = data.length / dims[0];
        all[k] ??= {
          name,
          data: new (data instanceof Float32Array ? Float32Array : Float64Array)(each * pictures.length),
          dims: [pictures.length, ...dims.slice(1)],
        };
        if (all[k].data.length !== each * pictures.length) {
          throw new EngineError(
            'MODEL_FAILED',
            `model ${this.#spec.model} answers ${name} [${dims.join(',')}] after [${all[k].dims.join(',')}]: runs of one size must agree`,
          );
        }
        all[k].data.set(data.subarray(0, each * count), each * first);
      }
    }
    return all;
  }

  #write(sized: Sized, pictures: readonly RunnerPicture[], first: number, count: number): void {
    const { encoding } = this.#spec;
    for (let i = 0; i < count; i++) {
      const { planes, size, sourceWidth, sourceHeight } = pictures[first + i];
      writeInput(planes, size, encoding, sized.values, i * inputLength(size));
      sized.sourceSizes[2 * i] = BigInt(sourceWidth);
      sized.sourceSizes[2 * i + 1] = BigInt(sourceHeight);
    }
  }

  #bind(sized: Sized, count: number): Bound {
    const last = sized.bound.get(count);
    if (last) return last;
    const { input, encoding, sourceSizeInput } = this.#spec;
    const { width, height } = sized.size;
    const each = inputLength(sized.size);
    if (sized.sourceSizes.length < 2 * count) {
      sized.values = new (encoding.type === 'float16' ? Uint16Array : Float32Array)(count * each);
      // sizes of 1 until the first picture: a network that divides by them still warms up
      sized.sourceSizes = new BigInt64Array(2 * count).fill(1n);
      sized.bound.clear();
    }
    const values = sized.values.subarray(0, count * each);
    const sourceSizes = sized.sourceSizes.subarray(0, 2 * count);
    const dims = encoding.layout === 'NCHW' ? [count, 3, height, width] : [count, height, width, 3];
    const feeds: Record<string, Tensor> = {
      [input]: values instanceof Uint16Array ? halfTensor(values, dims) : new Tensor('float32', values, dims),
    };
    if (sourceSizeInput !== undefined) feeds[sourceSizeInput] = new Tensor('int64', sourceSizes, [count, 2]);
    const bound: Bound = {
      feeds,
    };
    sized.bound.set(count, bound);
    return bound;
  }

  async #execute(
    { session }: Sized,
    bound: Bound,
    options?: InferenceSession.RunOptions,
  ): Promise<RawOutput[]> {
    const { model } = this.#spec;
    let results: InferenceSession.OnnxValueMapType;
    try {
      results = await session.run(bound.feeds, this.#spec.outputs, options);
    } catch (err) {
      throw inferenceError(model, 'failed', err);
    }
    // in memory of their own: who asked for them may still read while the next run is under way
    return this.#spec.outputs.map((name) => {
      const tensor = results[name] as Tensor;
      return { name, dims: tensor.dims, data: numbersOf(tensor, model, name) };
    });
  }
}
