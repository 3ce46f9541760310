import { EngineError } from '../errors.ts';
import type { Watchers } from './watchers.ts';

/** A live camera delivers well within this; one analysed every few seconds may not. */
const PATIENCE_MS = 5_000;

/** Snapshots: whoever asks counts as a watcher until the camera's next picture arrives. */
export class PictureWaiters {
  readonly #watchers: Watchers;
  readonly #waiting = new Map<string, Set<(jpeg: Uint8Array) => void>>();

  constructor(watchers: Watchers) {
    this.#watchers = watchers;
  }

  /** A picture arrived. */
  picture(cameraId: string, jpeg: Uint8Array): void {
    for (const take of this.#waiting.get(cameraId) ?? []) take(jpeg);
  }

  /**
   * The camera's next picture as JPEG.
   *
   * @throws EngineError CAMERA_NOT_WATCHABLE when none comes within five seconds or `signal` aborts
   */
  async next(cameraId: string, signal: AbortSignal): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const giveUp = (): void =>
      reject(
        new EngineError(
          'CAMERA_NOT_WATCHABLE',
          `camera ${cameraId} delivered no picture within ${PATIENCE_MS / 1000} s; see its status for the reason`,
        ),
      );
    patience.addEventListener('abort', giveUp, { once: true });
    let waiting = this.#waiting.get(cameraId);
    if (!waiting) this.#waiting.set(cameraId, (waiting = new Set()));
    waiting.add(resolve);
    this.#watchers.add(cameraId);
    try {
      return await promise;
    } finally {
      patience.removeEventListener('abort', giveUp);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(cameraId);
      this.#watchers.remove(cameraId);
    }
  }
}
