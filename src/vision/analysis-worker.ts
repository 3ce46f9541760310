import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Camera } from '../camera.ts';
import { systemClock } from '../clock.ts';
import { DemoClips } from '../ingest/demo.ts';
import { findModel } from '../models/resolve.ts';
import { createLogger } from '../observe/logger.ts';
import { DeviceLink } from '../pipeline/inference/batch/device-link.ts';
import { Sessions } from '../pipeline/inference/providers.ts';
import { openSessionRunner } from '../pipeline/inference/session-runner.ts';
import { Turns } from '../pipeline/turns.ts';
import { announceLoading } from './announce-loading.ts';
import { CameraAnalysis } from './camera-analysis.ts';
import { ModelShelf } from './model-shelf.ts';
import { endInOrder } from './thread-end.ts';
import type { FromThread } from './thread-protocol.ts';
import type { FromWorker, ToWorker, WorkerData } from './worker-protocol.ts';

/**
 * The thread that owns some of the cameras whole: it awaits their packets, decodes, scales, infers and
 * tracks on the spot, so that pixels never cross a thread (docs/decisions/0006); where there is a GPU, they cross
 * to its thread. Asked to stop, or failing, it releases everything and ends by itself: terminating it with native
 * work in flight would abort the process.
 */
const STATUS_INTERVAL_MS = 1_000;

const { inference, link: devicePort, inFlight, ...settings } = workerData as WorkerData;
const port = parentPort as MessagePort;
const clock = systemClock;
const log = createLogger(`worker-${settings.index}`, settings.logging);

function send(message: FromWorker | FromThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

const here = announceLoading(openSessionRunner(new Sessions(inference, log)), (loading) =>
  send({ type: 'loading', loading }),
);
const fallback = inference.providers.length > 0 ? here : undefined;
const device = devicePort ? new DeviceLink(devicePort, fallback, log) : undefined;
const models = new ModelShelf({
  find: (name) => findModel(name, settings.modelsDir),
  open: device?.open ?? here,
  clock,
  log,
});
const turns = new Turns(inFlight);
const demo = new DemoClips(settings.demoDir);

interface Running {
  analysis: CameraAnalysis;
  stop: AbortController;
  done: Promise<void>;
}
const cameras = new Map<string, Running>();
/** Changes of one camera happen one after the other: the old run has released its stream before the new begins. */
const changes = new Map<string, Promise<void>>();
let stopping = false;

function start(camera: Camera, watching: boolean): void {
  const stop = new AbortController();
  const analysis = new CameraAnalysis(camera, {
    clock,
    log: log.child({ cameraId: camera.id }),
    models,
    turns,
    demo,
    settings,
    publish: (frame) => send({ type: 'analysed', frame }, frame.jpeg ? [frame.jpeg.buffer] : []),
    changed: () => send({ type: 'status', cameras: [analysis.status()] }),
  });
  analysis.watching = watching;
  const done = analysis.run(stop.signal);
  done.catch((err) => {
    // a programming error: nobody else catches it, so the worker ends and is replaced, its stack in the log
    queueMicrotask(() => {
      throw err;
    });
  });
  cameras.set(camera.id, { analysis, stop, done });
}

async function end(cameraId: string): Promise<boolean> {
  const running = cameras.get(cameraId);
  if (!running) return false;
  running.stop.abort();
  await running.done.catch(() => undefined); // told above
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

/** Starts the camera; one that runs takes the change up, or is started anew where it cannot. */
async function put(camera: Camera): Promise<void> {
  if (!cameras.get(camera.id)?.analysis.update(camera)) start(camera, await end(camera.id));
}

const statusTimer = setInterval(() => {
  // without cameras too: it is the sign of life
  send({ type: 'status', cameras: Array.from(cameras.values(), ({ analysis }) => analysis.status()) });
  void models.sweep();
  thread.checkHeap();
}, STATUS_INTERVAL_MS);

const thread = endInOrder(port, log, async () => {
  stopping = true;
  clearInterval(statusTimer);
  // a camera whose start still waits for its predecessor's end is known to `changes` only
  const ids = new Set([...cameras.keys(), ...changes.keys()]);
  for (const id of ids) {
    change(id, async () => {
      const running = cameras.get(id);
      await end(id);
      if (running) send({ type: 'ended', cameras: [running.analysis.status()] });
    });
  }
  await Promise.all(changes.values());
  await models.close();
  device?.close();
});

port.on('message', (message: ToWorker) => {
  if (stopping) return; // what comes after the last word is for another worker
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
      thread.stop();
  }
});
