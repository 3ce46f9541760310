import type { Camera, CameraStatus, Problem } from '../camera.ts';
import type { Clock } from '../clock.ts';

/** The last word on every camera: what the vision node measured, or why there is none. */
export class StatusBoard {
  readonly #statuses = new Map<string, CameraStatus>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(cameraId: string): CameraStatus | undefined {
    return this.#statuses.get(cameraId);
  }

  all(): CameraStatus[] {
    return [...this.#statuses.values()];
  }

  /** Takes a report; one of a camera that is gone, or of an earlier revision of it, answers false. */
  report(status: CameraStatus): boolean {
    if (this.#statuses.get(status.cameraId)?.revisionAtMs !== status.revisionAtMs) return false;
    this.#statuses.set(status.cameraId, status);
    return true;
  }

  /**
   * A camera was registered or changed; another name or tags leave its status as it is.
   *
   * @param problem why it cannot run as it is stored
   */
  put(camera: Camera, problem?: Problem): CameraStatus {
    const known = this.#statuses.get(camera.id);
    if (known?.revisionAtMs === camera.revisionAtMs && !problem) return known;
    const reason = problem ?? this.#whyStopped(camera);
    const status = blank(camera, reason ? 'stopped' : 'connecting', this.#clock.now(), reason);
    this.#statuses.set(camera.id, status);
    return status;
  }

  remove(cameraId: string): void {
    this.#statuses.delete(cameraId);
  }

  /** The vision node is gone: nothing is live until it is back. Returns what changed. */
  visionLost(): CameraStatus[] {
    const changed: CameraStatus[] = [];
    for (const status of this.#statuses.values()) {
      if (status.state === 'stopped') continue;
      const lost: CameraStatus = {
        ...status,
        state: 'connecting',
        sinceMs: this.#clock.now(),
        reason: this.#problem('VISION_UNAVAILABLE', 'the vision node is restarting'),
        fps: noFrames(),
        latencyMs: null,
        nextTryAtMs: null,
      };
      this.#statuses.set(status.cameraId, lost);
      changed.push(lost);
    }
    return changed;
  }

  #whyStopped(camera: Camera): Problem | null {
    if (!camera.enabled) {
      return this.#problem('CAMERA_DISABLED', 'the camera is switched off; set enabled to true to start it');
    }
    if (camera.playedOut) {
      return this.#problem(
        'STREAM_ENDED',
        'the file was played to its end; switch the camera off and on to play it again',
      );
    }
    return null;
  }

  #problem(code: string, message: string): Problem {
    return { code, message, atMs: this.#clock.now() };
  }
}

const noFrames = (): CameraStatus['frames'] => ({
  received: 0,
  damaged: 0,
  decoded: 0,
  analysed: 0,
  dropped: {},
});

function blank(
  camera: Camera,
  state: CameraStatus['state'],
  nowMs: number,
  reason: Problem | null,
): CameraStatus {
  return {
    cameraId: camera.id,
    revisionAtMs: camera.revisionAtMs,
    state,
    sinceMs: nowMs,
    reason,
    nextTryAtMs: null,
    attempts: 0,
    width: null,
    height: null,
    codec: null,
    fps: noFrames(),
    frames: noFrames(),
    latencyMs: null,
    analysis: {
      model: camera.analytics.model,
      state: 'loading',
      problem: null,
      inEffect: null,
      motionGate: { state: 'off', sinceMs: nowMs, skipped: 0, withheld: 0 },
    },
    lastError: null,
  };
}
