import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { TrackerName, TrackerSettings } from '../../src/tracker-settings.ts';
import { ByteTrack } from '../../src/tracking/bytetrack.ts';
import { BYTETRACK_PYTHON, type ByteTrackOptions } from '../../src/tracking/bytetrack-options.ts';
import { createTracker } from '../../src/tracking/create-tracker.ts';
import {
  addMotCounts,
  type MotCounts,
  motCounts,
  motScores,
} from '../../src/tracking/metrics/mot-metrics.ts';
import { sequenceOf } from '../../src/tracking/metrics/sequence.ts';
import { parseMotFile } from '../../src/tracking/mot/mot-file.ts';
import { type MotRows, MotRowsBuilder } from '../../src/tracking/mot/mot-rows.ts';
import { trackRows } from '../../src/tracking/mot/track-rows.ts';
import type { Tracker } from '../../src/tracking/tracker.ts';
import { missingSharedData, sharedData } from '../support/shared-data.ts';

const SEQUENCES = [
  { name: 'MOT17-02', fps: 30 },
  { name: 'MOT17-04', fps: 30 },
  { name: 'MOT17-09', fps: 30 },
  { name: 'MOT17-10', fps: 30 },
  { name: 'MOT17-13', fps: 25 },
];
const fileOf = (name: string, file: string): string => `mot/MOT17-train/${name}-FRCNN/${file}`;
const FILES = SEQUENCES.flatMap(({ name }) => [fileOf(name, 'gt/gt.txt'), fileOf(name, 'det/det.txt')]);

/** What a camera analysed `step` times less often would have given: every `step`-th frame, renumbered from 1. */
function thinned(rows: MotRows, step: number): MotRows {
  const kept = new MotRowsBuilder();
  for (let i = 0; i < rows.count; i++) {
    if ((rows.frames[i] - 1) % step !== 0) continue;
    const [x, y, width, height] = rows.boxes.subarray(i * 4);
    const frame = (rows.frames[i] - 1) / step + 1;
    kept.add(frame, rows.ids[i], x, y, width, height, rows.confidences[i], rows.classes[i]);
  }
  return kept.build();
}

interface Recorded {
  readonly truth: MotRows;
  readonly detections: MotRows;
}

const recorded = new Map<string, Recorded>();

function recordedAt(name: string, step: number): Recorded {
  const read = (file: string, kind: 'detections' | 'ground truth'): MotRows =>
    parseMotFile(readFileSync(sharedData(fileOf(name, file)), 'utf8'), kind, file);
  let whole = recorded.get(name);
  if (!whole) {
    whole = { truth: read('gt/gt.txt', 'ground truth'), detections: read('det/det.txt', 'detections') };
    recorded.set(name, whole);
  }
  return { truth: thinned(whole.truth, step), detections: thinned(whole.detections, step) };
}

/** HOTA in points: of each sequence and of all together. */
function hota(make: (intervalMs: number) => Tracker, step: number): number[] {
  const counts = SEQUENCES.map(({ name, fps }): MotCounts => {
    const { truth, detections } = recordedAt(name, step);
    const lastFrame = Math.max(truth.lastFrame, detections.lastFrame);
    const result = new MotRowsBuilder();
    for (const { frame, id, box } of trackRows(detections, make((1000 * step) / fps), {
      fps: fps / step,
      lastFrame,
    })) {
      result.add(frame, id, ...box, 1);
    }
    return motCounts(sequenceOf(truth, result.build()));
  });
  return [...counts, addMotCounts(counts)].map((each) => 100 * motScores(each).HOTA);
}

/** No frame interval is told: the originals know none. */
const published =
  (options: Partial<ByteTrackOptions> = {}) =>
  (): Tracker =>
    new ByteTrack({ ...BYTETRACK_PYTHON, ...options }, { firstId: 1 });

const named =
  (name: TrackerName) =>
  (nominalFrameIntervalMs: number): Tracker =>
    createTracker({ name, trackThreshold: 0.6 } as TrackerSettings, { firstId: 1, nominalFrameIntervalMs });

describe('sightline and ByteTrack on the same detections of MOT17', {
  skip: missingSharedData(...FILES),
}, () => {
  it('is more than 2 HOTA above ByteTrack as published, above it in every sequence, and not by its memory alone', () => {
    const theirs = hota(published(), 1);
    const patient = hota(published({ lostForMs: 2_000 }), 1);
    const ours = hota(named('sightline'), 1);
    assert.ok(ours[5] - theirs[5] > 2, `${ours[5]} against ${theirs[5]}`);
    assert.ok(ours[5] - patient[5] > 1, `${ours[5]} against ${patient[5]}`);
    for (const [i, { name }] of SEQUENCES.entries()) {
      assert.ok(ours[i] > theirs[i], `${name}: ${ours[i]} against ${theirs[i]}`);
    }
  });

  it('is more than 4 above it at 5 frames a second, as cameras are analysed', () => {
    const theirs = hota(published(), 6);
    const ours = hota(named('sightline'), 6);
    assert.ok(ours[5] - theirs[5] > 4, `${ours[5]} against ${theirs[5]}`);
    for (const [i, { name }] of SEQUENCES.entries()) {
      assert.ok(ours[i] > theirs[i], `${name}: ${ours[i]} against ${theirs[i]}`);
    }
  });
});
