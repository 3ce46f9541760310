import type { MessagePort } from 'node:worker_threads';
import type { Camera, CameraStatus } from '../camera.ts';
import type { LogSettings } from '../observe/logger.ts';
import type { ProviderSettings } from '../pipeline/inference/providers.ts';
import type { Stage, StageHistogram } from '../stages.ts';
import type { Overlay } from '../vision-protocol.ts';

/** How an analysis worker is set up. */
export interface WorkerSettings {
  readonly index: number;
  readonly modelsDir: string;
  /** Where the clips of the demo cameras lie. */
  readonly demoDir?: string;
  readonly ageBudgetMs: number;
  readonly picture: { readonly maxWidth: number; readonly maxFps: number; readonly quality: number };
  readonly logging: LogSettings;
}

/** What an analysis worker is started with. */
export interface WorkerData extends WorkerSettings {
  /** For sessions on its own thread. */
  readonly inference: ProviderSettings;
  /** To the thread of the device, where there is one. */
  readonly link: MessagePort | null;
  /** Cameras whose frames may be analysed at a time: 1 where the worker computes itself. */
  readonly inFlight: number;
}

/** Vision node (main thread) to analysis worker. */
export type ToWorker =
  | { readonly type: 'camera.put'; readonly camera: Camera }
  | { readonly type: 'camera.remove'; readonly cameraId: string }
  | { readonly type: 'watch'; readonly cameraId: string; readonly watching: boolean }
  | { readonly type: 'stop' };

/** Analysis worker to vision node, besides `FromThread`. */
export type FromWorker =
  | { readonly type: 'analysed'; readonly frame: AnalysedFrame }
  /** At every change of a camera's state, and of all cameras every second. */
  | { readonly type: 'status'; readonly cameras: WorkerCameraStatus[] }
  /** The last word on cameras that a failing worker has ended: all their frames are accounted for. */
  | { readonly type: 'ended'; readonly cameras: WorkerCameraStatus[] };

/** One analysed frame: its message for the log and, while somebody watches, what viewers draw. */
export interface AnalysedFrame {
  readonly cameraId: string;
  readonly capturedAtMs: number;
  readonly messageId: string;
  /** The `DetectionsMessage` as JSON. */
  readonly message: string;
  readonly overlay: Overlay | null;
  readonly jpeg: Uint8Array<ArrayBuffer> | null;
}

export interface WorkerCameraStatus {
  readonly status: CameraStatus;
  readonly stages: Record<Stage, StageHistogram>;
  readonly waitingFrameAgeMs: number;
}
