import type { Camera, CameraStatus } from './camera.ts';
import type { DetectedObject } from './detection.ts';
import type { DeviceQueueStatus } from './device-status.ts';
import type { Stage, StageHistogram } from './stages.ts';

/** Hub to vision node. The node takes each as the new desired state; sending one twice changes nothing. */
export type ToVisionNode =
  | { readonly type: 'camera.put'; readonly camera: Camera }
  | { readonly type: 'camera.remove'; readonly cameraId: string }
  /** Whether somebody watches: pictures are encoded, and overlays sent, only while this is true. */
  | { readonly type: 'watch'; readonly cameraId: string; readonly watching: boolean }
  | { readonly type: 'stop' };

/** Vision node to hub. None of these is the record: that is the event log. */
export type FromVisionNode =
  | { readonly type: 'status'; readonly statuses: CameraStatus[] }
  | { readonly type: 'overlay'; readonly overlay: Overlay; readonly jpeg: Uint8Array | null }
  | { readonly type: 'metrics'; readonly metrics: VisionMetrics };

/** One analysed frame as viewers draw it; the Socket.IO message `overlay` carries exactly this. */
export interface Overlay {
  readonly cameraId: string;
  readonly run: string;
  readonly seq: number;
  readonly ptsMs: number;
  readonly capturedAtMs: number;
  readonly analysedAtMs: number;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly DetectedObject[];
}

export interface VisionMetrics {
  readonly cameras: Record<
    string,
    { readonly stages: Record<Stage, StageHistogram>; readonly waitingFrameAgeMs: number }
  >;
  readonly workers: number;
  /** How many workers have taken the place of one that failed, since the node started. */
  readonly workerReplacements: number;
  /** Models on a GPU, by input size; none where the workers compute themselves. */
  readonly inference: readonly DeviceQueueStatus[];
  /** Messages handed to the log and not yet durable. */
  readonly logQueue: number;
  /** Analysed frames whose message could not be kept, because the disk failed for too long. */
  readonly logLost: number;
  readonly rssBytes: number;
  readonly cpuSeconds: number;
}
