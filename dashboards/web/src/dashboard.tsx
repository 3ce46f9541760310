import { useCallback, useMemo, useState } from 'react';
import { createApi } from './api.ts';
import { CameraDialogs, type DialogRequest } from './camera/camera-dialogs.tsx';
import { CameraPage } from './camera/camera-page.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Header } from './header.tsx';
import { useCameras } from './live/use-cameras.ts';
import { useClockOffset } from './live/use-clock-offset.ts';
import { useSocket } from './live/use-socket.ts';
import { QueryPage } from './query/query-page.tsx';
import { Toasts, useToasts } from './ui/toasts.tsx';
import { useRoute } from './ui/use-route.ts';
import { Wall } from './wall/wall.tsx';

/** Everything behind the token: one live connection and one list of cameras, shared by the pages. */
export function Dashboard({
  token,
  onUnauthorized,
  onSignOut,
}: {
  token: string;
  onUnauthorized: () => void;
  onSignOut: () => void;
}) {
  const route = useRoute();
  const api = useMemo(() => createApi(token, onUnauthorized), [token, onUnauthorized]);
  const { live, connection } = useSocket(token, onUnauthorized);
  const cameras = useCameras(api, live);
  const clock = useClockOffset(live, connection.phase);
  const { toasts, say } = useToasts();
  const [request, setRequest] = useState<DialogRequest | null>(null);
  const closeDialog = useCallback(() => setRequest(null), []);
  const shared = {
    api,
    live,
    clock,
    cameras,
    onRequest: setRequest,
    isOnline: connection.phase === 'online',
  };

  return (
    <div className="flex min-h-dvh flex-col">
      {/* no link: the fragment names the page */}
      <button
        type="button"
        onClick={() => document.getElementById('main')?.focus()}
        className="sr-only focus:not-sr-only focus:absolute focus:z-30 focus:bg-surface focus:p-2"
      >
        Skip to the content
      </button>
      <Header route={route} connection={connection} cameras={cameras} onSignOut={onSignOut} />
      <ConnectionBanner connection={connection} onRetry={() => live?.retryNow()} />
      <main id="main" tabIndex={-1} className="flex-1 p-3 outline-none sm:p-4">
        {route.page === 'wall' && <Wall {...shared} />}
        {route.page === 'camera' && <CameraPage key={route.cameraId} cameraId={route.cameraId} {...shared} />}
        {route.page === 'query' && <QueryPage api={api} />}
      </main>
      {request && (
        <CameraDialogs request={request} api={api} cameras={cameras} onClose={closeDialog} onDone={say} />
      )}
      <Toasts toasts={toasts} />
    </div>
  );
}
