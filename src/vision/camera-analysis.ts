import { Subject } from 'rxjs';
import type { Camera, CameraState, CameraStatus, Problem, Source } from '../camera.ts';
import type { Clock } from '../clock.ts';
import type { DetectedObject } from '../detection.ts';
import { createDetectionBatch } from '../detection.ts';
import { EngineError, type ErrorCode, messageOf } from '../errors.ts';
import { DROP_REASONS, type DropReason, type Frame } from '../frame.ts';
import type { Picture } from '../ingest/picture.ts';
import { type IngestState, runCamera } from '../ingest/run-camera.ts';
import type { Logger } from '../observe/logger.ts';
import { cameraFlow } from '../pipeline/camera-flow.ts';
import { PictureEncoder } from '../pipeline/picture-encoder.ts';
import { RecentRates } from '../pipeline/recent.ts';
import { StageTimes } from '../pipeline/stage-times.ts';
import { TensorInput } from '../pipeline/tensor-input.ts';
import type { Turns } from '../pipeline/turns.ts';
import { firstTrackId } from '../track.ts';
import { ByteTrack } from '../tracking/bytetrack.ts';
import { detectedObjects, detectionsMessage } from './frame-message.ts';
import type { ModelShelf } from './model-shelf.ts';
import type { AnalysedFrame, WorkerCameraStatus, WorkerSettings } from './worker-protocol.ts';

/** More candidates than any real scene has people and cars; the strongest are kept. */
const MAX_DETECTIONS = 1000;
/** ByteTrack begins tracks on detections this much above its track threshold (Zhang et al. 2022). */
const NEW_TRACK_MARGIN = 0.1;

export interface AnalysisContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly models: ModelShelf;
  readonly turns: Turns;
  readonly settings: WorkerSettings;
  publish(frame: AnalysedFrame): void;
  /** The state changed: viewers should hear now, not at the next second. */
  changed(): void;
}

/** One camera in its worker: ingest, pipeline and tracking joined into a flow, and its measured status. */
export class CameraAnalysis {
  /** May be replaced by one of the same revision: another name or tags. */
  camera: Camera;
  watching = false;
  readonly #context: AnalysisContext;
  readonly #counters = { received: 0, decoded: 0, decodeMs: 0, damaged: 0 };
  readonly #dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<
    DropReason,
    number
  >;
  #analysed = 0;
  readonly #rates = new RecentRates<string>();
  readonly #stages = new StageTimes();
  readonly #batch = createDetectionBatch(MAX_DETECTIONS);
  readonly #input = new TensorInput();
  readonly #encoder: PictureEncoder;
  #pictureDueMs = 0;
  #tracker: { run: string; tracker: ByteTrack } | undefined;
  #waitingSinceMs = 0;

  #state: CameraState = 'connecting';
  #sinceMs: number;
  #reason: Problem | null = null;
  #nextTryAtMs: number | null = null;
  #attempts = 0;
  #size: { width: number; height: number; codec: string } | null = null;
  #lastError: Problem | null = null;
  #analysisProblem: Problem | null = null;

  constructor(camera: Camera, context: AnalysisContext) {
    this.camera = camera;
    this.#context = context;
    this.#sinceMs = context.clock.now();
    this.#encoder = new PictureEncoder(context.settings.picture);
  }

  /** Analyses until `signal` aborts, or until a file played once has ended; settles when all is released. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, turns, settings, models } = this.#context;
    const { source, analytics, revisionAtMs } = this.camera;
    const waits = playsOnce(source);
    models.take(analytics.model); // it loads while the camera connects
    const frames = new Subject<Frame<Picture>>();
    const flow = cameraFlow(frames, {
      fps: analytics.fps,
      source: waits ? 'waits' : 'live',
      ageBudgetMs: settings.ageBudgetMs,
      turns,
      now: () => clock.now(),
      analyse: async (frame) => {
        try {
          const result = await this.#analyse(frame);
          if (result) this.#context.publish(result);
        } finally {
          // last: the release of a file's last frame is its end, and all must have been said by then
          frame.release();
        }
      },
      dropped: (reason) => {
        this.#dropped[reason]++;
      },
      waiting: (frame) => {
        this.#waitingSinceMs = frame?.arrivedAtMs ?? 0;
      },
    });
    const analysed = new Promise<void>((resolve, reject) => {
      flow.subscribe({ error: reject, complete: resolve });
    });
    // a file played once loses nothing: its first frame waits until the model is there
    const modelReady = waits ? this.#modelReady(signal) : undefined;
    const publish = (frame: Frame<Picture>): void => {
      if (signal.aborted) {
        frame.release();
        this.#dropped.stopped++;
      } else frames.next(frame);
    };
    try {
      await runCamera(source, {
        clock,
        log,
        signal,
        run: waits ? `once-${revisionAtMs.toString(36)}` : undefined,
        counters: this.#counters,
        publish: modelReady ? (frame) => void modelReady.then(() => publish(frame)) : publish,
        onState: (state) => this.#enter(state),
        onDecoded: (decodeMs) => this.#stages.record('decode', decodeMs),
      });
    } finally {
      // the source is gone; what it left is analysed and published
      await modelReady;
      frames.complete();
      await analysed;
      this.#input.close();
      this.#encoder.close();
    }
  }

  status(): WorkerCameraStatus {
    const { clock, models } = this.#context;
    const { received, damaged, decoded } = this.#counters;
    const totals = { received, damaged, decoded, analysed: this.#analysed, ...this.#dropped };
    const {
      received: receivedFps,
      damaged: damagedFps,
      decoded: decodedFps,
      analysed: analysedFps,
      ...droppedFps
    } = this.#rates.rates(totals, clock.elapsed());
    const shelved = models.take(this.camera.analytics.model);
    const problem = shelved.state === 'unavailable' ? shelved.problem : this.#analysisProblem;
    const status: CameraStatus = {
      cameraId: this.camera.id,
      revisionAtMs: this.camera.revisionAtMs,
      state: this.#state,
      sinceMs: this.#sinceMs,
      reason: this.#reason,
      nextTryAtMs: this.#nextTryAtMs,
      attempts: this.#attempts,
      width: this.#size?.width ?? null,
      height: this.#size?.height ?? null,
      codec: this.#size?.codec ?? null,
      fps: {
        received: receivedFps,
        damaged: damagedFps,
        decoded: decodedFps,
        analysed: analysedFps,
        dropped: droppedFps,
      },
      frames: { received, damaged, decoded, analysed: this.#analysed, dropped: { ...this.#dropped } },
      latencyMs: null, // the main thread knows when an event is durable
      analysis: { model: this.camera.analytics.model, state: shelved.state, problem },
      lastError: this.#lastError,
    };
    return {
      status,
      stages: this.#stages.snapshot(),
      waitingFrameAgeMs: this.#waitingSinceMs ? Math.max(0, clock.now() - this.#waitingSinceMs) : 0,
    };
  }

  /** Resolves when the model is there or `signal` aborts. */
  async #modelReady(signal: AbortSignal): Promise<void> {
    const { clock, models } = this.#context;
    while (!signal.aborted) {
      const { state } = await models.settled(this.camera.analytics.model);
      if (state === 'running') return;
      await clock.sleep(1_000, signal);
    }
  }

  /** Detects, tracks and words one frame. The caller releases it. */
  async #analyse(frame: Frame<Picture>): Promise<AnalysedFrame | null> {
    const { clock, models } = this.#context;
    this.#stages.record('wait', Math.max(0, clock.now() - frame.arrivedAtMs));
    const shelved = models.take(this.camera.analytics.model);
    let objects: DetectedObject[] = [];
    if (shelved.state !== 'running') {
      this.#dropped.model++;
      return this.#pictureOnly(frame);
    }
    const { detector } = shelved;
    try {
      const input = await detector.inputFor(frame.width, frame.height);
      const startedMs = performance.now();
      const picture = this.#input.fill(frame.picture, input);
      const scaledMs = performance.now();
      await detector.detect(picture, this.#batch);
      const detectedMs = performance.now();
      this.#track(frame);
      const trackedMs = performance.now();
      this.#stages.record('scale', scaledMs - startedMs);
      this.#stages.record('infer', detector.times.inferMs);
      this.#stages.record('postprocess', detector.times.postprocessMs);
      this.#stages.record('track', trackedMs - detectedMs);
      objects = detectedObjects(this.#batch, detector.labels, frame, this.camera.analytics.confidence);
      this.#analysisProblem = null;
    } catch (err) {
      this.#analysisFailed(err);
      return null;
    }
    this.#analysed++;
    const message = detectionsMessage(this.camera.id, frame, detector.model, objects, clock.now());
    const jpeg = this.#pictureIfDue(frame);
    return {
      cameraId: this.camera.id,
      capturedAtMs: frame.capturedAtMs,
      messageId: message.id,
      message: JSON.stringify(message),
      overlay: this.watching ? overlayOf(message) : null,
      jpeg,
    };
  }

  /** Without a model people still see their camera. */
  #pictureOnly(frame: Frame<Picture>): AnalysedFrame | null {
    const jpeg = this.#pictureIfDue(frame);
    if (!jpeg) return null;
    const message = detectionsMessage(this.camera.id, frame, '', [], this.#context.clock.now());
    return {
      cameraId: this.camera.id,
      capturedAtMs: frame.capturedAtMs,
      messageId: '',
      message: '',
      overlay: overlayOf(message),
      jpeg,
    };
  }

  #pictureIfDue(frame: Frame<Picture>): Uint8Array<ArrayBuffer> | null {
    const nowMs = this.#context.clock.elapsed();
    if (!this.watching || nowMs < this.#pictureDueMs) return null;
    const { maxFps } = this.#context.settings.picture;
    // a little early is on time: analysed frames come with jitter
    this.#pictureDueMs = nowMs + 900 / maxFps;
    try {
      const jpeg = this.#encoder.encode(frame.picture);
      this.#stages.record('encode', this.#context.clock.elapsed() - nowMs);
      return jpeg;
    } catch (err) {
      // a picture nobody sees is no reason to stop counting people
      this.#lastError = { code: 'INTERNAL', message: messageOf(err), atMs: this.#context.clock.now() };
      return null;
    }
  }

  /** Gives the frame's detections their tracks; every run of the source has a tracker of its own. */
  #track(frame: Frame): void {
    if (this.#tracker?.run !== frame.run) {
      const { source, analytics, revisionAtMs } = this.camera;
      // a file played once, begun again after a crash, gives its tracks the numbers they had
      const begunAtMs = playsOnce(source) ? revisionAtMs : this.#context.clock.now();
      const tracker = new ByteTrack({
        firstId: firstTrackId(begunAtMs),
        // what a user wants reported can be followed; a new track needs a little more evidence
        trackThreshold: analytics.confidence,
        newTrackThreshold: Math.min(1, analytics.confidence + NEW_TRACK_MARGIN),
      });
      this.#tracker = { run: frame.run, tracker };
    }
    this.#tracker.tracker.update(this.#batch, frame.ptsMs);
  }

  #analysisFailed(err: unknown): void {
    this.#dropped.model++;
    const code: ErrorCode = err instanceof EngineError ? err.code : 'MODEL_FAILED';
    const problem = { code, message: messageOf(err), atMs: this.#context.clock.now() };
    if (this.#analysisProblem?.message !== problem.message) {
      this.#context.log.error({ cameraId: this.camera.id, err }, 'analysis failed');
    }
    this.#analysisProblem = this.#lastError = problem;
  }

  #enter(next: IngestState): void {
    const nowMs = this.#context.clock.now();
    if (next.state !== this.#state) this.#sinceMs = nowMs;
    this.#state = next.state;
    this.#reason = null;
    this.#nextTryAtMs = null;
    if (next.state === 'live') {
      this.#size = { width: next.width, height: next.height, codec: next.codec };
      this.#attempts = 0;
    } else if (next.state === 'retrying' || next.state === 'stopped') {
      this.#reason = { code: next.code, message: next.message, atMs: nowMs };
      if (next.code !== 'STREAM_ENDED') this.#lastError = this.#reason;
      if (next.state === 'retrying') {
        this.#nextTryAtMs = next.nextTryAtMs;
        this.#attempts = next.attempts;
      }
    }
    this.#context.changed();
  }
}

function overlayOf(message: ReturnType<typeof detectionsMessage>): NonNullable<AnalysedFrame['overlay']> {
  const { camera, run, seq, ptsMs, capturedAtMs, analysedAtMs, width, height, objects } = message;
  return { cameraId: camera, run, seq, ptsMs, capturedAtMs, analysedAtMs, width, height, objects };
}

/** Whether the source is a file that waits for its analysis, rather than live or standing for it. */
function playsOnce(source: Source): boolean {
  return source.kind === 'file' && !source.loop;
}
