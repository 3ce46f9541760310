import type { MessagePort } from 'node:worker_threads';
import type { DeviceQueueStatus } from '../device-status.ts';
import type {
  FromInferenceWorker,
  InferenceWorkerSettings,
  ToInferenceWorker,
} from './inference-protocol.ts';
import { WorkerHandle } from './worker-handle.ts';

const INFERENCE_WORKER = new URL('./inference-worker.ts', import.meta.url);

/**
 * The main thread's end of the thread that runs a device.
 *
 * All workers depend on it, and what it leaves on a GPU is not known: when it fails, the vision node restarts.
 */
export class DeviceHandle {
  /** What its models did, as of a second ago at most. */
  queues: readonly DeviceQueueStatus[] = [];
  readonly #worker: WorkerHandle<ToInferenceWorker, FromInferenceWorker>;

  constructor(settings: InferenceWorkerSettings, onLost: (reason: string) => void) {
    const lost = (reason: string): void => onLost(`inference worker: ${reason}`);
    this.#worker = new WorkerHandle(
      INFERENCE_WORKER,
      { workerData: settings, name: 'inference' },
      {
        onMessage: ({ queues }) => {
          this.queues = queues;
        },
        onFailed: lost,
        onLost: lost,
      },
    );
  }

  /** Gives the device the other end of an analysis worker's link. */
  link(port: MessagePort): void {
    this.#worker.send({ type: 'link', port }, [port]);
  }

  /** To be called about once a second. */
  check(): void {
    this.#worker.check();
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
  }
}
