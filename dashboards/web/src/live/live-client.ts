import { io } from 'socket.io-client';
import type { CameraStatus } from '../../../../src/camera.ts';
import type { Overlay } from '../../../../src/vision-protocol.ts';
import type { ClockSample } from './clock-offset.ts';
import { createRooms } from './rooms.ts';

export interface HubInfo {
  readonly version: string;
  readonly startedAtMs: number;
}

export interface ConnectionState {
  readonly phase: 'connecting' | 'online' | 'offline';
  /** Why there is no connection, for people. */
  readonly reason: string | null;
  readonly attempts: number;
  readonly hub: HubInfo | null;
}

/** Somebody looking at a camera. */
export interface Viewer {
  /** A frame's objects and, when it is one that can be shown, that very frame as a JPEG. */
  onOverlay(overlay: Overlay, jpeg: ArrayBuffer | null): void;
  /** The hub would not let us watch, and why; null when it does. */
  onRefused(message: string | null): void;
}

/** The live connection to the hub, for one token; it reconnects for ever until closed. */
export interface LiveClient {
  state(): ConnectionState;
  onState(listener: () => void): () => void;
  onStatus(listener: (status: CameraStatus) => void): () => void;
  /** The list of cameras may have changed: after every (re)connection and whenever the hub says so. */
  onCamerasChanged(listener: () => void): () => void;
  /** Watches a camera until the returned function is called, over reconnections too. */
  watch(cameraId: string, viewer: Viewer): () => void;
  /** Asks the hub for its time. Rejects when there is no answer within two seconds. */
  askClock(): Promise<ClockSample>;
  retryNow(): void;
  close(): void;
}

type JoinAnswer = { ok: true } | { ok: false; code: string; message: string };

const MAX_RETRY_MS = 3000;
const ACK_TIMEOUT_MS = 5000;

/**
 * Connects to the namespace `/live`.
 *
 * @param onUnauthorized called when the hub does not take the token; the client then stays disconnected
 */
export function createLiveClient(token: string, onUnauthorized: () => void): LiveClient {
  const socket = io('/live', {
    auth: { token },
    // straight to a web socket: long polling first would cost a second round trip and reorder nothing
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 300,
    reconnectionDelayMax: MAX_RETRY_MS,
    timeout: 5000,
  });
  const stateListeners = new Set<() => void>();
  const statusListeners = new Set<(status: CameraStatus) => void>();
  const listListeners = new Set<() => void>();
  let state: ConnectionState = { phase: 'connecting', reason: null, attempts: 0, hub: null };
  let closed = false;
  let again: ReturnType<typeof setTimeout> | undefined;

  const rooms = createRooms<Viewer>({
    join: (cameraId) =>
      new Promise((resolve) => {
        if (!socket.connected) return resolve({ ok: false, message: 'not connected', isFinal: true });
        socket
          .timeout(ACK_TIMEOUT_MS)
          .emit('join', `camera:${cameraId}`, (error: unknown, answer?: JoinAnswer) => {
            if (error || !answer) resolve({ ok: false, message: 'The hub did not answer.', isFinal: false });
            else resolve(answer.ok ? answer : { ok: false, message: answer.message, isFinal: false });
          });
      }),
    leave: (cameraId) => {
      if (socket.connected) socket.emit('leave', `camera:${cameraId}`);
    },
    refused: (viewer, message) => viewer.onRefused(message),
  });

  function change(next: Partial<ConnectionState>): void {
    state = { ...state, ...next };
    for (const listener of stateListeners) listener();
  }

  socket.on('connect', () => {
    change({ phase: 'online', reason: null, attempts: 0 });
    rooms.rejoin();
    for (const listener of listListeners) listener();
  });
  socket.on('disconnect', (reason) => {
    if (closed) return;
    change({ phase: 'offline', reason: 'The connection to the hub was lost.' });
    // the one reason after which socket.io does not reconnect by itself
    if (reason === 'io server disconnect') again = setTimeout(() => socket.connect(), MAX_RETRY_MS);
  });
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    if (closed) return;
    if (error.data?.code === 'UNAUTHORIZED') {
      onUnauthorized();
      return;
    }
    const reason = error.data?.code ? error.message : 'The hub cannot be reached.';
    change({ phase: 'offline', reason, attempts: state.attempts + 1 });
    if (!socket.active) again = setTimeout(() => socket.connect(), MAX_RETRY_MS);
  });
  socket.on('hub', (hub: HubInfo) => change({ hub }));
  socket.on('camera', (status: CameraStatus) => {
    for (const listener of statusListeners) listener(status);
  });
  socket.on('cameras', () => {
    rooms.rejoin(); // a camera that was removed and registered again has put everybody out of its room
    for (const listener of listListeners) listener();
  });
  socket.on('overlay', (overlay: Overlay, jpeg?: ArrayBuffer | null, received?: () => void) => {
    received?.(); // a hub that paces itself by what has arrived may send the next one now
    for (const viewer of rooms.members(overlay.cameraId)) viewer.onOverlay(overlay, jpeg ?? null);
  });

  return {
    state: () => state,
    onState: (listener) => addTo(stateListeners, listener),
    onStatus: (listener) => addTo(statusListeners, listener),
    onCamerasChanged: (listener) => addTo(listListeners, listener),
    watch: (cameraId, viewer) => rooms.add(cameraId, viewer),
    async askClock() {
      const sentAtMs = performance.now();
      const serverNowMs: number = await socket.timeout(2000).emitWithAck('clock');
      return { sentAtMs, receivedAtMs: performance.now(), serverNowMs };
    },
    retryNow() {
      clearTimeout(again);
      // a connection attempt already waiting for its turn is dropped in favour of this one
      socket.disconnect();
      socket.connect();
    },
    close() {
      closed = true;
      clearTimeout(again);
      rooms.close();
      socket.disconnect();
    },
  };
}

function addTo<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}
