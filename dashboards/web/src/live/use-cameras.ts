import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { CameraStatus } from '../../../../src/camera.ts';
import { type Api, type CameraView, messageOf } from '../api.ts';
import type { HistoryEntry } from '../camera/camera-history.ts';
import type { LiveClient } from './live-client.ts';
import { createStatusStore, type StatusStore } from './status-store.ts';

export interface Cameras {
  /** Null until the first answer. */
  readonly list: readonly CameraView[] | null;
  readonly error: string | null;
  readonly statuses: StatusStore;
  /** Asks the hub for the list again; settles when it is shown. Never rejects: `error` says what went wrong. */
  refetch(): Promise<void>;
}

/** The registered cameras, fetched at the start and whenever the hub says that they changed. */
export function useCameras(api: Api, live: LiveClient | null): Cameras {
  const [list, setList] = useState<readonly CameraView[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const statuses = useMemo(createStatusStore, []);
  const latest = useRef(0);

  const refetch = useCallback(async () => {
    const mine = ++latest.current;
    const askedAtMs = Date.now();
    try {
      const cameras = await api.cameras();
      if (mine !== latest.current) return; // a later request is under way and knows better
      statuses.keepOnly(new Set(cameras.map(({ id }) => id)));
      for (const { id, status } of cameras) statuses.putAnswer(id, status, askedAtMs);
      setList([...cameras].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })));
      setError(null);
    } catch (thrown) {
      if (mine === latest.current) setError(messageOf(thrown));
    }
  }, [api, statuses]);

  useEffect(() => void refetch(), [refetch]);
  useEffect(() => live?.onCamerasChanged(() => void refetch()), [live, refetch]);
  useEffect(() => live?.onStatus((status) => statuses.put(status, Date.now())), [live, statuses]);

  return useMemo(() => ({ list, error, statuses, refetch }), [list, error, statuses, refetch]);
}

/** The newest status of one camera; the component renders again only when that camera's changes. */
export function useCameraStatus(statuses: StatusStore, cameraId: string): CameraStatus | undefined {
  return useSyncExternalStore(statuses.subscribe, () => statuses.get(cameraId));
}

export function useCameraHistory(statuses: StatusStore, cameraId: string): readonly HistoryEntry[] {
  return useSyncExternalStore(statuses.subscribe, () => statuses.history(cameraId));
}
