import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Detect, durationMs, runGated, vanished } from '../../bench/gate-run.ts';
import { openDetector } from '../../bench/motion-gate.ts';
import type { DetectionBatch } from '../../src/detection.ts';
import { missingSharedData, SHARED_DATA, sharedData } from '../support/shared-data.ts';

/** How often each is played: those where it ever closes more often, so that it comes to rely on packet sizes. */
const PASSES: Readonly<Record<string, number>> = {
  'videos/asl-walk.mkv': 1,
  'videos/bottle-detection.mp4': 3,
  'videos/car-detection.mp4': 3,
  'videos/one-by-one-person-detection.mp4': 2,
  'videos/pedestrian-surveillance.mp4': 1,
  'videos/town-centre-cut.mp4': 1,
};
const MODEL = 'models/yolox_nano_416.onnx';
/** As the default of the camera's settings. */
const GATE = { enabled: true, heartbeatSeconds: 2 };

/** Each picture's detections, found once: the runs with and without the gate see the same. */
function remembering(detect: Detect): Detect {
  const known = new Map<bigint, Pick<DetectionBatch, 'count' | 'boxes' | 'confidences' | 'classIds'>>();
  return async (picture, pts, into) => {
    const found = known.get(pts);
    if (found) {
      into.count = found.count;
      into.boxes.set(found.boxes);
      into.confidences.set(found.confidences);
      into.classIds.set(found.classIds);
      return;
    }
    await detect(picture, pts, into);
    known.set(pts, {
      count: into.count,
      boxes: into.boxes.slice(0, into.count * 4),
      confidences: into.confidences.slice(0, into.count),
      classIds: into.classIds.slice(0, into.count),
    });
  };
}

/** Real decoding, real detections, the default tracker. */
describe('no track is lost by the motion gate', { skip: missingSharedData(MODEL), timeout: 400_000 }, () => {
  for (const clip of Object.keys(PASSES)) {
    it(clip, { skip: missingSharedData(clip) }, async () => {
      const { detect: real, labels, close } = await openDetector(`${SHARED_DATA}models`);
      try {
        const detect = remembering(real);
        const run = { path: sharedData(clip), passes: PASSES[clip], fps: 5, detect };
        const full = await runGated(run);
        const gated = await runGated({ ...run, gate: GATE });
        const lost = vanished(full.tracks, gated.tracks, { leastMs: 1_000, leastIou: 0.5 });
        assert.deepEqual(
          lost.map(
            ({ classId, seen }) => `${labels[classId]} from ${seen[0][0]} ms for ${durationMs(seen)} ms`,
          ),
          [],
        );
        assert.ok(full.tracks.some(({ seen }) => durationMs(seen) > 1_000));
        assert.ok(gated.analysed <= full.analysed);
        if (clip.includes('one-by-one')) {
          // a fifth of the time nobody is there, and no packet of that time is needed
          assert.ok(gated.analysed < full.analysed * 0.85, `${gated.analysed} of ${full.analysed} analysed`);
          assert.ok(gated.skipped > gated.packets * 0.05, `${gated.skipped} of ${gated.packets} skipped`);
        }
        if (clip.includes('car')) {
          assert.ok(gated.analysed < full.analysed * 0.9, `${gated.analysed} of ${full.analysed} analysed`);
        }
      } finally {
        await close();
      }
    });
  }
});
