import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectionBatch } from '../../src/detection.ts';
import { Sort } from '../../src/tracking/sort.ts';
import { SORT_2016 } from '../../src/tracking/sort-options.ts';
import { byFrame, fillBatch, type MotRow, readMotFile } from '../support/mot-files.ts';
import { missingSharedData, sharedData } from '../support/shared-data.ts';
import { agreement } from '../support/track-agreement.ts';

const FRAME_INTERVAL_MS = 1000 / 30;

function track(frames: MotRow[][]): MotRow[][] {
  const tracker = new Sort(SORT_2016, { firstId: 1, nominalFrameIntervalMs: FRAME_INTERVAL_MS });
  const batch = createDetectionBatch(Math.max(...frames.map((rows) => rows.length)));
  return frames.map((rows, frame) => {
    if (frame === 0) return [];
    fillBatch(batch, rows);
    tracker.update(batch, frame * FRAME_INTERVAL_MS);
    const { count, ids, boxes } = tracker.active;
    return Array.from({ length: count }, (_, i) => {
      const [x, y, w, h] = boxes.subarray(i * 4);
      return { frame, id: ids[i], box: [x, y, w, h], confidence: 1 };
    });
  });
}

const MOT15 = [
  'ADL-Rundle-6',
  'ADL-Rundle-8',
  'ETH-Bahnhof',
  'ETH-Pedcross2',
  'ETH-Sunnyday',
  'KITTI-13',
  'KITTI-17',
  'PETS09-S2L1',
  'TUD-Campus',
  'TUD-Stadtmitte',
  'Venice-2',
];
const MOT17 = ['MOT17-02-FRCNN', 'MOT17-04-FRCNN', 'MOT17-09-FRCNN', 'MOT17-10-FRCNN', 'MOT17-13-FRCNN'];

describe('SORT against the original implementation', () => {
  const cases = [
    ...MOT15.map((name) => [
      name,
      `mot/MOT15-det/${name}/det.txt`,
      `mot/reference-output/sort-mot15/${name}.txt`,
    ]),
    ...MOT17.map((name) => [
      name,
      `mot/MOT17-train/${name}/det/det.txt`,
      `mot/reference-output/sort-mot17-frcnn/${name}.txt`,
    ]),
  ];
  for (const [name, found, expected] of cases) {
    it(`${name}: the same tracks, every box`, { skip: missingSharedData(found, expected) }, () => {
      const reference = byFrame(readMotFile(sharedData(expected)));
      const ours = track(byFrame(readMotFile(sharedData(found))));
      const { largestDifference, ...counts } = agreement(reference, ours, 0.05);
      const rows = reference.flat().length;
      assert.deepEqual(counts, { boxes: rows, rows, referenceRows: rows, ourRows: rows });
      assert.ok(largestDifference < 0.006, `${largestDifference} pixels, the reference has two decimals`);
    });
  }
});
