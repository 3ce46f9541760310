import type { DetectionBatch } from '../detection.ts';
import { SlotList } from './slot-list.ts';

/** One frame's detections as trackers need them: by their corners, and sorted into strong and weak ones. */
export class FoundDetections {
  /** x1, y1, x2, y2, pixels. */
  corners: Float64Array = new Float64Array(0);
  classIds: Uint16Array = new Uint16Array(0);
  confidences: Float32Array = new Float32Array(0);
  /** As in the batch: x, y, width, height. */
  boxes: Float32Array = new Float32Array(0);
  /** Those at or above their class's threshold, then those above the low one. */
  readonly strong = new SlotList();
  readonly weak = new SlotList();

  /**
   * Takes a frame's detections and empties their `trackIds`.
   *
   * @param strongFrom by class id; `threshold` where it says nothing
   * @param low above it, and below the other, a detection is weak; 1 for a tracker without weak ones
   */
  take(batch: DetectionBatch, strongFrom: Float32Array | undefined, threshold: number, low: number): void {
    const { count, boxes, confidences, classIds } = batch;
    if (this.corners.length < count * 4) this.corners = new Float64Array(batch.capacity * 4);
    this.boxes = boxes;
    this.confidences = confidences;
    this.classIds = classIds;
    const { corners, strong, weak } = this;
    strong.clear();
    weak.clear();
    for (let i = 0; i < count; i++) {
      batch.trackIds[i] = 0;
      const at = i * 4;
      // the filters divide by the size; a box without area is no object
      if (!(boxes[at + 2] > 0 && boxes[at + 3] > 0)) continue;
      corners[at] = boxes[at];
      corners[at + 1] = boxes[at + 1];
      corners[at + 2] = boxes[at] + boxes[at + 2];
      corners[at + 3] = boxes[at + 1] + boxes[at + 3];
      if (confidences[i] >= strongThreshold(strongFrom, classIds[i], threshold)) strong.push(i);
      else if (confidences[i] > low) weak.push(i);
    }
  }
}

/** From which confidence a detection of `classId` is strong. */
export function strongThreshold(
  strongFrom: Float32Array | undefined,
  classId: number,
  threshold: number,
): number {
  return strongFrom !== undefined && classId < strongFrom.length ? strongFrom[classId] : threshold;
}
