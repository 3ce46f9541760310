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

  /** Takes a report; one of a camera that is gone or stopped since is ignored and answers false. */
  report(status: CameraStatus): boolean {
    const known = this.#statuses.get(status.cameraId);
    if (!known || known.reason?.code === 'CAMERA_DISABLED') return false;
    this.#statuses.set(status.cameraId, status);
    return true;
  }

  /** A camera was registered or changed. */
  put(camera: Camera): CameraStatus {
    const known = this.#statuses.get(camera.id);
    const status = camera.enabled
      ? { ...blank(camera, 'connecting', this.#clock.now()), frames: known?.frames ?? noFrames() }
      : {
          ...blank(camera, 'stopped', this.#clock.now()),
          reason: this.#problem(
            'CAMERA_DISABLED',
            'the camera is switched off; set enabled to true to start it',
          ),
        };
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
        fps: { received: 0, decoded: 0, analysed: 0, dropped: {} },
        latencyMs: null,
        nextTryAtMs: null,
      };
      this.#statuses.set(status.cameraId, lost);
      changed.push(lost);
    }
    return changed;
  }

  #problem(code: string, message: string): Problem {
    return { code, message, atMs: this.#clock.now() };
  }
}

const noFrames = (): CameraStatus['frames'] => ({ received: 0, decoded: 0, analysed: 0, dropped: {} });

function blank(camera: Camera, state: CameraStatus['state'], nowMs: number): CameraStatus {
  return {
    cameraId: camera.id,
    state,
    sinceMs: nowMs,
    reason: null,
    nextTryAtMs: null,
    attempts: 0,
    width: null,
    height: null,
    codec: null,
    fps: { received: 0, decoded: 0, analysed: 0, dropped: {} },
    frames: noFrames(),
    latencyMs: null,
    analysis: { model: camera.analytics.model, state: 'loading', problem: null },
    lastError: null,
  };
}
