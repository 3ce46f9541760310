import { resolvedAnalytics } from '../../src/analytics.ts';
import type { CameraStatus } from '../../src/camera.ts';

/** The status of a healthy camera, changed where a test needs it. */
export function liveStatus(changes: Partial<CameraStatus> = {}): CameraStatus {
  return {
    cameraId: 'gate',
    revisionAtMs: 0,
    state: 'live',
    sinceMs: 1000,
    reason: null,
    nextTryAtMs: null,
    attempts: 0,
    width: 1280,
    height: 720,
    codec: 'h264',
    fps: { received: 25, damaged: 0, decoded: 25, analysed: 5, dropped: { sampled: 20 } },
    frames: { received: 100, damaged: 0, decoded: 100, analysed: 20, dropped: { sampled: 80 } },
    latencyMs: { p50: 40, p95: 80 },
    analysis: analysed(),
    lastError: null,
    ...changes,
  };
}

/** The analysis of a healthy camera, changed where a test needs it. */
export function analysed(changes: Partial<CameraStatus['analysis']> = {}): CameraStatus['analysis'] {
  return {
    model: 'yolox-nano',
    state: 'running',
    problem: null,
    inEffect: {
      model: 'yolox-nano@0.1.1',
      provider: 'cpu',
      input: '416x256',
      analytics: resolvedAnalytics(undefined, true),
    },
    motionGate: { state: 'open', sinceMs: 1000, skipped: 0, withheld: 0 },
    ...changes,
  };
}

/** The same camera with these totals of dropped frames. */
export function withDrops(dropped: Record<string, number>): CameraStatus {
  const status = liveStatus();
  return { ...status, frames: { ...status.frames, dropped } };
}
