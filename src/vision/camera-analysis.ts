import { isDeepStrictEqual } from 'node:util';
import { Subject } from 'rxjs';
import type { Analytics } from '../analytics.ts';
import { type Camera, type CameraState, type CameraStatus, type Problem, playsOnce } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { EngineError, type ErrorCode, messageOf } from '../errors.ts';
import { DROP_REASONS, type DropReason, type Frame } from '../frame.ts';
import type { DemoClips } from '../ingest/demo.ts';
import { MotionGate, type MotionGateSettings } from '../ingest/motion-gate.ts';
import type { Picture } from '../ingest/picture.ts';
import { type IngestState, runCamera } from '../ingest/run-camera.ts';
import type { Logger } from '../observe/logger.ts';
import { cameraFlow } from '../pipeline/camera-flow.ts';
import { PictureEncoder } from '../pipeline/picture-encoder.ts';
import { RecentRates } from '../pipeline/recent.ts';
import { StageTimes } from '../pipeline/stage-times.ts';
import type { Turns } from '../pipeline/turns.ts';
import { type Analysis, FrameAnalyst } from './frame-analyst.ts';
import { detectionsMessage } from './frame-message.ts';
import type { ModelShelf } from './model-shelf.ts';
import type { AnalysedFrame, WorkerCameraStatus, WorkerSettings } from './worker-protocol.ts';

export interface AnalysisContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly models: ModelShelf;
  readonly turns: Turns;
  /** Of this worker: cameras that share a clip share it through this. */
  readonly demo?: DemoClips;
  readonly settings: WorkerSettings;
  publish(frame: AnalysedFrame): void;
  /** The state changed: viewers should hear now, not at the next second. */
  changed(): void;
}

/** One camera in its worker: ingest, pipeline and tracking joined into a flow, and its measured status. */
export class CameraAnalysis {
  watching = false;
  #camera: Camera;
  readonly #context: AnalysisContext;
  readonly #counters = { received: 0, decoded: 0, decodeMs: 0, damaged: 0, skipped: 0, withheld: 0 };
  readonly #dropped = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<
    DropReason,
    number
  >;
  #analysed = 0;
  readonly #rates = new RecentRates<string>();
  readonly #stages = new StageTimes();
  readonly #analyst: FrameAnalyst;
  readonly #gate: MotionGate;
  #gateSinceMs: number;
  readonly #encoder: PictureEncoder;
  #pictureDueMs = 0;
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
    this.#camera = camera;
    this.#context = context;
    this.#sinceMs = context.clock.now();
    this.#gateSinceMs = this.#sinceMs;
    this.#gate = new MotionGate(gateSettings(camera.analytics), () => {
      this.#gateSinceMs = context.clock.now();
      context.changed();
    });
    this.#encoder = new PictureEncoder(context.settings.picture);
    this.#analyst = new FrameAnalyst(camera.analytics, {
      clock: context.clock,
      models: context.models,
      stages: this.#stages,
      // a file played once, begun again after a crash, gives its tracks the numbers they had
      runBeganAtMs: () => (playsOnce(camera.source) ? camera.revisionAtMs : context.clock.now()),
    });
  }

  get camera(): Camera {
    return this.#camera;
  }

  /**
   * Takes up a changed camera while it runs: another name, tags, or, of a live source, other analytics. False when
   * the stream must start anew for it.
   */
  update(camera: Camera): boolean {
    const { source, enabled, analytics, revisionAtMs } = this.#camera;
    if (camera.revisionAtMs !== revisionAtMs) {
      const sameStream = camera.enabled === enabled && isDeepStrictEqual(camera.source, source);
      if (!sameStream || playsOnce(source)) return false;
      if (!isDeepStrictEqual(camera.analytics, analytics)) {
        this.#analyst.change(camera.analytics);
        this.#gate.set(gateSettings(camera.analytics));
        this.#gate.open(); // what was still to the settings before may not be to these
      }
    }
    this.#camera = camera;
    this.#context.changed();
    return true;
  }

  /** Analyses until `signal` aborts, or until a file played once has ended; settles when all is released. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, turns, settings, demo } = this.#context;
    const { source, revisionAtMs } = this.#camera;
    const waits = playsOnce(source);
    const frames = new Subject<Frame<Picture>>();
    const flow = cameraFlow(frames, {
      fps: () => this.#camera.analytics.fps,
      priority: () => this.#camera.analytics.priority,
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
        gate: this.#gate,
        demo,
        publish: modelReady ? (frame) => void modelReady.then(() => publish(frame)) : publish,
        onState: (state) => this.#enter(state),
        onDecoded: (decodeMs) => this.#stages.record('decode', decodeMs),
      });
    } finally {
      // the source is gone; what it left is analysed and published
      await modelReady;
      frames.complete();
      await analysed;
      this.#analyst.close();
      this.#encoder.close();
    }
  }

  status(): WorkerCameraStatus {
    const { clock } = this.#context;
    const { received, damaged, decoded } = this.#counters;
    const totals = { received, damaged, decoded, analysed: this.#analysed, ...this.#dropped };
    const {
      received: receivedFps,
      damaged: damagedFps,
      decoded: decodedFps,
      analysed: analysedFps,
      ...droppedFps
    } = this.#rates.rates(totals, clock.elapsed());
    const shelved = this.#analyst.shelved();
    const problem =
      shelved.state === 'unavailable' ? shelved.problem : (this.#analysisProblem ?? this.#analyst.problem());
    const status: CameraStatus = {
      cameraId: this.#camera.id,
      revisionAtMs: this.#camera.revisionAtMs,
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
      analysis: {
        model: this.#camera.analytics.model,
        state: shelved.state,
        problem,
        inEffect: this.#analyst.inEffect(),
        motionGate: {
          state: this.#gate.state,
          sinceMs: this.#gateSinceMs,
          skipped: this.#counters.skipped,
          withheld: this.#counters.withheld,
        },
      },
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
      const { state } = await models.settled(this.#camera.analytics.model);
      if (state === 'running') return;
      await clock.sleep(1_000, signal);
    }
  }

  /** Detects, tracks and words one frame. The caller releases it. */
  async #analyse(frame: Frame<Picture>): Promise<AnalysedFrame | null> {
    const { clock } = this.#context;
    this.#stages.record('wait', Math.max(0, clock.now() - frame.arrivedAtMs));
    let analysis: Analysis | null;
    try {
      analysis = await this.#analyst.analyse(frame);
      this.#analysisProblem = null;
      if (analysis) this.#gate.observed({ changed: analysis.changed });
    } catch (err) {
      this.#analysisFailed(err);
      return null;
    }
    if (!analysis) {
      this.#dropped.model++;
      return this.#pictureOnly(frame);
    }
    this.#analysed++;
    const message = detectionsMessage(this.#camera.id, frame, analysis.model, analysis.objects, clock.now());
    const jpeg = this.#pictureIfDue(frame);
    return {
      cameraId: this.#camera.id,
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
    const message = detectionsMessage(this.#camera.id, frame, '', [], this.#context.clock.now());
    return {
      cameraId: this.#camera.id,
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

  #analysisFailed(err: unknown): void {
    this.#dropped.model++;
    const code: ErrorCode = err instanceof EngineError ? err.code : 'MODEL_FAILED';
    const problem = { code, message: messageOf(err), atMs: this.#context.clock.now() };
    // the messages of one fault may differ from frame to frame
    if (this.#analysisProblem?.code !== problem.code) this.#context.log.error({ err }, 'analysis failed');
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

/** A camera analysed more seldom than the heartbeat beats as often as it is analysed. */
function gateSettings({ motionGate, fps }: Analytics): MotionGateSettings {
  const { enabled, heartbeatSeconds } = motionGate;
  return { enabled, heartbeatSeconds: fps > 0 ? Math.max(heartbeatSeconds, 1 / fps) : heartbeatSeconds };
}
