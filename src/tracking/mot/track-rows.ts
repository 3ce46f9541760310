import { createDetectionBatch } from '../../detection.ts';
import type { Tracker } from '../tracker.ts';
import type { MotRows } from './mot-rows.ts';
import type { TrackBox } from './track-box.ts';

export interface TrackRowsOptions {
  /** Frames a second, constant. */
  readonly fps: number;
  /** Every frame from 1 to this one is given to the tracker, empty ones too; what lies beyond is left out. */
  readonly lastFrame: number;
  /** Detections of exactly this confidence are left out. */
  readonly ignoredConfidence?: number;
  /** Called after each frame. */
  onFrame?(frame: number): void;
}

/** Runs a tracker over the detections of a file; answers the filtered boxes of the tracks that were seen in each frame. */
export function trackRows(detections: MotRows, tracker: Tracker, options: TrackRowsOptions): TrackBox[] {
  const { count, frames, boxes, confidences } = detections;
  const { fps, lastFrame, ignoredConfidence, onFrame } = options;
  const batch = createDetectionBatch(Math.max(1, fullest(frames)));
  const tracked: TrackBox[] = [];
  for (let frame = 1, row = 0; frame <= lastFrame; frame++) {
    batch.count = 0;
    for (; row < count && frames[row] === frame; row++) {
      if (confidences[row] === ignoredConfidence) continue;
      batch.boxes.set(boxes.subarray(row * 4, row * 4 + 4), batch.count * 4);
      batch.confidences[batch.count++] = confidences[row];
    }
    tracker.update(batch, ((frame - 1) * 1000) / fps);
    const { active } = tracker;
    for (let i = 0; i < active.count; i++) {
      const [x, y, width, height] = active.boxes.subarray(i * 4);
      const confidence = batch.confidences[active.detections[i]];
      tracked.push({ frame, id: active.ids[i], box: [x, y, width, height], confidence });
    }
    onFrame?.(frame);
  }
  return tracked;
}

/** How many rows the fullest frame has; `frames` are sorted. */
function fullest(frames: Int32Array): number {
  let most = 0;
  for (let i = 0, first = 0; i < frames.length; i++) {
    if (frames[i] !== frames[first]) first = i;
    most = Math.max(most, i - first + 1);
  }
  return most;
}
