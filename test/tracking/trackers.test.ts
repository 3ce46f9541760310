import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import { TRACKER_NAMES, type TrackerSettings } from '../../src/tracker-settings.ts';
import { createTracker } from '../../src/tracking/create-tracker.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';

type Seen = readonly [x: number, y: number, confidence: number, classId?: number];

const batch = createDetectionBatch(16);

function fill(objects: readonly Seen[]): DetectionBatch {
  batch.count = objects.length;
  for (const [i, [x, y, confidence, classId = 0]] of objects.entries()) {
    batch.boxes.set([x, y, 40, 100], i * 4);
    batch.confidences[i] = confidence;
    batch.classIds[i] = classId;
  }
  return batch;
}

/** Gives each frame its detections, 25 a second, and answers the ids of each frame's detections. */
function follow(tracker: Tracker, frames: ReadonlyArray<readonly Seen[]>, fps = 25): number[][] {
  return frames.map((objects, frame) => {
    tracker.update(fill(objects), (frame * 1000) / fps);
    return Array.from(batch.trackIds.subarray(0, objects.length));
  });
}

const make = (name: TrackerSettings['name'], strongFrom?: Float32Array): Tracker =>
  createTracker({ name } as TrackerSettings, { firstId: 1, ...(strongFrom ? { strongFrom } : {}) });

for (const name of TRACKER_NAMES) {
  describe(`tracker ${name}`, () => {
    it('gives two people who walk one id each, from the given one on', () => {
      const frames = Array.from({ length: 20 }, (_, t): Seen[] => [
        [100 + t * 4, 200, 0.9],
        [600 - t * 4, 200, 0.8],
      ]);
      const tracker = createTracker({ name } as TrackerSettings, { firstId: 1000 });
      const ids = follow(tracker, frames).at(-1);
      assert.deepEqual(ids?.toSorted(), [1000, 1001]);
      assert.equal(tracker.lastId, 1001);
      assert.equal(tracker.active.count, 2);
    });

    it('keeps the id through a frame without the object', () => {
      const frames = Array.from({ length: 20 }, (_, t): Seen[] =>
        t === 12 ? [] : [[100 + t * 4, 200, 0.9]],
      );
      const ids = follow(make(name), frames).flat().filter(Boolean);
      assert.deepEqual(new Set(ids), new Set([1]));
    });

    it('never continues an object by one of another class', () => {
      const frames = Array.from({ length: 16 }, (_, t): Seen[] => [[100 + t * 2, 200, 0.9, t < 8 ? 0 : 1]]);
      const ids = follow(make(name), frames).flat();
      assert.equal(ids[7], 1);
      assert.equal(ids.at(-1), 2);
    });

    it('takes the threshold of the class, also after it was changed', () => {
      const strongFrom = Float32Array.of(0.3, 0.7);
      const tracker = make(name, strongFrom);
      const frames = Array.from({ length: 10 }, (): Seen[] => [
        [100, 200, 0.55, 0],
        [500, 200, 0.55, 1],
      ]);
      assert.deepEqual(follow(tracker, frames).at(-1), [1, 0]);
      strongFrom[1] = 0.3;
      const later = frames.map((objects, t) => {
        tracker.update(fill(objects), 400 + t * 40);
        return [...batch.trackIds.subarray(0, 2)];
      });
      assert.deepEqual(later.at(-1), [1, 2]);
    });

    it('takes empty frames, boxes without area and values that are no numbers', () => {
      const tracker = make(name);
      follow(tracker, [[], [[100, 200, 0.9]], []]);
      batch.count = 3;
      batch.boxes.set([1, 2, 0, 10, Number.NaN, 2, 30, 40, 5, 6, 30, -1]);
      batch.confidences.set([0.9, 0.9, Number.NaN]);
      tracker.update(batch, 200);
      assert.deepEqual([...batch.trackIds.subarray(0, 3)], [0, 0, 0]);
      const ids = follow(
        tracker,
        Array.from({ length: 12 }, (): Seen[] => [[300, 300, 0.9]]),
      );
      assert.ok((ids.at(-1)?.[0] ?? 0) > 0);
    });

    it('is the same at a tenth of the frames when objects move a tenth as fast', () => {
      const at = (fps: number): number[][] =>
        follow(
          make(name),
          Array.from({ length: 20 }, (_, t): Seen[] => [
            [100 + t * 3, 200, 0.9],
            [700, 300 + t, 0.8],
          ]),
          fps,
        );
      // sort forgets within two tenths of a second: of what is never lost nothing changes
      assert.deepEqual(at(25).at(-1), at(5).at(-1));
    });
  });
}

describe('the tracker sightline', () => {
  it('keeps a crowd that walks one way through a second without frames', () => {
    const tracker = make('sightline');
    const crowd = (t: number): Seen[] =>
      Array.from(
        { length: 12 },
        (_, i): Seen => [50 + (i % 4) * 260 + t * 4, 50 + Math.floor(i / 4) * 240, 0.9],
      );
    const ids = (t: number): number[] => {
      tracker.update(fill(crowd(t)), t * 40);
      return Array.from(batch.trackIds.subarray(0, 12));
    };
    let before: number[] = [];
    for (let t = 0; t < 50; t++) before = ids(t);
    assert.equal(new Set(before).size, 12);
    assert.deepEqual(ids(75), before);
  });

  it('keeps everybody when the camera is knocked', () => {
    const tracker = make('sightline');
    const crowd = (t: number): Seen[] =>
      Array.from({ length: 12 }, (_, i): Seen => {
        const knock = t >= 30 ? 55 : 0;
        return [50 + (i % 4) * 260 + (i % 2 ? t : -t) + knock, 250 + Math.floor(i / 4) * 240 - knock, 0.9];
      });
    const ids = Array.from({ length: 40 }, (_, t) => {
      tracker.update(fill(crowd(t)), t * 40);
      return Array.from(batch.trackIds.subarray(0, 12));
    });
    assert.equal(new Set(ids[29]).size, 12);
    assert.deepEqual(ids[30], ids[29]);
    assert.deepEqual(ids[39], ids[29]);
  });
});

describe('all trackers', () => {
  it('allocate nothing per frame once they are warm', () => {
    const child = fileURLToPath(new URL('./allocation-child.ts', import.meta.url));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--expose-gc', '--no-concurrent-recompilation', child],
      { encoding: 'utf8' },
    );
    const bytes = JSON.parse(stdout || 'null') as Record<string, number> | null;
    assert.ok(bytes, stderr);
    assert.deepEqual(Object.keys(bytes), [...TRACKER_NAMES]);
    // a few boxed numbers a frame are the engine's own; one number an object would be 240 bytes
    for (const [name, perFrame] of Object.entries(bytes))
      assert.ok(perFrame < 128, `${name}: ${perFrame} bytes a frame`);
  });
});
