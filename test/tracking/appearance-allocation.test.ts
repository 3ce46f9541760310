import assert from 'node:assert/strict';
import { it } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { createDetectionBatch } from '../../src/detection.ts';
import { BotSort } from '../../src/tracking/botsort.ts';
import { DeepSort } from '../../src/tracking/deepsort.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';
import { crowd } from './appearance-scene.ts';

const OBJECTS = 40;
const FRAMES = 300;
/**
 * Bytes a frame, beside typed arrays, of which there must be none. An object or array for each of the 1,500 pairs would
 * be 40,000 and more; depending on what the compiler inlines first, it passes a single number a pair through the
 * heap by itself (18,000), mostly none (100).
 */
const BOUND = 25_000;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

for (const tracker of [
  new DeepSort({ maxCosineDistance: 0.4 }, { firstId: 1, nominalFrameIntervalMs: 40 }),
  new BotSort({ maxCosineDistance: 0.4 }, { firstId: 1, nominalFrameIntervalMs: 40 }),
]) {
  it(`${tracker.constructor.name} allocates nothing per frame in steady state`, () => {
    const show = looped(tracker);
    show(3000);
    const rounds = [1, 2, 3].map(() => {
      collect();
      const before = process.memoryUsage();
      show(FRAMES);
      const after = process.memoryUsage();
      assert.ok(after.arrayBuffers <= before.arrayBuffers, 'a typed array was made');
      return (after.heapUsed - before.heapUsed) / FRAMES;
    });
    // optimised code may be made in the midst of one of them
    assert.ok(Math.min(...rounds) < BOUND, `bytes a frame: ${rounds}`);
  });
}

/** Shows a recorded scene over and over, time going on. */
function looped(tracker: Tracker): (frames: number) => void {
  const scene = record();
  let n = 0;
  return (frames) => {
    for (let i = 0; i < frames; i++, n++) {
      const { batch, appearance } = scene[n % FRAMES];
      tracker.update(batch, n * 40, appearance);
    }
  };
}

function record() {
  const frames = [];
  for (const { batch, appearance } of crowd({ objects: OBJECTS, frames: FRAMES, size: 32 })) {
    const copy = createDetectionBatch(OBJECTS);
    copy.count = batch.count;
    copy.boxes.set(batch.boxes);
    copy.confidences.set(batch.confidences);
    const { size, vectors, present } = appearance;
    frames.push({ batch: copy, appearance: { size, vectors: vectors.slice(), present: present.slice() } });
  }
  return frames;
}
