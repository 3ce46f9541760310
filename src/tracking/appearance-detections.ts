import type { DetectionBatch } from '../detection.ts';
import { SlotList } from './slot-list.ts';
import type { Appearance } from './tracker.ts';

/** One frame's detections as a tracker with appearance needs them. */
export class AppearanceDetections {
  /** x1, y1, x2, y2, pixels. */
  corners: Float64Array = new Float64Array(0);
  classIds: Uint16Array = new Uint16Array(0);
  confidences: Float32Array = new Float32Array(0);
  /** As in the batch: x, y, width, height. */
  boxes: Float32Array = new Float32Array(0);
  /** Those at or above their class's threshold, then those above the low one. */
  readonly strong = new SlotList();
  readonly weak = new SlotList();
  #appearance: Appearance | undefined;

  /**
   * Sorts a frame's detections and empties their `trackIds`.
   *
   * @param strongFrom by class id; `threshold` where it says nothing
   * @param low above it, and below the other, a detection is weak
   */
  take(
    batch: DetectionBatch,
    appearance: Appearance | undefined,
    strongFrom: Float32Array | undefined,
    threshold: number,
    low: number,
  ): void {
    const { count, boxes, confidences, classIds } = batch;
    if (this.corners.length < count * 4) this.corners = new Float64Array(batch.capacity * 4);
    this.boxes = boxes;
    this.confidences = confidences;
    this.classIds = classIds;
    this.#appearance = appearance;
    const { corners, strong, weak } = this;
    strong.clear();
    weak.clear();
    for (let i = 0; i < count; i++) {
      batch.trackIds[i] = 0;
      const at = i * 4;
      // the filter divides by the height; a box without area is no object
      if (!(boxes[at + 2] > 0 && boxes[at + 3] > 0)) continue;
      corners[at] = boxes[at];
      corners[at + 1] = boxes[at + 1];
      corners[at + 2] = boxes[at] + boxes[at + 2];
      corners[at + 3] = boxes[at + 1] + boxes[at + 3];
      if (confidences[i] >= strongThreshold(strongFrom, classIds[i], threshold)) strong.push(i);
      else if (confidences[i] > low) weak.push(i);
    }
  }

  /** Numbers of this frame's vectors; 0 when it has none. */
  get size(): number {
    return this.#appearance?.size ?? 0;
  }

  get vectors(): Float32Array {
    return this.#appearance?.vectors ?? NO_VECTORS;
  }

  /** Whether detection `i` has a vector. */
  seen(i: number): boolean {
    return this.#appearance?.present[i] === 1;
  }
}

const NO_VECTORS = new Float32Array(0);

/** From which confidence a detection of `classId` is strong. */
export function strongThreshold(
  strongFrom: Float32Array | undefined,
  classId: number,
  threshold: number,
): number {
  return strongFrom !== undefined && classId < strongFrom.length ? strongFrom[classId] : threshold;
}
