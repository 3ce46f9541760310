import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { CameraStatus } from './camera.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config/schema.ts';
import { messageOf } from './errors.ts';
import { openEmbeddedLog } from './log/embedded-log.ts';
import { createLogAppender } from './log/log-appender.ts';
import { createLogger } from './observe/logger.ts';
import { RecentValues } from './pipeline/recent.ts';
import { StageTimes } from './pipeline/stage-times.ts';
import { DeviceHandle } from './vision/device-handle.ts';
import { planInference } from './vision/inference-plan.ts';
import { WorkerPool } from './vision/worker-pool.ts';
import type { AnalysedFrame } from './vision/worker-protocol.ts';
import type { FromVisionNode, ToVisionNode, VisionMetrics } from './vision-protocol.ts';

/** How long the workers may take to release their cameras before the process ends without them. */
const STOP_TIMEOUT_MS = 10_000;
const METRICS_INTERVAL_MS = 1_000;
/** A few frames of every camera of a large wall. */
const MAX_UNTAKEN = 256;

/**
 * The process that touches pixels: it shares its cameras out to analysis workers and puts every analysed
 * frame into the event log. This thread only coordinates.
 *
 * Started by the hub with an IPC channel, which carries `vision-protocol.ts`; it ends when that channel
 * closes, so that no orphan keeps cameras or the log. A worker that fails is replaced; one that hangs or dies
 * without releasing takes the process with it: native state is shared, and the hub starts a fresh one within a second.
 */
export async function runVisionNode(config: Config): Promise<number> {
  /** What the hub says before the workers are there; trying a GPU takes a moment. */
  const early: ToVisionNode[] = [];
  const keep = (message: unknown): void => void early.push(message as ToVisionNode);
  process.on('message', keep);
  const clock = systemClock;
  const log = createLogger('vision', config.logging);
  mkdirSync(config.data.dir, { recursive: true });
  const eventLog = openEmbeddedLog(join(config.data.dir, 'log.db'));
  /** Exposure times of the frames whose messages are not durable yet, by message id. */
  const capturedAtMs = new Map<string, { cameraId: string; ms: number }>();
  const appender = createLogAppender({
    log: {
      append(topic, records) {
        const added = eventLog.append(topic, records);
        for (const { id } of records) becameDurable(id);
        return added;
      },
    },
    clock,
    onError: (err, state) => log.error({ err, ...state }, 'the event log does not accept messages'),
  });

  const stopped = Promise.withResolvers<number>();
  process.once('disconnect', () => stopped.resolve(0));
  // Ctrl-C reaches the whole process group; the hub says when this process is to stop
  process.on('SIGINT', () => undefined);
  process.once('SIGTERM', () => stopped.resolve(0));
  /** Messages handed to the channel and not yet taken by it. */
  let untaken = 0;
  const tellHub = (message: FromVisionNode): void => {
    if (!process.connected) return;
    untaken++;
    process.send?.(message, undefined, {}, () => {
      untaken--;
    });
  };

  /** When each camera's events became durable, which only this thread knows. */
  const latencies = new Map<string, { recent: RecentValues; stages: StageTimes }>();
  const watched = new Set<string>();

  function latencyOf(cameraId: string): { recent: RecentValues; stages: StageTimes } {
    let latency = latencies.get(cameraId);
    if (!latency)
      latencies.set(cameraId, (latency = { recent: new RecentValues(64), stages: new StageTimes() }));
    return latency;
  }

  function onAnalysed(frame: AnalysedFrame): void {
    // a hub that does not keep up gets newer frames, not a growing queue
    if (frame.overlay && watched.has(frame.cameraId) && untaken < MAX_UNTAKEN) {
      tellHub({ type: 'overlay', overlay: frame.overlay, jpeg: frame.jpeg });
    }
    if (frame.message === '') return; // a picture without a model
    const record = { key: frame.cameraId, id: frame.messageId, value: frame.message };
    // before: the append may make it durable at once
    capturedAtMs.set(frame.messageId, { cameraId: frame.cameraId, ms: frame.capturedAtMs });
    // a refused one is counted by the appender as lost
    if (!appender.append('sightline.detections.v1', record)) capturedAtMs.delete(frame.messageId);
  }

  /** An event is a fact from here on: the end of its latency. */
  function becameDurable(messageId: string): void {
    const captured = capturedAtMs.get(messageId);
    if (!captured) return;
    capturedAtMs.delete(messageId);
    if (!workers.has(captured.cameraId)) return; // it was removed meanwhile
    const { recent, stages } = latencyOf(captured.cameraId);
    const latencyMs = Math.max(0, clock.now() - captured.ms);
    recent.push(latencyMs);
    stages.record('captureToEvent', latencyMs);
  }

  /**
   * Writes what is queued. The hub never plays an ended file again, so its last frames must be durable before
   * anybody hears of the end; if the disk fails now, the worker says it again in a second.
   */
  function allDurable(): boolean {
    try {
      appender.flush();
      return true;
    } catch (err) {
      log.warn({ err }, 'the end of a file waits for the event log');
      return false;
    }
  }

  function withLatency(status: CameraStatus): CameraStatus {
    const percentiles = latencies.get(status.cameraId)?.recent.percentiles(0.5, 0.95);
    if (!percentiles) return status;
    const [p50, p95] = percentiles.map((ms) => Math.round(ms));
    return { ...status, latencyMs: { p50, p95 } };
  }

  const { inference } = config.vision;
  const plan = await planInference(inference, log);
  const count = config.vision.workers || availableParallelism();
  const inFlight = plan.device.length > 0 ? picturesInFlight(inference.maxBatch, count) : 1;
  const device = plan.device.length > 0 ? startDevice() : null;
  const workers = new WorkerPool(count, {
    clock,
    log,
    workerData(index) {
      const link = device ? new MessageChannel() : null;
      if (link) device?.link(link.port1);
      return {
        data: {
          index,
          modelsDir: config.models.dir,
          demoDir: config.demo.dir,
          ageBudgetMs: config.vision.ageBudgetMs,
          picture: config.vision.picture,
          logging: config.logging,
          inference: {
            providers: plan.workers,
            refusals: plan.refusals,
            deviceId: inference.deviceId,
            cpuThreads: 1,
          },
          link: link?.port2 ?? null,
          inFlight,
        },
        transfer: link ? [link.port2] : [],
      };
    },
    onMessage: (message) => {
      if (message.type === 'analysed') onAnalysed(message.frame);
      else {
        const statuses = message.cameras.map(({ status }) => withLatency(status));
        tellHub({
          type: 'status',
          statuses: statuses.filter((status) => !hasEnded(status) || allDurable()),
        });
      }
    },
    onLost: restart,
  });

  /** The thread that runs batches of pictures of all workers. */
  function startDevice(): DeviceHandle {
    const { maxBatch, maxWaitMs, deviceId } = inference;
    // ONNX Runtime's binding has no option for it: engines, which take minutes to build, are kept
    process.env.ORT_TENSORRT_ENGINE_CACHE_ENABLE ??= '1';
    process.env.ORT_TENSORRT_CACHE_PATH ??= join(config.data.dir, 'tensorrt');
    return new DeviceHandle(
      {
        providers: plan.device,
        deviceId,
        maxBatch,
        maxWaitMs,
        // a picture may have to wait for one whole run before its own
        maxRunMs: config.vision.ageBudgetMs / 2,
        slotsPerWorker: inFlight,
        logging: config.logging,
      },
      restart,
    );
  }

  function restart(reason: string): void {
    log.fatal({ reason }, 'restarting the vision node');
    stopped.resolve(1);
  }

  let stopping = false;
  function take(message: ToVisionNode): void {
    if (stopping) return;
    switch (message.type) {
      case 'camera.put':
        workers.put(message.camera);
        break;
      case 'camera.remove':
        remove(message.cameraId);
        break;
      case 'watch':
        if (message.watching) watched.add(message.cameraId);
        else watched.delete(message.cameraId);
        workers.watch(message.cameraId, message.watching);
        break;
      case 'stop':
        stopping = true;
        stopped.resolve(0);
    }
  }

  function remove(cameraId: string): void {
    workers.remove(cameraId);
    latencies.delete(cameraId);
    watched.delete(cameraId);
  }

  function metrics(): VisionMetrics {
    const cameras: VisionMetrics['cameras'] = {};
    for (const [cameraId, { stages, waitingFrameAgeMs }] of workers.latest) {
      const { captureToEvent } = latencyOf(cameraId).stages.snapshot();
      cameras[cameraId] = { stages: { ...stages, captureToEvent }, waitingFrameAgeMs };
    }
    const { user, system } = process.cpuUsage();
    return {
      cameras,
      workers: workers.size,
      workerReplacements: workers.replacements,
      inference: device?.queues ?? [],
      logQueue: appender.queued,
      logLost: appender.lost,
      rssBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
    };
  }

  for (const message of early.splice(0)) take(message);
  process.on('message', (message) => take(message as ToVisionNode));
  process.off('message', keep);
  const metricsTimer = setInterval(() => {
    workers.check();
    device?.check();
    tellHub({ type: 'metrics', metrics: metrics() });
  }, METRICS_INTERVAL_MS);
  log.info({ workers: count }, 'vision node ready');

  const code = await stopped.promise;
  clearInterval(metricsTimer);
  // sources before sinks: what the workers analysed last still reaches the log
  const released = await Promise.race([
    // the device last: workers finish what they have under way on it
    workers.stop().then(async () => {
      await device?.stop();
      return true;
    }),
    clock.sleep(STOP_TIMEOUT_MS).then(() => false),
  ]);
  try {
    const unwritten = await appender.close();
    if (unwritten > 0) log.error({ unwritten }, 'analysed frames could not be written to the event log');
    eventLog.close();
  } catch (err) {
    log.error({ err }, `closing the event log failed: ${messageOf(err)}`);
  }
  if (!released) {
    log.error('workers did not stop in time');
    process.kill(process.pid, 'SIGKILL'); // exit() would wait for the native call that hangs
  }
  log.info('vision node stopped');
  return code;
}

/** Pictures that each of `workers` may have on the device or on their way: two batches among them all. */
function picturesInFlight(maxBatch: number, workers: number): number {
  return Math.max(2, Math.ceil((2 * maxBatch) / workers));
}

function hasEnded({ reason }: CameraStatus): boolean {
  return reason?.code === 'STREAM_ENDED';
}
