import type { InferenceSession } from 'onnxruntime-node';
import * as ort from 'onnxruntime-node';
import { EngineError, messageOf } from '../../errors.ts';
import type { Logger } from '../../observe/logger.ts';
import type { Provider } from '../../providers.ts';

export interface ProviderSettings {
  /** Tried in this order. */
  readonly providers: readonly Provider[];
  /** Which GPU, as its provider counts them. */
  readonly deviceId: number;
  /** Those that were wanted and cannot be had here, each with its reason; for messages. */
  readonly refusals?: readonly string[];
  /** Threads of one run on the CPU: 1 where every core has a worker of its own. */
  readonly cpuThreads: number;
}

/** What every analysis worker computes with on a machine without a GPU (docs/decisions/0006). */
export const CPU_ONLY: ProviderSettings = { providers: ['cpu'], deviceId: 0, cpuThreads: 1 };

export interface OpenedSession {
  readonly session: InferenceSession;
  /** What it computes on; single operators a device does not know run on the CPU all the same. */
  readonly provider: Provider;
}

/**
 * Opens sessions on the first provider that takes the model.
 *
 * ONNX Runtime for Node throws where a provider cannot be had (its library is missing, there is no device): a
 * session asked for with exactly one provider runs on it, and nothing falls back silently.
 */
export class Sessions {
  readonly #settings: ProviderSettings;
  readonly #log: Logger;
  /** What was said about models and providers already. */
  readonly #told = new Set<string>();

  constructor(settings: ProviderSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
  }

  /**
   * @param model `name@version`, for messages
   * @param failed a provider that took the model and then could not run it: only those after it are tried
   * @throws EngineError MODEL_FAILED or MODEL_OUT_OF_MEMORY with what each provider said
   */
  async open(
    model: string,
    bytes: Uint8Array,
    failed?: { readonly provider: Provider; readonly cause: unknown },
  ): Promise<OpenedSession> {
    const refusals = [...(this.#settings.refusals ?? [])];
    const { providers } = this.#settings;
    let last: unknown = failed?.cause;
    if (failed) {
      const reason = brief(messageOf(failed.cause));
      refusals.push(`${failed.provider}: ${reason}`);
      this.#tell(model, failed.provider, reason);
    }
    for (const provider of failed ? providers.slice(providers.indexOf(failed.provider) + 1) : providers) {
      try {
        const session = await ort.InferenceSession.create(bytes, sessionOptions(provider, this.#settings));
        return { session, provider };
      } catch (err) {
        last = err;
        const reason = brief(messageOf(err));
        refusals.push(`${provider}: ${reason}`);
        this.#tell(model, provider, reason);
      }
    }
    const said = refusals.join('; ') || 'vision.inference.providers names nothing to run it on';
    const code = isMemoryFailure(last) ? 'MODEL_OUT_OF_MEMORY' : 'MODEL_FAILED';
    throw new EngineError(code, `model ${model} cannot be loaded: ${said}`, { cause: last });
  }

  #tell(model: string, provider: Provider, reason: string): void {
    const key = `${model} ${provider} ${reason}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    if (this.#settings.providers.at(-1) === provider) return; // the error itself says so
    this.#log.warn({ model, provider, reason }, 'a provider does not take the model; the next one is tried');
  }
}

/** @throws never; a provider that cannot be had throws when the session is made */
export function sessionOptions(
  provider: Provider,
  { deviceId, cpuThreads }: Pick<ProviderSettings, 'deviceId' | 'cpuThreads'>,
): InferenceSession.SessionOptions {
  const cuda: InferenceSession.CudaExecutionProviderOption = { name: 'cuda', deviceId };
  const tensorrt: InferenceSession.TensorRtExecutionProviderOption = { name: 'tensorrt', deviceId };
  const executionProviders = {
    tensorrt: [tensorrt, cuda], // what TensorRT does not know, CUDA does
    cuda: [cuda],
    webgpu: ['webgpu'],
    cpu: ['cpu'],
  }[provider];
  return {
    executionProviders,
    intraOpNumThreads: cpuThreads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 4, // failures are thrown too, and told by us: once, not at every frame
  };
}

/**
 * Whether a failure of ONNX Runtime is one of memory, after which less may work: its arena's words, those of
 * CUDA, cuBLAS, cuDNN, Vulkan and Dawn, and the C++ library's.
 */
export function isMemoryFailure(err: unknown): boolean {
  return /failed to allocate|out of (device )?memory|OUT_OF(_DEVICE|_HOST)?_MEMORY|bad_alloc|ALLOC_FAILED|BFCArena|Available memory of/i.test(
    messageOf(err),
  );
}

/** What went wrong, in the engine's words. `doing` completes "model x ...". */
export function inferenceError(model: string, doing: string, err: unknown): EngineError {
  if (err instanceof EngineError) return err;
  const message = `model ${model} ${doing}: ${brief(messageOf(err))}`;
  if (!isMemoryFailure(err)) return new EngineError('MODEL_FAILED', message, { cause: err });
  return new EngineError('MODEL_OUT_OF_MEMORY', `${message}; a smaller model or input needs less`, {
    cause: err,
  });
}

/** ONNX Runtime begins its messages with source files and whole C++ signatures; what it wants to say comes last. */
export function brief(message: string): string {
  const line = message.trim().split('\n', 1)[0];
  return line.replace(/^.*\bwas false\.\s*/, '').replace(/^\S*onnxruntime_src\S*\s+/, '');
}
