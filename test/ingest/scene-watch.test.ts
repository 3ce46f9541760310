import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import { SceneWatch } from '../../src/ingest/scene-watch.ts';

type Seen = { box: number[]; confidence?: number; classId?: number; track?: number };

function found(...objects: Seen[]): DetectionBatch {
  const batch = createDetectionBatch(16);
  batch.count = objects.length;
  for (const [i, { box, confidence = 0.8, classId = 0, track = 0 }] of objects.entries()) {
    batch.boxes.set(box, i * 4);
    batch.confidences[i] = confidence;
    batch.classIds[i] = classId;
    batch.trackIds[i] = track;
  }
  return batch;
}

const CHAIR: Seen = { box: [100, 100, 50, 80] };

describe('SceneWatch', () => {
  it('tells of an object once: when it is new', () => {
    const scene = new SceneWatch();
    assert.equal(scene.changed(found(CHAIR), 0.3, 0), true);
    assert.equal(scene.changed(found(CHAIR), 0.3, 200), false);
    assert.equal(scene.changed(found({ box: [102, 98, 51, 81] }), 0.3, 400), false, 'detectors tremble');
  });

  it('tells of an object that moved, however slowly', () => {
    const scene = new SceneWatch();
    const told = Array.from({ length: 30 }, (_, n) =>
      scene.changed(found({ box: [100 + n, 100, 50, 80] }), 0.3, n * 200),
    );
    assert.equal(told[1], false);
    assert.ok(told.slice(1).includes(true));
  });

  it('knows an object again that is detected only now and then, for a minute', () => {
    const scene = new SceneWatch();
    scene.changed(found(CHAIR), 0.3, 0);
    scene.changed(found(), 0.3, 30_000);
    assert.equal(scene.changed(found(CHAIR), 0.3, 59_000), false);
    assert.equal(scene.changed(found(CHAIR), 0.3, 120_000), true);
  });

  it('takes another class at the same place for another object', () => {
    const scene = new SceneWatch();
    scene.changed(found(CHAIR), 0.3, 0);
    assert.equal(scene.changed(found({ ...CHAIR, classId: 5 }), 0.3, 200), true);
  });

  it('passes over weak detections that belong to no track', () => {
    const scene = new SceneWatch();
    assert.equal(scene.changed(found({ ...CHAIR, confidence: 0.2 }), 0.3, 0), false);
    assert.equal(scene.changed(found({ ...CHAIR, confidence: 0.2, track: 7 }), 0.3, 200), true);
  });

  it('begins anew when media time does', () => {
    const scene = new SceneWatch();
    scene.changed(found(CHAIR), 0.3, 5_000);
    assert.equal(scene.changed(found(CHAIR), 0.3, 0), true);
  });

  it('of more objects than it can remember forgets the oldest', () => {
    const scene = new SceneWatch();
    for (let n = 0; n < 300; n++) scene.changed(found({ box: [n * 100, 0, 50, 80] }), 0.3, n);
    assert.equal(scene.changed(found({ box: [29_900, 0, 50, 80] }), 0.3, 301), false);
    assert.equal(scene.changed(found({ box: [0, 0, 50, 80] }), 0.3, 302), true);
  });
});
