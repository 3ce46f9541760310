import { isDeepStrictEqual } from 'node:util';
import type { Analytics } from '../analytics.ts';
import type { AnalysisInEffect, Problem } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { createDetectionBatch, type DetectedObject } from '../detection.ts';
import { EngineError } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { Picture } from '../ingest/picture.ts';
import { SceneWatch } from '../ingest/scene-watch.ts';
import { ClassFilter } from '../pipeline/class-filter.ts';
import type { Detector } from '../pipeline/detector.ts';
import type { InputSize } from '../pipeline/letterbox.ts';
import { AppearanceBatch } from '../pipeline/reid/appearance-batch.ts';
import type { StageTimes } from '../pipeline/stage-times.ts';
import { TensorInput } from '../pipeline/tensor-input.ts';
import { firstTrackId } from '../track.ts';
import { appearanceModelOf, createTracker } from '../tracking/create-tracker.ts';
import type { Tracker } from '../tracking/tracker.ts';
import { detectedObjects } from './frame-message.ts';
import type { ModelShelf, Shelved } from './model-shelf.ts';

/** More candidates than any real scene has people and cars; the strongest are kept. */
const MAX_DETECTIONS = 1000;
const PERSON = 'person';

export interface AnalystContext {
  readonly clock: Clock;
  readonly models: ModelShelf;
  readonly stages: StageTimes;
  /** Wall clock from which the tracks of the run that begins now are numbered. */
  runBeganAtMs(): number;
}

/** What was found in one frame. */
export interface Analysis {
  /** `name@version` of the model. */
  readonly model: string;
  readonly objects: DetectedObject[];
  /** Whether anything is new or moved: what a motion gate wants to know. */
  readonly changed: boolean;
}

/** A loaded detector and the settings it serves with. */
interface Serving {
  readonly detector: Detector;
  readonly analytics: Analytics;
  readonly filter: ClassFilter;
  /** By class id; the tracker reads it at every frame, so changed thresholds need no new tracker. */
  readonly strongFrom: Float32Array;
  /** Wall clock. */
  readonly sinceMs: number;
}

interface Tracking {
  readonly run: string;
  readonly tracker: Tracker;
}

/**
 * Detects and follows the objects of one camera with the settings in effect.
 *
 * New settings take effect with the next frame. A new model does so once it is loaded: until then the one
 * before serves on, with its own settings and without a gap (docs/decisions/0010).
 */
export class FrameAnalyst {
  readonly #context: AnalystContext;
  readonly #batch = createDetectionBatch(MAX_DETECTIONS);
  readonly #picture = new TensorInput();
  readonly #appearance = new AppearanceBatch();
  readonly #scene = new SceneWatch();
  #wanted: Analytics;
  #serving: Serving | undefined;
  #tracking: Tracking | undefined;
  #lastRun = '';
  #input: InputSize | undefined;
  #looksProblem: Problem | null = null;

  constructor(analytics: Analytics, context: AnalystContext) {
    this.#context = context;
    this.#wanted = analytics;
    this.#hold(analytics); // models load while the camera connects
  }

  /** Takes up other settings from the next frame on. */
  change(analytics: Analytics): void {
    this.#hold(analytics);
    this.#drop(this.#wanted);
    this.#wanted = analytics;
  }

  /** The state of the model that is wanted. */
  shelved(): Shelved<Detector> {
    return this.#context.models.detector(this.#wanted.model);
  }

  /** What analyses the frames; null before the first. */
  inEffect(): AnalysisInEffect | null {
    if (!this.#serving || !this.#input) return null;
    const { detector, analytics } = this.#serving;
    const { model, provider } = detector;
    return { model, provider, input: `${this.#input.width}x${this.#input.height}`, analytics };
  }

  /** What is wrong though frames are analysed: unknown labels, or a tracker that must do without looks. */
  problem(): Problem | null {
    if (!this.#serving) return null;
    const { detector, filter, analytics } = this.#serving;
    if (filter.unknown.length > 0) {
      const labels = filter.unknown.map((label) => JSON.stringify(label)).join(', ');
      const message = `model ${detector.model} has no label ${labels}: correct the camera's classes and thresholds`;
      return { code: 'LABEL_UNKNOWN', message, atMs: this.#serving.sinceMs };
    }
    const looks = appearanceModelOf(analytics.tracker);
    const embedder = looks === undefined ? undefined : this.#context.models.embedders.take(looks);
    if (embedder === undefined) return null;
    return embedder.state === 'unavailable' ? embedder.problem : this.#looksProblem;
  }

  /** Null while there is no model. The caller releases the frame. @throws EngineError MODEL_* */
  async analyse(frame: Frame<Picture>): Promise<Analysis | null> {
    const serving = this.#serve(frame);
    if (!serving) return null;
    const { detector, filter, analytics } = serving;
    const { stages } = this.#context;
    const batch = this.#batch;
    const input = await detector.inputFor(frame.width, frame.height);
    const startedMs = performance.now();
    const picture = this.#picture.fill(frame.picture, input, detector.placement);
    const scaledMs = performance.now();
    await detector.detect(picture, batch);
    const { inferMs, postprocessMs } = detector.times; // of this frame; another camera's detection writes it next
    this.#input = input;
    filter.apply(batch);
    const looks = await this.#look(frame, serving);
    const trackedFromMs = performance.now();
    this.#track(frame, serving, looks);
    stages.record('scale', scaledMs - startedMs);
    stages.record('infer', inferMs);
    stages.record('postprocess', postprocessMs);
    stages.record('track', performance.now() - trackedFromMs);
    return {
      model: detector.model,
      objects: detectedObjects(batch, detector.labels, frame, filter.reportedFrom),
      changed: this.#scene.changed(batch, analytics.confidence, frame.ptsMs),
    };
  }

  close(): void {
    if (this.#serving) this.#drop(this.#serving.analytics);
    this.#drop(this.#wanted);
    this.#picture.close();
    this.#appearance.close();
  }

  #hold({ model, tracker }: Analytics): void {
    const { models } = this.#context;
    models.hold(model);
    const looks = appearanceModelOf(tracker);
    if (looks !== undefined) models.embedders.hold(looks);
  }

  #drop({ model, tracker }: Analytics): void {
    const { models } = this.#context;
    models.drop(model);
    const looks = appearanceModelOf(tracker);
    if (looks !== undefined) models.embedders.drop(looks);
  }

  /** What serves this frame: as wanted, or what served before while that is not there yet. */
  #serve({ width, height }: Frame): Serving | undefined {
    const before = this.#serving;
    const wanted = this.#wanted;
    const shelved = this.#context.models.detector(wanted.model);
    if (shelved.state !== 'running') return before;
    const { value: detector } = shelved;
    if (before?.detector === detector && before.analytics === wanted) return before;
    if (before && !detector.isReadyFor(width, height)) {
      // it is warmed up at the size of this camera's pictures while the one before serves on
      detector.inputFor(width, height).catch(() => undefined); // what fails is told when it serves
      return before;
    }
    const filter = new ClassFilter(wanted, detector.labels);
    const sameModel = before?.detector === detector;
    const sameTracker = sameModel && isDeepStrictEqual(before.analytics.tracker, wanted.tracker);
    // another model may name its classes otherwise, and sees objects otherwise: the tracks begin anew
    if (!sameTracker) this.#tracking = undefined;
    const strongFrom = sameTracker ? before.strongFrom : filter.strongFrom.slice();
    strongFrom.set(filter.strongFrom);
    this.#hold(wanted);
    if (before) this.#drop(before.analytics);
    const sinceMs = this.#context.clock.now();
    this.#serving = { detector, analytics: wanted, filter, strongFrom, sinceMs };
    return this.#serving;
  }

  /** What the frame's people look like, for a tracker that wants to know: the networks were made to tell people apart. */
  async #look(
    { picture }: Frame<Picture>,
    { analytics, detector, strongFrom }: Serving,
  ): Promise<AppearanceBatch | undefined> {
    const name = appearanceModelOf(analytics.tracker);
    if (name === undefined) return undefined;
    const embedder = this.#context.models.embedders.take(name);
    if (embedder.state !== 'running') return undefined;
    const startedMs = performance.now();
    const { confidences, classIds } = this.#batch;
    const isWanted = (i: number): boolean =>
      detector.labels[classIds[i]] === PERSON && confidences[i] >= strongFrom[classIds[i]];
    try {
      await embedder.value.embed(picture, this.#batch, isWanted, this.#appearance);
      this.#looksProblem = null;
    } catch (err) {
      if (!(err instanceof EngineError)) throw err;
      // who cannot be recognised can still be followed
      const { code, message } = err;
      if (this.#looksProblem?.message !== message) {
        this.#looksProblem = { code, message, atMs: this.#context.clock.now() };
      }
      return undefined;
    }
    this.#context.stages.record('embed', performance.now() - startedMs);
    return this.#appearance;
  }

  /** Gives the frame's detections their tracks; every run of the source has a tracker of its own. */
  #track(frame: Frame, { analytics, strongFrom }: Serving, looks: AppearanceBatch | undefined): void {
    let tracking = this.#tracking;
    if (tracking?.run !== frame.run) {
      const { runBeganAtMs, clock } = this.#context;
      // the ids of a tracker that follows another within a run lie above the other's
      const beganAtMs = this.#lastRun === frame.run ? clock.now() : runBeganAtMs();
      const tracker = createTracker(analytics.tracker, { firstId: firstTrackId(beganAtMs), strongFrom });
      this.#tracking = tracking = { run: frame.run, tracker };
      this.#lastRun = frame.run;
    }
    // tracks do not age while the picture stands still
    tracking.tracker.update(this.#batch, frame.ptsMs - (frame.stillMs ?? 0), looks);
  }
}
