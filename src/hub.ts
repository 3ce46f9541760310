import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buildApi } from './api/app.ts';
import { createGuard } from './auth/guard.ts';
import { createTokens } from './auth/tokens.ts';
import type { Camera } from './camera.ts';
import { systemClock } from './clock.ts';
import { PROJECT_DIR } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { demoCameras } from './demo/demo-cameras.ts';
import { rtspPortFree, rtspUrls, superviseRtspServer } from './demo/rtsp-server.ts';
import { EngineError, messageOf } from './errors.ts';
import { createLiveGateway } from './live/gateway.ts';
import { PictureWaiters } from './live/picture-waiters.ts';
import { StatusBoard } from './live/status-board.ts';
import { Watchers } from './live/watchers.ts';
import { openEmbeddedLog } from './log/embedded-log.ts';
import { defaultModel } from './models/default-model.ts';
import { listModels } from './models/list.ts';
import { loadManifest } from './models/manifest.ts';
import { createLogger } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import { openCameraRegistry } from './registry/camera-registry.ts';
import { openSecrets } from './registry/secrets.ts';
import { createStoreClient } from './store/client.ts';
import { runUserQuery } from './store/query.ts';
import { runStoreWriter, type StoreWriter } from './store/writer.ts';
import { type Child, supervise } from './supervise.ts';
import { VERSION } from './version.ts';
import type { FromVisionNode, ToVisionNode, VisionMetrics } from './vision-protocol.ts';

/**
 * How long each child may take to end: the vision node releases its cameras, the store closes its tables. The
 * keeper's patience with the hub (bin/keeper.mjs) is longer than both together, and the RTSP server's 2 s besides.
 */
const VISION_STOP_TIMEOUT_MS = 12_000;
const STORE_STOP_TIMEOUT_MS = 10_000;
/** Enough for more cameras than one machine decodes; an idle thread costs some kilobytes. */
const VISION_POOL_THREADS = 256;

export interface HubOptions {
  readonly config: Config;
  /** Aborted when the hub shall stop. */
  readonly signal: AbortSignal;
  /** Called once when it serves. */
  onServing(info: ServingInfo): void;
  /** Whether a new data directory is given the demo cameras. Default: yes. */
  readonly demo?: boolean;
  /** Where the demo clips are served over RTSP, and taken from by the demo cameras of a new data directory. */
  readonly rtspPort?: number;
}

export interface ServingInfo {
  readonly url: string;
  readonly token: string;
  readonly tokenGenerated: boolean;
  readonly cameras: number;
  /** How many of them are demo cameras. */
  readonly demoCameras: number;
  /** Where the demo clips are served. */
  readonly rtspUrls: readonly string[];
}

/**
 * The process that people and programs talk to: API, dashboard, live gateway, registry, and the writer from
 * the event log to the store. It starts and supervises the vision node and, unless a ClickHouse URL is
 * configured, the embedded store. No picture is decoded here.
 *
 * Resolves when `signal` has aborted and everything is released: sources first, sinks last.
 *
 * @throws EngineError PORT_IN_USE, DATA_NOT_WRITABLE, DATA_IN_USE: nothing was started then, and a new data directory
 *   has not begun
 */
export async function runHub(options: HubOptions): Promise<void> {
  const { config, signal, onServing, demo = true, rtspPort } = options;
  const clock = systemClock;
  const startedAtMs = clock.now();
  const log = createLogger('hub', config.logging);
  const { dir } = config.data;
  await using stack = new AsyncDisposableStack();

  const secrets = openSecrets(join(dir, 'secret.key'));
  const registry = openCameraRegistry({
    path: join(dir, 'registry.db'),
    secrets,
    clock,
    files: config.files,
    defaultModel: await defaultModel(config.models.dir),
  });
  stack.defer(() => registry.close());
  registry.syncFromConfig(config.cameras);
  if (rtspPort !== undefined) await rtspPortFree(rtspPort, clock); // before cameras are kept that name it
  const tokens = createTokens({ dir, token: config.auth.token });
  const guard = createGuard({ tokens, clock });
  if (tokens.weak) log.warn('the access token is short and can be guessed: use 16 characters or more');
  const eventLog = openEmbeddedLog(join(dir, 'log.db'));
  stack.defer(() => eventLog.close());

  const board = new StatusBoard(clock);
  let vision: Child | undefined;
  let writer: StoreWriter | undefined;
  const watchers = new Watchers((cameraId, watching) => vision?.send(watch(cameraId, watching)));
  const pictures = new PictureWaiters(watchers);
  const metrics = createMetrics();
  let visionMetrics: VisionMetrics | null = null;

  // the address is taken before anything is started: a second Sightline ends here with one clear line
  const store = await storeAddress(config);
  const client = createStoreClient(store);
  stack.defer(() => client.close());

  const api = await buildApi({
    config,
    cameras: registry,
    statusOf: (cameraId) => board.of(cameraId),
    query: (request, abort) =>
      runUserQuery(
        client,
        request,
        { timeoutS: config.store.queryTimeoutS, maxRows: config.store.queryMaxRows },
        abort,
      ),
    snapshot: (cameraId, abort) => pictures.next(cameraId, abort),
    readiness: async () => {
      const storeUp = await client.ping().then(({ success }) => success);
      const parts = { vision: { up: visionMetrics !== null }, store: { up: storeUp } };
      return { ready: parts.vision.up && parts.store.up, parts };
    },
    metricsText: () =>
      metrics.text({ statuses: board.all(), vision: visionMetrics, writer: writer?.metrics() }),
    models: () => listModels(config.models.dir),
    modelsProblem: async () => (await loadManifest(config.models.dir)).problem?.message ?? null,
    guard,
    log,
    dashboardDir: join(PROJECT_DIR, 'dashboards', 'web', 'dist'),
    version: VERSION,
  });
  stack.defer(() => api.close());
  const gateway = createLiveGateway({
    server: api.server,
    clock,
    log,
    watchers,
    version: VERSION,
    startedAtMs,
    authorized: (token, address) => guard.check(token, address).allowed,
    cameraExists: (cameraId) => registry.get(cameraId) !== undefined,
    statuses: () => board.all(),
  });
  stack.defer(() => gateway.close());
  const url = await listen(api, config);

  // only now: a start that failed must not decide with what the next one begins; a directory with a history has the
  // cameras that its people want
  registry.begin(demo ? demoCameras(config.demo.dir, rtspPort) : []);
  for (const camera of registry.list()) board.put(camera, registry.problemOf(camera.id));

  const storeReady = Promise.withResolvers<void>();
  if (config.store.url) storeReady.resolve();
  else {
    const storeProcess = supervise({
      name: 'store',
      args: ['store'],
      env: {
        SIGHTLINE_STORE_PATH: join(dir, 'store'),
        SIGHTLINE_STORE_PORT: new URL(store.url).port,
        SIGHTLINE_STORE_PASSWORD: store.password,
      },
      clock,
      log,
      onMessage: (message) => {
        const { type, port } = message as { type: string; port: number };
        if (type !== 'ready') return;
        client.moveTo(`http://127.0.0.1:${port}`); // somebody may have taken the port between two runs
        storeReady.resolve();
      },
      stopTimeoutMs: STORE_STOP_TIMEOUT_MS,
    });
    stack.defer(() => storeProcess.stop());
  }

  const stopWriter = new AbortController();
  storeReady.promise.then(() => {
    if (stopWriter.signal.aborted) return;
    writer = runStoreWriter({ log: eventLog, client, clock, logger: log, signal: stopWriter.signal, config });
  });
  stack.defer(async () => {
    stopWriter.abort();
    await writer?.done;
  });

  if (rtspPort !== undefined) {
    const rtspServer = superviseRtspServer({ dir: config.demo.dir, port: rtspPort, clock, log });
    stack.defer(() => rtspServer.stop());
  }

  vision = supervise({
    name: 'vision',
    args: ['node'],
    // every camera's pending read holds a thread of libuv's pool, an open or a close another
    env: {
      UV_THREADPOOL_SIZE: String(Math.max(VISION_POOL_THREADS, Number(process.env.UV_THREADPOOL_SIZE) || 0)),
    },
    clock,
    log,
    onStart: (send) => {
      for (const camera of registry.list()) if (runs(camera)) send(put(camera));
      for (const cameraId of watchers.watched()) send(watch(cameraId, true));
    },
    onMessage: (message) => onVision(message as FromVisionNode),
    onDied: () => {
      visionMetrics = null;
      for (const status of board.visionLost()) gateway.status(status);
    },
    stopTimeoutMs: VISION_STOP_TIMEOUT_MS,
  });
  stack.defer(() => vision?.stop());

  function onVision(message: FromVisionNode): void {
    switch (message.type) {
      case 'status':
        for (const status of message.statuses) {
          if (!board.report(status)) continue;
          gateway.status(status);
          if (status.reason?.code === 'STREAM_ENDED') {
            registry.markPlayedOut(status.cameraId, status.revisionAtMs);
          }
        }
        return;
      case 'overlay':
        gateway.overlay(message.overlay, message.jpeg);
        if (message.jpeg) pictures.picture(message.overlay.cameraId, message.jpeg);
        return;
      case 'metrics':
        visionMetrics = message.metrics;
    }
  }

  registry.onChange((change) => {
    if (change.type === 'remove') {
      board.remove(change.cameraId);
      vision?.send({ type: 'camera.remove', cameraId: change.cameraId } satisfies ToVisionNode);
      gateway.cameraRemoved(change.cameraId);
      return;
    }
    const { camera } = change;
    vision?.send(runs(camera) ? put(camera) : { type: 'camera.remove', cameraId: camera.id });
    // the vision node forgot who watches with the camera it knew
    if (watchers.has(camera.id)) vision?.send(watch(camera.id, true));
    gateway.status(board.put(camera, registry.problemOf(camera.id)));
    gateway.camerasChanged();
  });

  onServing({
    url,
    token: tokens.adminToken,
    tokenGenerated: tokens.generated,
    cameras: registry.list().length,
    demoCameras: registry.list().filter(({ source }) => source.kind === 'demo').length,
    rtspUrls: rtspPort === undefined ? [] : rtspUrls(config.demo.dir, rtspPort),
  });
  log.info({ url, data: dir, version: VERSION }, 'serving');
  await new Promise<void>((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  log.info('stopping');
}

/** Whether the vision node has anything to do for it. */
function runs(camera: Camera): boolean {
  return camera.enabled && !camera.playedOut;
}

function put(camera: Camera): ToVisionNode {
  return { type: 'camera.put', camera };
}

function watch(cameraId: string, watching: boolean): ToVisionNode {
  return { type: 'watch', cameraId, watching };
}

/** Where the tables are: the configured server, or a loopback port of our own with a fresh password. */
async function storeAddress(config: Config): Promise<{ url: string; username: string; password: string }> {
  const { url, username, password } = config.store;
  if (url) return { url, username, password };
  const port = await freePort();
  return {
    url: `http://127.0.0.1:${port}`,
    username: 'default',
    password: randomBytes(24).toString('base64url'),
  };
}

/** A free loopback port; the store process takes it if it still can, and says which one it has. */
function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

async function listen(api: Awaited<ReturnType<typeof buildApi>>, config: Config): Promise<string> {
  const { host, port } = config.server;
  try {
    await api.listen({ host, port });
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code;
    const remedy = 'choose another with SIGHTLINE_PORT, or stop the program that has it';
    if (code === 'EADDRINUSE') {
      throw new EngineError('PORT_IN_USE', `port ${port} is in use: ${remedy}`, { cause: err });
    }
    if (code === 'EACCES') {
      throw new EngineError('PORT_IN_USE', `port ${port} needs privileges: ${remedy}`, { cause: err });
    }
    throw new EngineError('PORT_IN_USE', `cannot listen on ${host}:${port}: ${messageOf(err)}`, {
      cause: err,
    });
  }
  const address = api.server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${bound}`;
}
