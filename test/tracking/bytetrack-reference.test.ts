import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createDetectionBatch } from '../../src/detection.ts';
import { ByteTrack } from '../../src/tracking/bytetrack.ts';
import {
  BYTETRACK_CPP,
  BYTETRACK_PYTHON,
  type ByteTrackOptions,
} from '../../src/tracking/bytetrack-options.ts';
import { byFrame, fillBatch, type MotRow, readMotFile } from '../support/mot-files.ts';
import { missingSharedData, sharedData } from '../support/shared-data.ts';
import { agreement } from '../support/track-agreement.ts';

const FRAME_INTERVAL_MS = 1000 / 30; // both references ran at 30 frames/s, whatever the sequence

/** The filtered boxes of the confirmed tracks of each frame; `frames` begin at index `first`. */
function track(frames: MotRow[][], first: number, options: Partial<ByteTrackOptions>): MotRow[][] {
  const tracker = new ByteTrack(options, { firstId: 1 });
  const batch = createDetectionBatch(Math.max(...frames.map((rows) => rows.length)));
  return frames.map((rows, frame) => {
    if (frame < first) return [];
    fillBatch(batch, rows);
    tracker.update(batch, frame * FRAME_INTERVAL_MS);
    const { count, ids, boxes, detections } = tracker.active;
    return Array.from({ length: count }, (_, i) => {
      assert.equal(batch.trackIds[detections[i]], ids[i]);
      const [x, y, w, h] = boxes.subarray(i * 4);
      return { frame, id: ids[i], box: [x, y, w, h], confidence: batch.confidences[detections[i]] };
    });
  });
}

interface PalaceRow {
  readonly frame_id: string;
  readonly track_id?: string;
  readonly prob?: string;
  readonly x: string;
  readonly y: string;
  readonly width: string;
  readonly height: string;
}

function readPalace(path: string): MotRow[][] {
  const { results } = JSON.parse(readFileSync(path, 'utf8')) as { results: PalaceRow[] };
  return byFrame(
    results.map((row) => ({
      frame: Number(row.frame_id),
      id: Number(row.track_id ?? -1),
      box: [Number(row.x), Number(row.y), Number(row.width), Number(row.height)],
      confidence: Number(row.prob ?? 1),
    })),
  );
}

describe('ByteTrack against the original implementations', () => {
  const palace = 'mot/reference-output/bytetrack-cpp-palace';
  const detections = `${palace}/detection_results.json`;
  const tracks = `${palace}/tracking_results.json`;

  it('C++, half of the detections weak: the same tracks, every box', {
    skip: missingSharedData(detections, tracks),
  }, () => {
    const reference = readPalace(sharedData(tracks));
    const ours = track(readPalace(sharedData(detections)), 0, BYTETRACK_CPP);
    const { largestDifference, ...counts } = agreement(reference, ours, 0.05);
    assert.deepEqual(counts, { boxes: 6008, rows: 6008, referenceRows: 6008, ourRows: 6008 });
    assert.ok(largestDifference < 0.01, `${largestDifference} pixels`);
  });

  for (const [sequence, rows] of [
    ['MOT17-02-FRCNN', 7542],
    ['MOT17-04-FRCNN', 27847],
    ['MOT17-09-FRCNN', 2953],
    ['MOT17-10-FRCNN', 8644],
    ['MOT17-13-FRCNN', 7039],
  ] as const) {
    const found = `mot/MOT17-train/${sequence}/det/det.txt`;
    const expected = `mot/reference-output/bytetrack-mot17-frcnn/${sequence}.txt`;
    it(`Python, ${sequence}: the same tracks, every box`, {
      skip: missingSharedData(found, expected),
    }, () => {
      const reference = byFrame(readMotFile(sharedData(expected)));
      // the original compares by > and <: a detection at exactly its threshold is in neither association
      const seen = readMotFile(sharedData(found)).filter(({ confidence }) => confidence !== 0.6);
      const ours = track(byFrame(seen), 1, BYTETRACK_PYTHON);
      const { largestDifference, ...counts } = agreement(reference, ours, 0.5);
      assert.deepEqual(counts, { boxes: rows, rows, referenceRows: rows, ourRows: rows });
      assert.ok(largestDifference < 0.006, `${largestDifference} pixels, the reference has two decimals`);
    });
  }
});
