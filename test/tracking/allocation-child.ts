import { createDetectionBatch } from '../../src/detection.ts';
import { TRACKER_NAMES, type TrackerSettings } from '../../src/tracker-settings.ts';
import { createTracker } from '../../src/tracking/create-tracker.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';

/** Prints how many bytes each tracker leaves on the heap a frame, once it is compiled and its arrays have grown. */
const WARM_UP_FRAMES = 20_000;
const FRAMES = 4_000;
const OBJECTS = 20;
const batch = createDetectionBatch(OBJECTS);

/** People who walk to and fro, meet, and are missed now and then; the same in every round. */
function scene(frame: number): void {
  batch.count = 0;
  for (let i = 0; i < OBJECTS; i++) {
    if ((frame + i * 7) % 29 === 0) continue;
    const at = batch.count++;
    batch.boxes[at * 4] = 500 + 400 * Math.sin(frame / 60 + i);
    batch.boxes[at * 4 + 1] = 100 + i * 20;
    batch.boxes[at * 4 + 2] = 40;
    batch.boxes[at * 4 + 3] = 100;
    batch.confidences[at] = (frame + i) % 11 === 0 ? 0.4 : 0.9;
    batch.classIds[at] = 0;
  }
}

const collect = (globalThis as { gc?: () => void }).gc as () => void;
const bytes: Record<string, number> = {};
// held: with the last tracker that code shared by several was compiled for, the collection would discard that code
const trackers: Tracker[] = [];
for (const name of TRACKER_NAMES) {
  const tracker = createTracker({ name } as TrackerSettings, { firstId: 1 });
  trackers.push(tracker);
  let frame = 0;
  const run = (until: number): void => {
    for (; frame < until; frame++) {
      scene(frame);
      tracker.update(batch, frame * 40);
    }
  };
  run(WARM_UP_FRAMES);
  collect();
  const before = process.memoryUsage().heapUsed;
  run(WARM_UP_FRAMES + FRAMES);
  // not collected first: what a frame allocates counts even if nobody keeps it
  bytes[name] = (process.memoryUsage().heapUsed - before) / FRAMES;
}
process.stdout.write(JSON.stringify(bytes));
