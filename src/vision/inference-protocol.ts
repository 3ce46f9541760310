import type { MessagePort } from 'node:worker_threads';
import type { DeviceQueueStatus } from '../device-status.ts';
import type { LogSettings } from '../observe/logger.ts';
import type { DeviceSettings } from '../pipeline/inference/batch/device-server.ts';
import type { Provider } from '../providers.ts';

/** What the thread of a device is started with. */
export interface InferenceWorkerSettings extends DeviceSettings {
  readonly providers: readonly Provider[];
  readonly deviceId: number;
  readonly logging: LogSettings;
}

/** Vision node (main thread) to the device's thread. */
export type ToInferenceWorker =
  /** An analysis worker's link; the other end is with the worker. */
  { readonly type: 'link'; readonly port: MessagePort } | { readonly type: 'stop' };

/** The device's thread to the vision node, besides `FromThread`. */
export interface FromInferenceWorker {
  readonly type: 'status';
  readonly queues: readonly DeviceQueueStatus[];
}
