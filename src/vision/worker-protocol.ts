import type { Camera, CameraStatus } from '../camera.ts';
import type { LogSettings } from '../observe/logger.ts';
import type { Stage, StageHistogram } from '../stages.ts';
import type { Overlay } from '../vision-protocol.ts';

/** What an analysis worker is started with. */
export interface WorkerSettings {
  readonly index: number;
  readonly modelsDir: string;
  readonly ageBudgetMs: number;
  readonly picture: { readonly maxWidth: number; readonly maxFps: number; readonly quality: number };
  readonly logging: LogSettings;
}

/** Vision node (main thread) to analysis worker. */
export type ToWorker =
  | { readonly type: 'camera.put'; readonly camera: Camera }
  | { readonly type: 'camera.remove'; readonly cameraId: string }
  | { readonly type: 'watch'; readonly cameraId: string; readonly watching: boolean }
  | { readonly type: 'stop' };

/** Analysis worker to vision node. */
export type FromWorker =
  | { readonly type: 'analysed'; readonly frame: AnalysedFrame }
  | { readonly type: 'status'; readonly cameras: WorkerCameraStatus[] }
  /** Everything the worker owned is released; it ends by itself. */
  | { readonly type: 'stopped' };

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
