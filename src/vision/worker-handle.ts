import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerSettings } from './worker-protocol.ts';

export interface WorkerEvents {
  onMessage(message: FromWorker): void;
  /** It ended without having been asked. */
  onDied(reason: string): void;
}

/** The main thread's end of one analysis worker. */
export class WorkerHandle {
  /** How many cameras it has been given. */
  cameras = 0;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #stopping = false;

  constructor(settings: WorkerSettings, events: WorkerEvents) {
    this.#worker = new Worker(new URL('./analysis-worker.ts', import.meta.url), {
      workerData: settings,
      name: `analysis-${settings.index}`,
    });
    let reason = 'it ended';
    this.#worker.on('message', (message: FromWorker) => events.onMessage(message));
    this.#worker.on('error', (err) => {
      reason = err.stack ?? String(err);
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        resolve();
        if (!this.#stopping) events.onDied(reason);
      });
    });
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Asks it to release everything; resolves when the thread has ended. Never terminates it (docs/decisions/0006). */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.send({ type: 'stop' });
    await this.#exited;
  }
}
