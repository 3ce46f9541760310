import type { Camera, CameraStatus } from './camera.ts';
import type { DetectedObject } from './log/messages.ts';

/** Hub to vision node. The node takes each as the new desired state; sending one twice changes nothing. */
export type ToVisionNode =
  | { readonly type: 'camera.put'; readonly camera: Camera }
  | { readonly type: 'camera.remove'; readonly cameraId: string }
  /** Whether somebody watches: pictures are encoded, and overlays sent, only while this is true. */
  | { readonly type: 'watch'; readonly cameraId: string; readonly watching: boolean }
  | { readonly type: 'stop' };

/** Vision node to hub. None of these is the record: that is the event log. */
export type FromVisionNode =
  | { readonly type: 'ready'; readonly workers: number }
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

/** The stages of a frame's journey that are timed. */
export const STAGES = [
  'decode',
  'wait',
  'scale',
  'infer',
  'postprocess',
  'track',
  'encode',
  'captureToEvent',
] as const;
export type Stage = (typeof STAGES)[number];

/** Upper bounds of the histogram buckets, milliseconds; the last bucket is everything above. */
export const STAGE_BUCKETS_MS = [
  0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 100, 150, 250, 500, 1000, 2500,
] as const;

/** Cumulative since the vision node started, as Prometheus expects. */
export interface StageHistogram {
  /** One count per bucket (not summed up), `STAGE_BUCKETS_MS.length + 1` of them. */
  readonly counts: number[];
  readonly sumMs: number;
}

export interface VisionMetrics {
  readonly cameras: Record<
    string,
    { readonly stages: Record<Stage, StageHistogram>; readonly waitingFrameAgeMs: number }
  >;
  readonly workers: number;
  /** Messages handed to the log and not yet durable. */
  readonly logQueue: number;
  /** Analysed frames whose message could not be kept, because the disk failed for too long. */
  readonly logLost: number;
  readonly rssBytes: number;
  readonly cpuSeconds: number;
}
