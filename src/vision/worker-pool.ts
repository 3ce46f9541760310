import type { Transferable, WorkerOptions } from 'node:worker_threads';
import { type Camera, type CameraStatus, playsOnce } from '../camera.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../observe/logger.ts';
import { CarriedCounts } from './carried-counts.ts';
import { WorkerHandle } from './worker-handle.ts';
import type { FromWorker, ToWorker, WorkerCameraStatus, WorkerData } from './worker-protocol.ts';

const ANALYSIS_WORKER = new URL('./analysis-worker.ts', import.meta.url);
/** The first failure is mended at once, those that follow within `CALM_MS` ever more slowly. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const CALM_MS = 60_000;

export interface PoolContext {
  readonly clock: Clock;
  readonly log: Logger;
  /** What the worker of this index is started with; again for each that replaces it. */
  workerData(index: number): { readonly data: WorkerData; readonly transfer: Transferable[] };
  onMessage(message: Exclude<FromWorker, { type: 'ended' }>): void;
  /** A worker is lost, and native state with it: the process must end. */
  onLost(reason: string): void;
}

type AnalysisHandle = WorkerHandle<ToWorker, FromWorker>;

interface Seat {
  readonly index: number;
  /** Null while one that failed is being replaced. */
  worker: AnalysisHandle | null;
  /** What its cameras should be, for a worker that takes the place of one that failed. */
  readonly cameras: Map<string, { camera: Camera; watching: boolean }>;
  replaced: number;
  failedAtMs: number;
  pauseMs: number;
}

/**
 * The analysis workers, and which camera is with which of them.
 *
 * A worker that fails ends in order and another takes its seat and its cameras; those of other workers do not
 * notice. What cannot be mended in this process is told to `onLost`.
 */
export class WorkerPool {
  readonly #context: PoolContext;
  readonly #seats: Seat[];
  readonly #seatOf = new Map<string, Seat>();
  readonly #carried = new CarriedCounts();
  readonly #latest = new Map<string, WorkerCameraStatus>();
  readonly #stop = new AbortController();
  readonly #options: WorkerOptions;

  /** @param options of every thread; a test limits its memory by it */
  constructor(count: number, context: PoolContext, options: WorkerOptions = {}) {
    this.#context = context;
    this.#options = options;
    this.#seats = Array.from({ length: count }, (_, index) => ({
      index,
      worker: null,
      cameras: new Map(),
      replaced: 0,
      failedAtMs: Number.NEGATIVE_INFINITY,
      pauseMs: 0,
    }));
    for (const seat of this.#seats) seat.worker = this.#start(seat);
  }

  get size(): number {
    return this.#seats.length;
  }

  /** How many workers have taken the place of one that failed. */
  get replacements(): number {
    return this.#seats.reduce((sum, { replaced }) => sum + replaced, 0);
  }

  has(cameraId: string): boolean {
    return this.#seatOf.has(cameraId);
  }

  /** The last status of every camera. */
  get latest(): ReadonlyMap<string, WorkerCameraStatus> {
    return this.#latest;
  }

  /** A camera stays with its worker; a new one goes to the worker with the fewest. */
  put(camera: Camera): void {
    let seat = this.#seatOf.get(camera.id);
    if (!seat) {
      seat = this.#seats.reduce((least, next) => (next.cameras.size < least.cameras.size ? next : least));
      this.#seatOf.set(camera.id, seat);
    }
    seat.cameras.set(camera.id, { camera, watching: seat.cameras.get(camera.id)?.watching ?? false });
    seat.worker?.send({ type: 'camera.put', camera });
  }

  remove(cameraId: string): void {
    const seat = this.#seatOf.get(cameraId);
    if (!seat) return;
    seat.worker?.send({ type: 'camera.remove', cameraId });
    seat.cameras.delete(cameraId);
    this.#seatOf.delete(cameraId);
    this.#latest.delete(cameraId);
    this.#carried.forget(cameraId);
  }

  watch(cameraId: string, watching: boolean): void {
    const seat = this.#seatOf.get(cameraId);
    const held = seat?.cameras.get(cameraId);
    if (!seat || !held) return;
    held.watching = watching;
    seat.worker?.send({ type: 'watch', cameraId, watching });
  }

  /** To be called about once a second. */
  check(): void {
    for (const { worker } of this.#seats) worker?.check();
  }

  /** Asks all to stop; resolves when their threads have ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#seats.map(({ worker }) => worker?.stop()));
  }

  #start(seat: Seat): AnalysisHandle {
    const { data, transfer } = this.#context.workerData(seat.index);
    const options: WorkerOptions = {
      ...this.#options,
      workerData: data,
      transferList: transfer,
      name: `analysis-${seat.index}`,
    };
    let failing = false;
    return new WorkerHandle<ToWorker, FromWorker>(ANALYSIS_WORKER, options, {
      onMessage: (message) => {
        if (message.type === 'ended') {
          failing = true;
          for (const last of message.cameras) this.#ended(last);
        } else if (message.type === 'analysed') this.#context.onMessage(message);
        else if (!failing) this.#reported(message.cameras);
      },
      onFailed: (reason) => {
        seat.worker = null;
        void this.#replace(seat, reason);
      },
      onLost: (reason) => this.#context.onLost(`analysis worker ${seat.index}: ${reason}`),
    });
  }

  #reported(cameras: readonly WorkerCameraStatus[]): void {
    const known = cameras.filter(({ status }) => this.#seatOf.has(status.cameraId));
    const total = known.map((camera) => this.#carried.add(camera));
    for (const camera of total) this.#latest.set(camera.status.cameraId, camera);
    if (total.length > 0) this.#context.onMessage({ type: 'status', cameras: total });
  }

  /** What the failing worker counted stays counted; its camera connects again, with another. */
  #ended(last: WorkerCameraStatus): void {
    const { cameraId, reason } = last.status;
    const held = this.#seatOf.get(cameraId)?.cameras.get(cameraId);
    if (!held || reason?.code === 'STREAM_ENDED') return;
    // a file played once begins anew, and so do its numbers
    if (playsOnce(held.camera.source)) this.#carried.forget(cameraId);
    else this.#carried.keep(last);
    const nowMs = this.#context.clock.now();
    const total = this.#carried.add({
      ...last,
      status: emptied(last.status, nowMs),
      stages: zeroed(last.stages),
    });
    this.#latest.set(cameraId, total);
    this.#context.onMessage({ type: 'status', cameras: [total] });
  }

  async #replace(seat: Seat, reason: string): Promise<void> {
    const { clock, log } = this.#context;
    const nowMs = clock.elapsed();
    const calm = nowMs - seat.failedAtMs > CALM_MS;
    seat.pauseMs = calm ? 0 : Math.min(MAX_PAUSE_MS, seat.pauseMs * 2 || FIRST_PAUSE_MS);
    seat.failedAtMs = nowMs;
    log.error(
      { worker: seat.index, reason, cameras: [...seat.cameras.keys()], inMs: seat.pauseMs },
      'an analysis worker failed and is replaced',
    );
    if (seat.pauseMs > 0) await clock.sleep(seat.pauseMs, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    seat.replaced++;
    seat.worker = this.#start(seat);
    for (const { camera, watching } of seat.cameras.values()) {
      // what was played to its end is not played again, though the hub may not know yet
      const last = this.#latest.get(camera.id)?.status;
      if (last?.reason?.code === 'STREAM_ENDED' && last.revisionAtMs === camera.revisionAtMs) continue;
      seat.worker.send({ type: 'camera.put', camera });
      if (watching) seat.worker.send({ type: 'watch', cameraId: camera.id, watching });
    }
  }
}

/** The status of a camera whose worker is gone: connecting, with nothing counted yet. */
function emptied(status: CameraStatus, nowMs: number): CameraStatus {
  const none = { received: 0, damaged: 0, decoded: 0, analysed: 0 };
  const dropped = Object.fromEntries(Object.keys(status.frames.dropped).map((reason) => [reason, 0]));
  return {
    ...status,
    state: 'connecting',
    sinceMs: nowMs,
    reason: null,
    nextTryAtMs: null,
    attempts: 0,
    fps: { ...none, dropped: dropped as CameraStatus['fps']['dropped'] },
    frames: { ...none, dropped: dropped as CameraStatus['frames']['dropped'] },
  };
}

function zeroed(stages: WorkerCameraStatus['stages']): WorkerCameraStatus['stages'] {
  return Object.fromEntries(
    Object.entries(stages).map(([stage, { counts }]) => [stage, { counts: counts.map(() => 0), sumMs: 0 }]),
  ) as WorkerCameraStatus['stages'];
}
