import type { Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { CameraStatus } from '../camera.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { Overlay } from '../vision-protocol.ts';
import { Viewer } from './viewer.ts';
import type { Watchers } from './watchers.ts';

const ROOM = /^camera:([a-z0-9-]{1,63})$/;
/** More rooms than one page can show; beyond it a client is broken or hostile. */
const MAX_ROOMS = 256;
/** Nothing a client may say is longer. */
const MAX_MESSAGE_BYTES = 4096;

export interface GatewaySettings {
  readonly server: HttpServer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly watchers: Watchers;
  readonly version: string;
  readonly startedAtMs: number;
  /** Whether a token opens the live channel; wrong ones count against the address they come from. */
  authorized(token: string, address: string): boolean;
  cameraExists(cameraId: string): boolean;
  statuses(): CameraStatus[];
}

/** What the server answers to `join`. */
type JoinAnswer = { ok: true } | { ok: false; code: string; message: string };

export interface LiveGateway {
  /** Sends one analysed frame to those who watch the camera; dropped for a viewer who cannot keep up. */
  overlay(overlay: Overlay, jpeg: Uint8Array | null): void;
  status(status: CameraStatus): void;
  camerasChanged(): void;
  /** Nobody can watch a camera that is gone. */
  cameraRemoved(cameraId: string): void;
  close(): Promise<void>;
}

/**
 * Socket.IO namespace `/live`: clients join `camera:{id}` and get `overlay`, which they acknowledge;
 * everybody gets `camera` (status), `cameras` (the list changed) and may ask `clock`. The token travels in
 * the handshake.
 */
export function createLiveGateway(settings: GatewaySettings): LiveGateway {
  const { clock, log, watchers } = settings;
  const io = new Server(settings.server, {
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    cors: { origin: false },
    // JPEGs do not shrink, and small messages should leave at once
    perMessageDeflate: false,
    httpCompression: false,
  });
  // the default namespace has nothing to offer, and must not hold open sockets without a token
  io.use((_socket, next) => next(new Error('use the namespace /live')));
  const live = io.of('/live');

  live.use((socket, next) => {
    const { token } = socket.handshake.auth;
    if (typeof token === 'string' && settings.authorized(token, socket.handshake.address)) return next();
    const error = new Error('the token is missing or wrong') as Error & { data?: unknown };
    error.data = { code: 'UNAUTHORIZED' };
    next(error);
  });

  /** Who watches each camera. */
  const rooms = new Map<string, Set<Viewer>>();

  live.on('connection', (socket) => {
    const viewer = new Viewer(socket);
    socket.emit('hub', { version: settings.version, startedAtMs: settings.startedAtMs });
    for (const status of settings.statuses()) socket.emit('camera', status);

    socket.on('clock', (answer: unknown) => {
      if (typeof answer === 'function') answer(clock.now());
    });
    socket.on('join', (room: unknown, answer: unknown) => {
      const result = join(viewer, room);
      if (typeof answer === 'function') answer(result);
    });
    socket.on('leave', (room: unknown) => {
      const cameraId = typeof room === 'string' ? ROOM.exec(room)?.[1] : undefined;
      if (cameraId) leave(viewer, cameraId);
    });
    socket.on('disconnect', () => {
      for (const cameraId of [...viewer.cameras]) leave(viewer, cameraId);
    });
    socket.on('error', (err) => log.warn({ err }, 'live socket failed'));
  });

  function join(viewer: Viewer, room: unknown): JoinAnswer {
    const cameraId = typeof room === 'string' ? ROOM.exec(room)?.[1] : undefined;
    if (!cameraId) {
      return { ok: false, code: 'VALIDATION', message: 'a room is "camera:" and the id of a camera' };
    }
    if (!settings.cameraExists(cameraId)) {
      return { ok: false, code: 'CAMERA_NOT_FOUND', message: `no camera ${cameraId}` };
    }
    if (viewer.cameras.has(cameraId)) return { ok: true };
    if (viewer.cameras.size >= MAX_ROOMS) {
      return {
        ok: false,
        code: 'TOO_MANY_REQUESTS',
        message: `at most ${MAX_ROOMS} cameras a connection; leave one first`,
      };
    }
    viewer.cameras.add(cameraId);
    let viewers = rooms.get(cameraId);
    if (!viewers) rooms.set(cameraId, (viewers = new Set()));
    viewers.add(viewer);
    watchers.add(cameraId);
    return { ok: true };
  }

  function leave(viewer: Viewer, cameraId: string): void {
    if (!viewer.cameras.delete(cameraId)) return;
    const viewers = rooms.get(cameraId);
    viewers?.delete(viewer);
    if (viewers?.size === 0) rooms.delete(cameraId);
    watchers.remove(cameraId);
  }

  return {
    overlay(overlay, jpeg) {
      for (const viewer of rooms.get(overlay.cameraId) ?? []) viewer.show(overlay, jpeg);
    },
    status(status) {
      live.emit('camera', status);
    },
    camerasChanged() {
      live.emit('cameras');
    },
    cameraRemoved(cameraId) {
      for (const viewer of [...(rooms.get(cameraId) ?? [])]) leave(viewer, cameraId);
      live.emit('cameras');
    },
    async close() {
      io.disconnectSockets(true);
      await io.close();
    },
  };
}
