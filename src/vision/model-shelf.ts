import type { Problem } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { EngineError, messageOf } from '../errors.ts';
import { type Manifest, resolveModel } from '../models/resolve.ts';
import type { Logger } from '../observe/logger.ts';
import { Detector } from '../pipeline/detector.ts';

/** How long after a failed attempt a model is looked for again: a pull in the meantime is noticed by itself. */
const RETRY_MS = 3_000;

export type Shelved =
  | { readonly state: 'loading' }
  | { readonly state: 'running'; readonly detector: Detector }
  | { readonly state: 'unavailable'; readonly problem: Problem };

/** The models one worker has loaded, each once, for all of its cameras. */
export class ModelShelf {
  readonly #manifest: Manifest;
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #models = new Map<string, { now: Shelved; retryAtMs: number; loading: Promise<void> | null }>();

  constructor(manifest: Manifest, dir: string, clock: Clock, log: Logger) {
    this.#manifest = manifest;
    this.#dir = dir;
    this.#clock = clock;
    this.#log = log;
  }

  /** What is known of a model now; the first call for a name, or one after a failure, starts loading it. */
  take(name: string): Shelved {
    let model = this.#models.get(name);
    if (!model) {
      model = { now: { state: 'loading' }, retryAtMs: 0, loading: null };
      this.#models.set(name, model);
    }
    if (model.now.state !== 'running' && !model.loading && this.#clock.elapsed() >= model.retryAtMs) {
      model.loading = this.#load(name);
    }
    return model.now;
  }

  /** Resolves when the model is loaded or known to be unavailable. */
  async settled(name: string): Promise<Shelved> {
    this.take(name);
    await this.#models.get(name)?.loading;
    return this.take(name);
  }

  async close(): Promise<void> {
    for (const model of this.#models.values()) {
      await model.loading;
      if (model.now.state === 'running') await model.now.detector.release();
    }
    this.#models.clear();
  }

  async #load(name: string): Promise<void> {
    const model = this.#models.get(name);
    if (!model) return;
    try {
      const detector = await Detector.load(await resolveModel(this.#manifest, name, this.#dir), this.#log);
      model.now = { state: 'running', detector };
      this.#log.info({ model: detector.model, side: detector.side }, 'model loaded');
    } catch (err) {
      const code = err instanceof EngineError ? err.code : 'MODEL_FAILED';
      const problem = { code, message: messageOf(err), atMs: this.#clock.now() };
      if (model.now.state !== 'unavailable' || model.now.problem.code !== code) {
        this.#log.warn({ model: name, code }, problem.message);
      }
      model.now = { state: 'unavailable', problem };
      model.retryAtMs = this.#clock.elapsed() + RETRY_MS;
    } finally {
      model.loading = null;
    }
  }
}
