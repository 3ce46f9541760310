/**
 * A double of the hub, for looking at the dashboard without cameras: it serves the built files, the parts
 * of the API that the dashboard uses, and a live channel with synthetic pictures. It analyses nothing.
 *
 *   node dashboards/web/dev/fake-hub.mjs [--port 8090] [--empty] [--dist folder]     token: dev
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Server } from 'socket.io';
import { fakeCamera, fakeCameras, withDefaults } from './fake-cameras.mjs';
import { createScene } from './fake-scene.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '8090' },
    empty: { type: 'boolean', default: false },
    dist: { type: 'string' },
  },
});
const TOKEN = 'dev';
const LABELS = ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'truck', 'traffic light', 'cat', 'dog'];
const PICTURES_PER_SECOND = 8;
const startedAtMs = Date.now();
const cameras = fakeCameras(options.empty, startedAtMs);
const dist = options.dist ? pathToFileURL(`${options.dist}/`) : new URL('../dist/', import.meta.url);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://hub');
  if (pathname.startsWith('/api/v1/')) return answerApi(request, response, pathname.slice('/api/v1'.length));
  if (pathname === '/debug/rooms') {
    const watched = [...cameras.keys()].filter((id) => live.adapter.rooms.has(`camera:${id}`));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(watched));
    return;
  }
  try {
    const file = new URL(`.${pathname === '/' ? '/index.html' : pathname}`, dist);
    const content = await readFile(fileURLToPath(file));
    response.writeHead(200, {
      'content-type': TYPES[extname(file.pathname)] ?? 'application/octet-stream',
      // stricter than the hub has to be: whatever the dashboard needs beyond itself shows here
      'content-security-policy': "default-src 'self'",
    });
    response.end(content);
  } catch {
    response.writeHead(404).end('not found');
  }
});

async function answerApi(request, response, path) {
  const reply = (status, body) => {
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type }).end(body === undefined ? '' : JSON.stringify(body));
  };
  const refuse = (status, code, detail, errors) =>
    reply(status, { type: 'about:blank', title: code, status, code, detail, ...(errors ? { errors } : {}) });
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return refuse(401, 'UNAUTHORIZED', 'wrong token');
  let text = '';
  for await (const chunk of request) text += chunk;
  const body = text ? JSON.parse(text) : {};
  const id = /^\/cameras\/([a-z0-9-]+)$/.exec(path)?.[1];
  const view = ({ camera, status }) => ({ ...camera, status: status(Date.now()) });

  if (path === '/cameras' && request.method === 'GET') {
    return reply(200, { cameras: [...cameras.values()].map(view) });
  }
  if (path === '/cameras' && request.method === 'POST') {
    if (cameras.has(body.id)) return refuse(409, 'CAMERA_EXISTS', `camera ${body.id} exists`);
    if (body.source.url?.includes(' ')) {
      const errors = [{ path: '/source/url', message: 'must be a URL without spaces' }];
      return refuse(400, 'VALIDATION', '1 mistake in the request', errors);
    }
    if (body.analytics?.thresholds?.cat > 0.9) {
      const errors = [{ path: 'analytics.thresholds.cat', message: 'no cat is as certain as that' }];
      return refuse(400, 'VALIDATION', '1 mistake in the request', errors);
    }
    const nowMs = Date.now();
    const spec = { ...body, size: [1280, 720], people: 7, state: 'connecting', liveAtMs: nowMs + 1500 };
    const added = fakeCamera(spec, nowMs);
    cameras.set(body.id, added);
    live.emit('cameras');
    return reply(201, view(added));
  }
  if (path === '/models') {
    const remedy = 'model yolox-s is not in models/weights: run "npx sightline model pull yolox-s"';
    const all = { version: '0.1.1', task: 'detection', licence: 'Apache-2.0', labels: LABELS, remedy: null };
    return reply(200, {
      default: 'yolox-nano',
      models: [
        { ...all, name: 'yolox-nano', state: 'ready' },
        { ...all, name: 'deimv2-femto', state: 'ready' },
        { ...all, name: 'yolox-s', state: 'missing', remedy },
        { ...all, name: 'osnet-x0-25', task: 'embedding', labels: [], state: 'ready' },
      ],
    });
  }
  if (path === '/query') return answerQuery(body.sql, reply, refuse);
  const truthOf = /^\/cameras\/([a-z0-9-]+)\/truth$/.exec(path)?.[1];
  if (truthOf) {
    const { spec, camera } = cameras.get(truthOf) ?? {};
    if (camera?.source.kind !== 'demo') return refuse(404, 'TRUTH_NOT_FOUND', 'only demo cameras have a truth');
    return reply(200, fakeTruth(spec));
  }
  const known = id && cameras.get(id);
  if (!known) return refuse(404, 'CAMERA_NOT_FOUND', `no camera ${id}`);
  if (request.method === 'DELETE') {
    cameras.delete(id);
    reply(204);
  } else {
    const { analytics } = known.camera;
    const changed = { ...analytics, ...body.analytics };
    if (body.analytics?.thresholds) changed.thresholds = { ...analytics.thresholds, ...body.analytics.thresholds };
    Object.assign(known.camera, body);
    known.camera.analytics = withDefaults(changed, known.camera.source);
    reply(200, view(known));
    live.emit('camera', known.status(Date.now()));
  }
  live.emit('cameras');
}

/** Frames in which as many people are true as the scene has walkers, one of them now and then too hidden to count. */
function fakeTruth({ people }) {
  const frames = 1500;
  const zeros = () => Array.from({ length: frames }, () => 0);
  const none = () => ({ bicycle: zeros(), car: zeros(), bus: zeros(), truck: zeros() });
  const hidden = Array.from({ length: frames }, (_, i) => Number(i % 250 < 50));
  return {
    clip: 'junction',
    condition: 'day',
    width: 1280,
    height: 720,
    fps: 25,
    frames,
    lines: [],
    zones: [],
    counted: { person: hidden.map((one) => people - one), ...none() },
    doubtful: { person: hidden, ...none() },
  };
}

function answerQuery(sql, reply, refuse) {
  if (!/^\s*select/i.test(sql)) {
    return refuse(400, 'QUERY_REJECTED', 'only one SELECT over the tables of Sightline is allowed');
  }
  const columns = [
    { name: 'camera', type: 'LowCardinality(String)' },
    { name: 'label', type: 'LowCardinality(String)' },
    { name: 'tracks', type: 'UInt64' },
    { name: 'mean confidence', type: 'Nullable(Float64)' },
  ];
  const rows = /1 *= *0/.test(sql)
    ? []
    : Array.from({ length: 14 }, (_, i) => [
        ['gate', 'car-park', 'corridor'][i % 3],
        ['person', 'car', 'bicycle', 'dog'][i % 4],
        (1400 / (i + 1)) | 0,
        i % 5 === 4 ? null : 0.9123456789 / (1 + i / 20),
      ]);
  reply(200, { columns, rows, rowCount: rows.length, truncated: /limit/i.test(sql), elapsedMs: 7.4 });
}

const live = new Server(server, { perMessageDeflate: false }).of('/live');
live.use((socket, next) => {
  if (socket.handshake.auth.token === TOKEN) return next();
  next(Object.assign(new Error('the token is missing or wrong'), { data: { code: 'UNAUTHORIZED' } }));
});
live.on('connection', (socket) => {
  socket.emit('hub', { version: '0.1.0', startedAtMs });
  for (const { status } of cameras.values()) socket.emit('camera', status(Date.now()));
  socket.on('clock', (answer) => answer(Date.now()));
  socket.on('join', (room, answer) => {
    const exists = cameras.has(room.slice('camera:'.length));
    if (exists) socket.join(room);
    answer(exists ? { ok: true } : { ok: false, code: 'CAMERA_NOT_FOUND', message: `no ${room}` });
  });
  socket.on('leave', (room) => socket.leave(room));
});

/**
 * Sends a picture unless two of that camera are still on their way to the viewer. Socket.IO's `volatile`
 * will not do: it drops whatever is sent while anything else of the same tick is still being written.
 */
function send(socket, overlay, jpeg) {
  const underWay = (socket.data.underWay ??= new Map());
  const count = underWay.get(overlay.cameraId) ?? 0;
  if (count >= 2) return;
  underWay.set(overlay.cameraId, count + 1);
  socket.timeout(2000).emit('overlay', overlay, jpeg, () => {
    underWay.set(overlay.cameraId, underWay.get(overlay.cameraId) - 1);
  });
}

const scenes = new Map();
let seq = 0;
const pictures = setInterval(() => {
  seq++;
  for (const { camera, spec, isLive } of cameras.values()) {
    const room = live.adapter.rooms.get(`camera:${camera.id}`);
    if (!room?.size || !isLive()) continue;
    if (spec.isStill && seq % (2 * PICTURES_PER_SECOND) !== 0) continue; // the heartbeat of the motion gate
    const [width, height] = spec.size;
    if (!scenes.has(camera.id)) {
      scenes.set(camera.id, createScene({ width, height, people: spec.people, seed: camera.id.length }));
    }
    const capturedAtMs = Date.now();
    const { jpeg, objects } = scenes.get(camera.id).next(capturedAtMs);
    const firstTrack = Math.floor(startedAtMs / 1000) * 2 ** 20;
    const overlay = {
      cameraId: camera.id,
      run: `${startedAtMs}`,
      seq,
      ptsMs: capturedAtMs - startedAtMs,
      capturedAtMs,
      analysedAtMs: Date.now(),
      width,
      height,
      objects: objects.map(({ trackNumber, ...object }) =>
        trackNumber === undefined ? object : { ...object, track: firstTrack + trackNumber },
      ),
    };
    for (const id of room) send(live.sockets.get(id), overlay, jpeg);
    // as from an engine that analyses more frames than it encodes: a frame without its picture
    live.to(`camera:${camera.id}`).volatile.emit('overlay', { ...overlay, seq: seq + 0.5, objects: [] }, null);
  }
}, 1000 / PICTURES_PER_SECOND);
const statuses = setInterval(() => {
  for (const camera of cameras.values()) {
    camera.tick(Date.now());
    live.emit('camera', camera.status(Date.now()));
  }
}, 1000);

server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`double of the hub: http://127.0.0.1:${server.address().port}/#token=${TOKEN}`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    clearInterval(pictures);
    clearInterval(statuses);
    live.server.close();
    for (const scene of scenes.values()) scene.close();
  });
}
