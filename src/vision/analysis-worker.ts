import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Camera } from '../camera.ts';
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { loadManifest } from '../models/manifest.ts';
import { createLogger } from '../observe/logger.ts';
import { Turns } from '../pipeline/turns.ts';
import { CameraAnalysis } from './camera-analysis.ts';
import { ModelShelf } from './model-shelf.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './worker-protocol.ts';

/**
 * The thread that owns some of the cameras whole: it awaits their packets, decodes, scales, infers and
 * tracks on the spot, so that pixels never cross a thread (docs/decisions/0006). Asked to stop, it
 * releases everything and ends by itself: terminating it with native work in flight would abort the
 * process.
 */
const STATUS_INTERVAL_MS = 1_000;

const settings = workerData as WorkerSettings;
const port = parentPort as MessagePort;
const clock = systemClock;
const log = createLogger(`worker-${settings.index}`, settings.logging);
const models = new ModelShelf(await loadManifest(), settings.modelsDir, clock, log);
const turns = new Turns();

interface Running {
  analysis: CameraAnalysis;
  stop: AbortController;
  done: Promise<void>;
}
const cameras = new Map<string, Running>();
/** Changes of one camera happen one after the other: the old run has released its stream before the new begins. */
const changes = new Map<string, Promise<void>>();
let stopping = false;

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function start(camera: Camera, watching: boolean): void {
  const stop = new AbortController();
  const analysis = new CameraAnalysis(camera, {
    clock,
    log: log.child({ cameraId: camera.id }),
    models,
    turns,
    settings,
    publish: (frame) => send({ type: 'analysed', frame }, frame.jpeg ? [frame.jpeg.buffer] : []),
    changed: () => send({ type: 'status', cameras: [analysis.status()] }),
  });
  analysis.watching = watching;
  const done = analysis.run(stop.signal).catch((err) => {
    log.fatal({ err, cameraId: camera.id }, 'camera analysis crashed');
    throw err; // a programming error: the process restarts with its stack in the log
  });
  cameras.set(camera.id, { analysis, stop, done });
}

async function end(cameraId: string): Promise<boolean> {
  const running = cameras.get(cameraId);
  if (!running) return false;
  running.stop.abort();
  await running.done;
  cameras.delete(cameraId);
  return running.analysis.watching;
}

function change(cameraId: string, action: () => Promise<void>): void {
  const next = (changes.get(cameraId) ?? Promise.resolve()).then(action);
  changes.set(cameraId, next);
  next.then(() => {
    if (changes.get(cameraId) === next) changes.delete(cameraId);
  });
}

/** Starts the camera, or starts it anew when what it plays or how it is analysed has changed. */
async function put(camera: Camera): Promise<void> {
  const running = cameras.get(camera.id);
  if (running?.analysis.camera.revisionAtMs === camera.revisionAtMs) running.analysis.camera = camera;
  else start(camera, await end(camera.id));
}

const statusTimer = setInterval(() => {
  if (cameras.size > 0)
    send({ type: 'status', cameras: Array.from(cameras.values(), ({ analysis }) => analysis.status()) });
}, STATUS_INTERVAL_MS);

async function stopAll(): Promise<void> {
  clearInterval(statusTimer);
  // a camera whose start still waits for its predecessor's end is known to `changes` only
  for (const id of new Set([...cameras.keys(), ...changes.keys()])) {
    change(id, async () => void (await end(id)));
  }
  await Promise.all(changes.values());
  await models.close();
  send({ type: 'stopped' });
  port.close();
}

port.on('message', (message: ToWorker) => {
  if (stopping) return; // what comes after the last word is for another process
  switch (message.type) {
    case 'camera.put':
      change(message.camera.id, () => put(message.camera));
      break;
    case 'camera.remove':
      change(message.cameraId, async () => void (await end(message.cameraId)));
      break;
    case 'watch':
      change(message.cameraId, async () => {
        const running = cameras.get(message.cameraId);
        if (running) running.analysis.watching = message.watching;
      });
      break;
    case 'stop':
      stopping = true;
      stopAll().catch((err) => {
        log.error({ err }, `stopping failed: ${messageOf(err)}`);
        throw err;
      });
  }
});
