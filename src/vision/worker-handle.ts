import { type Transferable, Worker, type WorkerOptions } from 'node:worker_threads';
import type { FromThread } from './thread-protocol.ts';

/** A thread that said nothing for so many seconds, and is not loading a model, hangs. */
export const SILENT_CHECKS = 30;
/** While it loads a model: TensorRT builds an engine for many minutes. */
export const LOADING_CHECKS = 1_800;
/** How long a thread that failed may take to release everything. */
export const END_CHECKS = 10;

export interface WorkerEvents<From> {
  onMessage(message: From): void;
  /** It failed, released everything and ended: another may take its place. */
  onFailed(reason: string): void;
  /** It hangs, or ended without releasing: native state is lost with it, and the process must end. */
  onLost(reason: string): void;
}

/**
 * The main thread's end of one thread, from its start to its end.
 *
 * @typeParam To what it is told, besides `{type: 'stop'}`
 * @typeParam From what it tells, besides `FromThread`
 */
export class WorkerHandle<To, From extends { readonly type: string }> {
  readonly #worker: Worker;
  readonly #events: WorkerEvents<From>;
  readonly #exited: Promise<void>;
  #stopping = false;
  #failing: string | undefined;
  #released = false;
  #lost = false;
  /** Reading its own code may take a while too. */
  #loading = true;
  #heard = false;
  #silentChecks = 0;
  #endChecks = 0;

  /** @param entry of the thread */
  constructor(entry: URL, options: WorkerOptions, events: WorkerEvents<From>) {
    this.#events = events;
    this.#worker = new Worker(entry, options);
    let reason = 'it ended without a word';
    this.#worker.on('message', (message: FromThread | From) => this.#take(message));
    this.#worker.on('error', (err) => {
      reason = err.stack ?? String(err);
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        resolve();
        if (this.#stopping || this.#lost) return;
        if (this.#failing !== undefined && this.#released) this.#events.onFailed(this.#failing);
        else this.#lose(reason);
      });
    });
  }

  send(message: To | { type: 'stop' }, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /**
   * To be called about once a second. Counts calls instead of reading a clock: while the whole process stands
   * still, in a debugger or on a machine that sleeps, no thread is to blame.
   */
  check(): void {
    if (this.#stopping || this.#lost) return;
    if (this.#failing !== undefined) {
      if (++this.#endChecks > END_CHECKS) {
        this.#lose(`it failed (${this.#failing}) and did not end within ${END_CHECKS} s`);
      }
    } else {
      const limit = this.#loading ? LOADING_CHECKS : SILENT_CHECKS;
      if (++this.#silentChecks > limit) this.#lose(`it said nothing for ${limit} s`);
    }
  }

  /** Asks it to release everything; resolves when the thread has ended. Never terminates it (docs/decisions/0006). */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.send({ type: 'stop' });
    await this.#exited;
  }

  #take(message: FromThread | From): void {
    this.#silentChecks = 0;
    if (!this.#heard) {
      this.#heard = true;
      this.#loading = false;
    }
    switch (message.type) {
      case 'loading':
        this.#loading = (message as Extract<FromThread, { type: 'loading' }>).loading;
        break;
      case 'failing':
        this.#failing = (message as Extract<FromThread, { type: 'failing' }>).reason;
        break;
      case 'stopped':
        this.#released = true;
        break;
      default:
        this.#events.onMessage(message as From);
    }
  }

  #lose(reason: string): void {
    this.#lost = true;
    this.#events.onLost(reason);
  }
}
