import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import type { Appearance, Tracker } from '../../src/tracking/tracker.ts';
import { gaussian, seeded } from '../support/seeded.ts';

/** An object as a detector and a re-identification network see it. */
export interface Seen {
  readonly x: number;
  readonly y?: number;
  readonly w?: number;
  readonly h?: number;
  readonly confidence?: number;
  readonly classId?: number;
  /** What it looks like: an angle, so that the cosine of two looks is that of their difference. Absent: no vector. */
  readonly look?: number;
}

/** Numbers of a vector: the first two hold the angle. */
export const LOOK_SIZE = 8;

export interface Frame {
  readonly batch: DetectionBatch;
  readonly appearance: Appearance;
}

export function frameOf(objects: readonly Seen[], capacity = 64): Frame {
  const batch = createDetectionBatch(capacity);
  const appearance = {
    size: LOOK_SIZE,
    vectors: new Float32Array(capacity * LOOK_SIZE),
    present: new Uint8Array(capacity),
  };
  batch.count = objects.length;
  objects.forEach(({ x, y = 100, w = 40, h = 100, confidence = 0.9, classId = 0, look }, i) => {
    batch.boxes.set([x, y, w, h], i * 4);
    batch.confidences[i] = confidence;
    batch.classIds[i] = classId;
    batch.trackIds[i] = 99; // of an earlier frame
    if (look === undefined) return;
    appearance.present[i] = 1;
    appearance.vectors.set([Math.cos(look), Math.sin(look)], i * LOOK_SIZE);
  });
  return { batch, appearance };
}

/** Shows the tracker one frame and returns the track id of each object in it. */
export function show(tracker: Tracker, ptsMs: number, objects: readonly Seen[]): number[] {
  const { batch, appearance } = frameOf(objects);
  const looked = objects.some(({ look }) => look !== undefined);
  tracker.update(batch, ptsMs, looked ? appearance : undefined);
  return [...batch.trackIds.subarray(0, batch.count)];
}

/** Shows the same objects at each of the times; returns the ids of the last. */
export function showAt(tracker: Tracker, timesMs: readonly number[], objects: readonly Seen[]): number[] {
  let ids: number[] = [];
  for (const ptsMs of timesMs) ids = show(tracker, ptsMs, objects);
  return ids;
}

/** `count` times from `fromMs` on, `everyMs` apart. */
export function times(fromMs: number, count: number, everyMs = 40): number[] {
  return Array.from({ length: count }, (_, i) => fromMs + i * everyMs);
}

/**
 * A seeded scene: objects walk through each other, each with a look of its own (a random unit vector plus noise),
 * some missed in some frames.
 */
export function* crowd(options: { objects: number; frames: number; size: number; seed?: number }): Generator<{
  ptsMs: number;
  batch: DetectionBatch;
  appearance: Appearance;
  /** The object each detection is of. */
  truth: Int32Array;
}> {
  const { objects, frames, size, seed = 1 } = options;
  const random = seeded(seed);
  const gauss = gaussian(random);
  const looks = Array.from({ length: objects }, () => Float32Array.from({ length: size }, gauss));
  const walks = Array.from({ length: objects }, () => ({
    x: random() * 1800,
    y: 100 + random() * 700,
    vx: (random() - 0.5) * 8,
    vy: (random() - 0.5) * 3,
    h: 80 + random() * 120,
    hidden: 0,
  }));
  const batch = createDetectionBatch(objects);
  const truth = new Int32Array(objects);
  const appearance = { size, vectors: new Float32Array(objects * size), present: new Uint8Array(objects) };
  for (let frame = 0; frame < frames; frame++) {
    batch.count = 0;
    for (const [object, walk] of walks.entries()) {
      walk.x += walk.vx;
      walk.y += walk.vy;
      if (walk.x < 0 || walk.x > 1800) walk.vx *= -1;
      if (walk.y < 100 || walk.y > 800) walk.vy *= -1;
      if (walk.hidden > 0 && --walk.hidden === 0)
        walk.vx = (random() - 0.5) * 8; // out of sight it turned
      else if (random() < 0.01) walk.hidden = 5 + Math.floor(random() * 40);
      if (walk.hidden > 0 || random() < 0.05) continue;
      const i = batch.count++;
      batch.boxes.set([walk.x + gauss(), walk.y + gauss(), walk.h * 0.4 + gauss(), walk.h + gauss()], i * 4);
      batch.confidences[i] = 0.65 + random() * 0.3;
      batch.classIds[i] = 0;
      truth[i] = object;
      let length = 0;
      for (let k = 0; k < size; k++) {
        const value = looks[object][k] + gauss() * 0.4;
        appearance.vectors[i * size + k] = value;
        length += value * value;
      }
      for (let k = 0; k < size; k++) appearance.vectors[i * size + k] /= Math.sqrt(length);
      appearance.present[i] = 1;
    }
    yield { ptsMs: frame * 40, batch, appearance, truth };
  }
}

/** The id an object has that is seen ten times, not at all for `gapMs`, and three times again `movedBy` pixels on. */
export function idAfterGap(
  tracker: Tracker,
  { gapMs, everyMs = 40, movedBy = 0, ...seen }: GapOfOne & Omit<Seen, 'x'>,
): number {
  const lastMs = 9 * everyMs;
  showAt(tracker, times(0, 10, everyMs), [{ x: 100, ...seen }]);
  for (let ptsMs = lastMs + everyMs; ptsMs < lastMs + gapMs; ptsMs += everyMs) show(tracker, ptsMs, []);
  return showAt(tracker, times(lastMs + gapMs, 3, everyMs), [{ x: 100 + movedBy, ...seen }])[0];
}

interface GapOfOne {
  readonly gapMs: number;
  readonly everyMs?: number;
  readonly movedBy?: number;
}

/** The ids of all detections of a seeded crowd. */
export function crowdIds(tracker: Tracker): number[] {
  const ids: number[] = [];
  for (const { batch, appearance, ptsMs } of crowd({ objects: 30, frames: 200, size: 16 })) {
    tracker.update(batch, ptsMs, appearance);
    ids.push(...batch.trackIds.subarray(0, batch.count));
  }
  return ids;
}

/** How often an object of a seeded crowd takes another id, told what each looks like or not. */
export function crowdSwitches(tracker: Tracker, looking: boolean): number {
  const ids = new Map<number, number>();
  let count = 0;
  for (const { batch, appearance, ptsMs, truth } of crowd({ objects: 30, frames: 500, size: 32 })) {
    tracker.update(batch, ptsMs, looking ? appearance : undefined);
    for (let i = 0; i < batch.count; i++) {
      const id = batch.trackIds[i];
      if (id === 0) continue;
      const before = ids.get(truth[i]);
      if (before !== undefined && before !== id) count++;
      ids.set(truth[i], id);
    }
  }
  return count;
}
