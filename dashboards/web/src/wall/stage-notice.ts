import type { Analytics } from '../../../../src/analytics.ts';
import type { CameraStatus, MotionGateStatus } from '../../../../src/camera.ts';

/** `unknown`: nothing has been heard of the camera yet. */
export type ShownState = CameraStatus['state'] | 'unknown';

/**
 * The state to show: unknown while there is no contact to the hub; a camera that was switched off is stopped,
 * whatever was last heard of it.
 */
export function shownState(
  enabled: boolean,
  status: CameraStatus | undefined,
  isOnline: boolean,
): ShownState {
  if (!isOnline) return 'unknown';
  return enabled ? (status?.state ?? 'unknown') : 'stopped';
}

/** What to say over the picture, and how loudly. */
export interface Notice {
  readonly tone: 'quiet' | 'warn' | 'bad';
  readonly title: string;
  readonly text: string | null;
  /** Wall clock of the next attempt, for a countdown. */
  readonly nextTryAtMs: number | null;
}

const STILL_AFTER_MS = 4000;

/**
 * For how long a healthy camera may show no new picture: three of its own analysed frames, or while its picture
 * stands still three heartbeats of the motion gate; 4 s at least.
 */
export function stillAfterMs(analytics: Analytics, gate: MotionGateStatus['state'] | undefined): number {
  const { fps, motionGate } = analytics;
  const frameMs = fps > 0 ? 1000 / fps : 0;
  const heartbeatMs = gate === 'still' ? motionGate.heartbeatSeconds * 1000 : 0;
  return Math.max(STILL_AFTER_MS, 3 * frameMs, 3 * heartbeatMs);
}

/**
 * Why there is no fresh picture of a camera: the most telling reason first; null when all is well.
 *
 * @param stillMs for how long pictures have been asked for without one, when that is too long; else null
 */
export function stageNotice(
  enabled: boolean,
  status: CameraStatus | undefined,
  refusal: string | null,
  stillMs: number | null,
): Notice | null {
  const state = shownState(enabled, status, true);
  const none = { text: null, nextTryAtMs: null };
  if (!enabled) return { tone: 'quiet', title: 'Switched off', ...none };
  if (!status) return { tone: 'quiet', title: 'Waiting for the vision node', ...none };
  if (state === 'retrying') {
    return {
      tone: 'warn',
      title: 'No signal',
      text: status.reason?.message ?? null,
      nextTryAtMs: status.nextTryAtMs,
    };
  }
  if (state === 'stopped') {
    const ended = status.reason?.code === 'STREAM_ENDED';
    return {
      tone: status.reason && !ended ? 'bad' : 'quiet',
      title: ended ? 'Played to its end' : 'Stopped',
      text: status.reason?.message ?? null,
      nextTryAtMs: null,
    };
  }
  if (state === 'connecting') return { tone: 'quiet', title: 'Connecting…', ...none };
  const { problem, inEffect, model } = status.analysis;
  // frames may be analysed all the same: by the model before, or but for labels that it does not know
  const isFailing = stillMs !== null && problem?.code !== 'LABEL_UNKNOWN';
  if (problem && (inEffect === null || isFailing)) {
    return { tone: 'bad', title: 'Not analysed', text: problem.message, nextTryAtMs: null };
  }
  if (status.analysis.state === 'loading' && inEffect === null) {
    return { tone: 'quiet', title: `Loading ${model}…`, ...none };
  }
  if (refusal) return { tone: 'warn', title: 'No picture', text: refusal, nextTryAtMs: null };
  if (stillMs !== null) {
    return {
      tone: 'warn',
      title: 'No picture',
      text: `No picture has arrived for ${Math.round(stillMs / 1000)} s.`,
      nextTryAtMs: null,
    };
  }
  return null;
}
