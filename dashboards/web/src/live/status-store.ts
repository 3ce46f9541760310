import type { CameraStatus } from '../../../../src/camera.ts';
import { addToHistory, changesBetween, type HistoryEntry } from '../camera/camera-history.ts';

/** The newest status of every camera, and what happened to each since the page was opened. */
export interface StatusStore {
  get(cameraId: string): CameraStatus | undefined;
  history(cameraId: string): readonly HistoryEntry[];
  /** Takes a status that the hub sent just now. */
  put(status: CameraStatus, atMs: number): void;
  /** Takes what a list asked for at `askedAtMs` says (null: the hub knows nothing), unless something newer was sent since. */
  putAnswer(cameraId: string, status: CameraStatus | null, askedAtMs: number): void;
  /** Forgets cameras that are no longer registered. */
  keepOnly(cameraIds: ReadonlySet<string>): void;
  subscribe(listener: () => void): () => void;
}

const NOTHING: readonly HistoryEntry[] = [];

export function createStatusStore(): StatusStore {
  const known = new Map<string, { status: CameraStatus; atMs: number }>();
  const histories = new Map<string, readonly HistoryEntry[]>();
  const listeners = new Set<() => void>();

  function notify(): void {
    for (const listener of listeners) listener();
  }

  function put(status: CameraStatus, atMs: number): void {
    const { cameraId } = status;
    const news = changesBetween(known.get(cameraId)?.status, status, atMs);
    if (news.length > 0) histories.set(cameraId, addToHistory(histories.get(cameraId) ?? NOTHING, news));
    known.set(cameraId, { status, atMs });
    notify();
  }

  return {
    get: (cameraId) => known.get(cameraId)?.status,
    history: (cameraId) => histories.get(cameraId) ?? NOTHING,
    put,
    putAnswer(cameraId, status, askedAtMs) {
      if ((known.get(cameraId)?.atMs ?? Number.NEGATIVE_INFINITY) >= askedAtMs) return;
      if (status) return put(status, askedAtMs);
      known.delete(cameraId);
      notify();
    },
    keepOnly(cameraIds) {
      for (const id of [...known.keys(), ...histories.keys()]) {
        if (cameraIds.has(id)) continue;
        known.delete(id);
        histories.delete(id);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
