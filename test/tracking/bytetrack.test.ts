import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import { ByteTrack } from '../../src/tracking/bytetrack.ts';
import type { ByteTrackOptions } from '../../src/tracking/bytetrack-options.ts';
import type { TrackerContext } from '../../src/tracking/tracker.ts';

interface Seen {
  readonly x: number;
  readonly y?: number;
  readonly w?: number;
  readonly h?: number;
  readonly confidence?: number;
  readonly classId?: number;
}

/** Shows the tracker one frame and returns the track id of each object in it. */
function show(
  tracker: ByteTrack,
  ptsMs: number,
  objects: Seen[],
  batch = createDetectionBatch(400),
): number[] {
  fill(batch, objects);
  tracker.update(batch, ptsMs);
  return [...batch.trackIds.subarray(0, batch.count)];
}

function fill(batch: DetectionBatch, objects: Seen[]): void {
  batch.count = objects.length;
  objects.forEach(({ x, y = 100, w = 40, h = 100, confidence = 0.9, classId = 0 }, i) => {
    batch.boxes.set([x, y, w, h], i * 4);
    batch.confidences[i] = confidence;
    batch.classIds[i] = classId;
    batch.trackIds[i] = 99; // of an earlier frame
  });
}

function byteTrack(
  options: Partial<ByteTrackOptions> = {},
  context: Partial<TrackerContext> = {},
): ByteTrack {
  return new ByteTrack(options, { firstId: 1, ...context });
}

/** An empty first frame: what comes after it is not there from the beginning. */
function started(options: Partial<ByteTrackOptions> = {}): ByteTrack {
  const tracker = byteTrack(options, { nominalFrameIntervalMs: 40 });
  show(tracker, 0, []);
  return tracker;
}

describe('ByteTrack', () => {
  it('confirms what the first frame shows at once, and counts ids up from the first', () => {
    const tracker = byteTrack({}, { firstId: 1000 });
    assert.equal(tracker.lastId, 999);
    assert.deepEqual(show(tracker, 0, [{ x: 0 }, { x: 100 }]), [1000, 1001]);
    assert.equal(tracker.lastId, 1001);
  });

  it('confirms a later object at its second sight, and gives an id to none seen once', () => {
    const tracker = started();
    assert.deepEqual(show(tracker, 40, [{ x: 0 }, { x: 300 }]), [0, 0]);
    assert.deepEqual(show(tracker, 80, [{ x: 2 }]), [1]);
    assert.deepEqual(show(tracker, 120, [{ x: 300 }, { x: 4 }]), [0, 1]);
    assert.equal(tracker.lastId, 1);
  });

  it('keeps a track through weak detections, but begins none with them', () => {
    const tracker = started();
    show(tracker, 40, [{ x: 0 }]);
    show(tracker, 80, [{ x: 2 }]);
    assert.deepEqual(
      show(tracker, 120, [
        { x: 4, confidence: 0.2 },
        { x: 200, confidence: 0.45 },
      ]),
      [1, 0],
    );
    assert.deepEqual(
      show(tracker, 160, [
        { x: 6, confidence: 0.12 },
        { x: 200, confidence: 0.45 },
      ]),
      [1, 0],
    );
    assert.deepEqual(show(tracker, 200, [{ x: 6, confidence: 0.1 }]), [0], 'at the low threshold is too low');
    assert.equal(tracker.lastId, 1);
  });

  it('takes a confidence at a threshold as reaching it, in single precision too', () => {
    const tracker = started({ trackThreshold: 0.6, newTrackThreshold: 0.7 });
    show(tracker, 40, [{ x: 0, confidence: 0.7 }]);
    assert.deepEqual(show(tracker, 80, [{ x: 0, confidence: 0.6 }]), [1]);
  });

  it('finds a lost object again within its time and not after', () => {
    for (const [goneForMs, id] of [
      [1000, 1],
      [1040, 0],
    ]) {
      const tracker = started({ lostForMs: 1000 });
      show(tracker, 40, [{ x: 0 }]);
      show(tracker, 80, [{ x: 0 }]);
      for (let ptsMs = 120; ptsMs < 80 + goneForMs; ptsMs += 40) show(tracker, ptsMs, []);
      assert.deepEqual(show(tracker, 80 + goneForMs, [{ x: 0 }]), [id], `gone for ${goneForMs} ms`);
    }
  });

  it('is lost for as long at 5 frames a second as at 25, and forgets all over a gap in the video', () => {
    const tracker = byteTrack({ lostForMs: 1000 });
    show(tracker, 0, [{ x: 0 }]);
    for (const ptsMs of [200, 400, 600, 800]) show(tracker, ptsMs, []);
    assert.deepEqual(show(tracker, 1000, [{ x: 0 }]), [1]);
    show(tracker, 1200, [{ x: 0 }]);
    assert.deepEqual(show(tracker, 9000, [{ x: 0 }]), [0]);
  });

  it('follows a moving object over dropped frames', () => {
    const tracker = byteTrack();
    let ids: number[] = [];
    for (let frame = 0; frame < 20; frame++) ids = show(tracker, frame * 40, [{ x: frame * 12 }]);
    assert.deepEqual(ids, [1]);
    // five frames lost: it is 60 pixels further, more than its width
    assert.deepEqual(show(tracker, 24 * 40, [{ x: 24 * 12 }]), [1]);
    assert.deepEqual(show(tracker, 25 * 40, [{ x: 25 * 12 }]), [1]);
  });

  it('follows a moving object through a change of the analysed rate', () => {
    const tracker = byteTrack({}, { nominalFrameIntervalMs: 40 });
    const seen = new Set<number>();
    let ptsMs = 0;
    for (let frame = 0; frame < 60; frame++) {
      for (const id of show(tracker, ptsMs, [{ x: ptsMs * 0.2, w: 60 }])) seen.add(id);
      ptsMs += frame < 20 ? 40 : 160;
    }
    assert.deepEqual([...seen], [1]);
  });

  it('never continues a track with a detection of another class', () => {
    const tracker = byteTrack();
    show(tracker, 0, [
      { x: 0, classId: 0 },
      { x: 10, classId: 2 },
    ]);
    assert.deepEqual(
      show(tracker, 40, [
        { x: 9, classId: 0 },
        { x: 1, classId: 2 },
      ]),
      [1, 2],
    );
    assert.deepEqual(
      show(tracker, 80, [
        { x: 9, classId: 2 },
        { x: 9, classId: 7 },
      ]),
      [2, 0],
    );
  });

  it('shows the filtered boxes of the tracks seen in this frame, with their detections', () => {
    const tracker = byteTrack();
    show(tracker, 0, [{ x: 0 }, { x: 200, classId: 3 }]);
    show(tracker, 40, [{ x: 210, classId: 3 }]);
    const { active } = tracker;
    assert.deepEqual([active.count, active.ids[0], active.classIds[0], active.detections[0]], [1, 2, 3, 0]);
    const [x, y, w, h] = active.boxes;
    assert.ok(x > 200 && x < 210, `between prediction and detection: ${x}`);
    assert.ok(
      Math.abs(y - 100) < 1e-9 && Math.abs(w - 40) < 1e-9 && Math.abs(h - 100) < 1e-9,
      `${[y, w, h]}`,
    );
  });

  it('leaves out boxes without area', () => {
    const tracker = byteTrack();
    const objects = [{ x: 0, h: 0 }, { x: 0, w: 0 }, { x: 0, w: Number.NaN }, { x: 0 }];
    assert.deepEqual(show(tracker, 0, objects), [0, 0, 0, 1]);
    assert.deepEqual(show(tracker, 40, objects), [0, 0, 0, 1]);
  });

  it('keeps hundreds of tracks apart and their ids for good', () => {
    const tracker = byteTrack();
    const crowd = (shift: number) => Array.from({ length: 300 }, (_, i) => ({ x: i * 50 + shift }));
    const first = show(tracker, 0, crowd(0));
    assert.deepEqual(
      first,
      Array.from({ length: 300 }, (_, i) => i + 1),
    );
    for (let frame = 1; frame < 10; frame++)
      assert.deepEqual(show(tracker, frame * 40, crowd(frame * 2)), first);
    for (let frame = 10; frame < 60; frame++) show(tracker, frame * 40, []);
    show(tracker, 2400, crowd(0));
    assert.deepEqual(
      show(tracker, 2440, crowd(0)),
      first.map((id) => id + 300),
    );
  });
});
