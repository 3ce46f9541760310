import { useEffect, useState, useSyncExternalStore } from 'react';
import { type ConnectionState, createLiveClient, type LiveClient } from './live-client.ts';

const NOT_YET: ConnectionState = { phase: 'connecting', reason: null, attempts: 0, hub: null };

/** Keeps one live connection for `token` while the component is mounted. */
export function useSocket(
  token: string,
  onUnauthorized: () => void,
): { live: LiveClient | null; connection: ConnectionState } {
  const [live, setLive] = useState<LiveClient | null>(null);
  useEffect(() => {
    const client = createLiveClient(token, onUnauthorized);
    setLive(client);
    return () => {
      client.close();
      setLive(null);
    };
  }, [token, onUnauthorized]);
  const connection = useSyncExternalStore(
    live ? live.onState : noSubscription,
    live ? live.state : () => NOT_YET,
  );
  return { live, connection };
}

function noSubscription(): () => void {
  return () => {};
}
