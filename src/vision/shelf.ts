import type { Problem } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Logger } from '../observe/logger.ts';

/** How long after a failed attempt a model is looked for again: a pull in the meantime is noticed by itself. */
const RETRY_MS = 3_000;
/** A model that nobody has used for so long gives its memory back. */
export const RELEASE_AFTER_MS = 60_000;

/** What is known of a model now. */
export type Shelved<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'running'; readonly value: T }
  | { readonly state: 'unavailable'; readonly problem: Problem };

interface Place<T> {
  now: Shelved<T>;
  retryAtMs: number;
  loading: Promise<void> | null;
  holders: number;
  idleSinceMs: number;
}

/** Models of one task that one worker has loaded, each once, for all of its cameras. */
export class Shelf<T extends { release(): Promise<void> }> {
  readonly #load: (name: string) => Promise<T>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #places = new Map<string, Place<T>>();

  /** @param load answers the model warmed up, ready for traffic */
  constructor(load: (name: string) => Promise<T>, clock: Clock, log: Logger) {
    this.#load = load;
    this.#clock = clock;
    this.#log = log;
  }

  /** A camera wants the model: it is loaded, and stays until as many `drop` it as held it, and a while longer. */
  hold(name: string): void {
    this.#place(name).holders++;
    this.take(name);
  }

  drop(name: string): void {
    const place = this.#place(name);
    place.holders = Math.max(0, place.holders - 1);
    place.idleSinceMs = this.#clock.elapsed();
  }

  /** What is known of a model now; the first call for a name, or one after a failure, starts loading it. */
  take(name: string): Shelved<T> {
    const place = this.#place(name);
    const nowMs = this.#clock.elapsed();
    place.idleSinceMs = nowMs;
    if (place.now.state !== 'running' && !place.loading && nowMs >= place.retryAtMs) {
      place.loading = this.#fill(name, place);
    }
    return place.now;
  }

  /** Resolves when the model is loaded or known to be unavailable. */
  async settled(name: string): Promise<Shelved<T>> {
    this.take(name);
    await this.#place(name).loading;
    return this.take(name);
  }

  /** Releases what has not been held or asked for in a while; to be called now and then. */
  async sweep(): Promise<void> {
    const nowMs = this.#clock.elapsed();
    for (const [name, place] of this.#places) {
      if (place.holders > 0 || place.loading || nowMs - place.idleSinceMs < RELEASE_AFTER_MS) continue;
      this.#places.delete(name);
      if (place.now.state !== 'running') continue;
      try {
        await place.now.value.release();
        this.#log.info({ model: name }, 'model released: no camera uses it');
      } catch (err) {
        this.#log.error({ err, model: name }, 'releasing a model failed');
      }
    }
  }

  async close(): Promise<void> {
    for (const place of this.#places.values()) {
      await place.loading;
      if (place.now.state === 'running') await place.now.value.release();
    }
    this.#places.clear();
  }

  #place(name: string): Place<T> {
    let place = this.#places.get(name);
    if (!place) {
      const idleSinceMs = this.#clock.elapsed();
      place = { now: { state: 'loading' }, retryAtMs: 0, loading: null, holders: 0, idleSinceMs };
      this.#places.set(name, place);
    }
    return place;
  }

  async #fill(name: string, place: Place<T>): Promise<void> {
    try {
      place.now = { state: 'running', value: await this.#load(name) };
    } catch (err) {
      const code = err instanceof EngineError ? err.code : 'MODEL_FAILED';
      const problem = { code, message: messageOf(err), atMs: this.#clock.now() };
      if (place.now.state !== 'unavailable' || place.now.problem.code !== code) {
        this.#log.warn({ model: name, code }, problem.message);
      }
      place.now = { state: 'unavailable', problem };
      place.retryAtMs = this.#clock.elapsed() + RETRY_MS;
    } finally {
      place.idleSinceMs = this.#clock.elapsed();
      place.loading = null;
    }
  }
}
