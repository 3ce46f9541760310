import { Subject } from 'rxjs';
import { systemClock } from '../src/clock.ts';
import { createDetectionBatch, type DetectionBatch } from '../src/detection.ts';
import { EngineError } from '../src/errors.ts';
import type { Frame } from '../src/frame.ts';
import { PicturePool } from '../src/ingest/decoder.ts';
import { GatedDecoder } from '../src/ingest/gated-decoder.ts';
import { MotionGate, type MotionGateSettings } from '../src/ingest/motion-gate.ts';
import type { Picture } from '../src/ingest/picture.ts';
import type { IngestCounters } from '../src/ingest/run-camera.ts';
import { SceneWatch } from '../src/ingest/scene-watch.ts';
import { VideoStream } from '../src/ingest/stream.ts';
import { fileError } from '../src/ingest/stream-errors.ts';
import { sampleByMediaTime } from '../src/pipeline/sample.ts';
import { createTracker } from '../src/tracking/create-tracker.ts';

/** The camera's default `confidence`. */
const CONFIDENCE = 0.3;
/** How far two boxes of a track may lie apart for a box between them to be known, milliseconds. */
const MAX_GAP_MS = 1_000;

/** Finds the objects in a picture; `pts` names it within its file. */
export type Detect = (picture: Picture, pts: bigint, into: DetectionBatch) => Promise<void>;

export interface GateRun {
  readonly path: string;
  /** How often the file is played, one after the other. */
  readonly passes: number;
  /** Analysed frames a second; 0 for all. */
  readonly fps: number;
  /** Absent: every picture is decoded, every due one analysed. */
  readonly gate?: MotionGateSettings;
  readonly detect: Detect;
}

/** A confirmed track: `t, x, y, w, h` of each frame it was seen in, milliseconds and pixels. */
export interface SeenTrack {
  readonly id: number;
  readonly classId: number;
  readonly seen: number[][];
}

export interface GateRunResult {
  readonly tracks: SeenTrack[];
  readonly packets: number;
  readonly skipped: number;
  readonly withheld: number;
  readonly published: number;
  readonly analysed: number;
  readonly decodeMs: number;
  readonly stillMs: number;
  readonly durationMs: number;
  /** What each waking from rest took: the held packets decoded at once. */
  readonly catchUpMs: number[];
  readonly gate: MotionGate | undefined;
  /** Media times at which the gate changed. */
  readonly changes: { state: string; atMs: number }[];
}

/** Plays a file through the decoder, the gate and the tracker by its media time, as fast as that goes. */
export async function runGated(run: GateRun): Promise<GateRunResult> {
  const counters: IngestCounters = { received: 0, decoded: 0, decodeMs: 0 };
  const changes: GateRunResult['changes'] = [];
  let nowMs = 0;
  const gate = run.gate && new MotionGate(run.gate, (state) => changes.push({ state, atMs: nowMs }));
  const pool = new PicturePool();
  const batch = createDetectionBatch(1000);
  const tracker = createTracker({ name: 'sightline', trackThreshold: CONFIDENCE }, { firstId: 1 });
  const scene = new SceneWatch();
  const tracks = new Map<number, SeenTrack>();
  const frames = new Subject<Frame<Picture>>();
  let due: Frame<Picture> | undefined;
  frames
    .pipe(
      sampleByMediaTime(
        () => run.fps,
        (frame) => frame.release(),
      ),
    )
    .subscribe((frame) => {
      due = frame;
    });
  const catchUpMs: number[] = [];
  let stillMs = 0;
  let analysed = 0;
  let decodeMs = 0;
  let offsetMs = 0;
  for (let pass = 0; pass < run.passes; pass++) {
    const stream = await openClip(run.path);
    const decoder = new GatedDecoder({
      stream: stream.stream,
      pool,
      elapsed: systemClock.elapsed,
      gate,
      counters,
    });
    const { num, den } = stream.stream.timeBase;
    const tickMs = (num / den) * 1000;
    let endMs = offsetMs;
    for (let ended = false; !ended; ) {
      const packet = await stream.read(() => undefined);
      ended = packet === null;
      if (packet) {
        counters.received++;
        nowMs = offsetMs + Number(packet.pts) * tickMs;
        endMs = Math.max(endMs, nowMs + Number(packet.duration) * tickMs);
      }
      const rested = gate?.resting;
      const sentAtMs = systemClock.elapsed();
      decoder.send(packet);
      if (rested && !gate?.resting) catchUpMs.push(systemClock.elapsed() - sentAtMs);
      for (let picture = decoder.receive(); picture; picture = decoder.receive()) {
        const shown = picture;
        const { width, height, bestEffortTimestamp } = shown;
        const ptsMs = offsetMs + Number(bestEffortTimestamp) * tickMs;
        stillMs += gate?.takeStillMs() ?? 0;
        const seq = counters.decoded++;
        frames.next({
          ...{ run: '', seq, ptsMs, capturedAtMs: ptsMs, arrivedAtMs: ptsMs, width, height, picture: shown },
          release: () => pool.give(shown),
        });
        if (!due) continue;
        due = undefined;
        analysed++;
        await run.detect(shown, bestEffortTimestamp, batch);
        tracker.update(batch, ptsMs - stillMs);
        gate?.observed({ changed: scene.changed(batch, CONFIDENCE, ptsMs) });
        note(tracks, batch, ptsMs);
        pool.give(shown);
      }
    }
    decodeMs += decoder.decoder.busyMs;
    decoder.close();
    await stream.close();
    offsetMs = endMs;
  }
  pool.close();
  return {
    tracks: [...tracks.values()],
    packets: counters.received,
    skipped: counters.skipped ?? 0,
    withheld: counters.withheld ?? 0,
    published: counters.decoded,
    analysed,
    decodeMs,
    stillMs,
    durationMs: offsetMs,
    catchUpMs,
    gate,
    changes,
  };
}

function note(tracks: Map<number, SeenTrack>, batch: DetectionBatch, ptsMs: number): void {
  for (let i = 0; i < batch.count; i++) {
    const id = batch.trackIds[i];
    if (id === 0) continue;
    let track = tracks.get(id);
    if (!track) {
      track = { id, classId: batch.classIds[i], seen: [] };
      tracks.set(id, track);
    }
    track.seen.push([ptsMs, ...batch.boxes.subarray(i * 4, i * 4 + 4)]);
  }
}

/** The tracks of `full` longer than `leastMs` that `gated` shows nowhere: no box of its class overlaps by `leastIou`. */
export function vanished(
  full: readonly SeenTrack[],
  gated: readonly SeenTrack[],
  { leastMs = 1_000, leastIou = 0.5 } = {},
): SeenTrack[] {
  return full.filter(({ classId, seen }) => {
    if (durationMs(seen) <= leastMs) return false;
    return !gated.some(
      (other) =>
        other.classId === classId && other.seen.some((box) => iou(box, boxAt(seen, box[0])) >= leastIou),
    );
  });
}

export function durationMs(seen: readonly number[][]): number {
  return seen[seen.length - 1][0] - seen[0][0];
}

/** Where a track was at `ptsMs`: between the boxes around it; undefined outside. */
function boxAt(seen: readonly number[][], ptsMs: number): number[] | undefined {
  const after = seen.findIndex((box) => box[0] >= ptsMs - 1);
  if (after < 0) return undefined;
  const b = seen[after];
  if (Math.abs(b[0] - ptsMs) <= 1) return b;
  if (after === 0) return undefined;
  const a = seen[after - 1];
  if (b[0] - a[0] > MAX_GAP_MS) return undefined;
  const part = (ptsMs - a[0]) / (b[0] - a[0]);
  return a.map((value, i) => value + (b[i] - value) * part);
}

function iou(a: readonly number[], b: readonly number[] | undefined): number {
  if (!b) return 0;
  const width = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const height = Math.min(a[2] + a[4], b[2] + b[4]) - Math.max(a[2], b[2]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a[3] * a[4] + b[3] * b[4] - width * height);
}

function openClip(path: string): Promise<VideoStream> {
  return VideoStream.open(
    {
      url: `file:${path}`,
      options: {},
      probe: true,
      error: (code) => fileError(code, path),
      noVideo: () => new EngineError('FILE_NOT_VIDEO', `${path} has no video track`),
    },
    systemClock,
    new AbortController().signal,
  );
}
