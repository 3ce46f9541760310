import { readFileSync } from 'node:fs';
import type { DetectionBatch } from '../../src/detection.ts';
import { parseMotFile } from '../../src/tracking/mot/mot-file.ts';

/** One row of a file of the MOTChallenge: x, y of the top-left corner, width, height in pixels. */
export interface MotRow {
  /** From 1. */
  readonly frame: number;
  /** -1 in detections. */
  readonly id: number;
  readonly box: readonly [x: number, y: number, width: number, height: number];
  readonly confidence: number;
}

/** Reads a detection, ground-truth or result file (`frame,id,x,y,w,h,confidence,...`), sorted by frame. */
export function readMotFile(path: string): MotRow[] {
  const { frames, ids, boxes, confidences } = parseMotFile(readFileSync(path, 'utf8'), 'detections', path);
  return Array.from(frames, (frame, i) => {
    const [x, y, width, height] = boxes.subarray(i * 4);
    return { frame, id: ids[i], box: [x, y, width, height], confidence: confidences[i] };
  });
}

/** The rows of each frame, at the index of its number. */
export function byFrame(rows: readonly MotRow[]): MotRow[][] {
  const last = rows.reduce((max, { frame }) => Math.max(max, frame), 0);
  const frames: MotRow[][] = Array.from({ length: last + 1 }, () => []);
  for (const row of rows) frames[row.frame].push(row);
  return frames;
}

/** Replaces what `batch` holds by `rows`, all of class 0. */
export function fillBatch(batch: DetectionBatch, rows: readonly MotRow[]): void {
  batch.count = rows.length;
  rows.forEach(({ box, confidence }, i) => {
    batch.boxes.set(box, i * 4);
    batch.confidences[i] = confidence;
    batch.classIds[i] = 0;
  });
}
