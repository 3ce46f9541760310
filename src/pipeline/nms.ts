import { createDetectionBatch, type DetectionBatch } from '../detection.ts';
import { iou } from '../geometry/box.ts';

/**
 * Greedy non-maximum suppression within each class, in place; one instance is one set of work arrays.
 *
 * The work arrays grow to the largest batch seen and are then reused: nothing is allocated per frame.
 */
export class Nms {
  /** Indices into the batch; a binary heap with the most confident candidate first. */
  #heap = new Int32Array(0);
  #kept: DetectionBatch = createDetectionBatch(0);

  /**
   * Leaves in `batch`, the most confident first, every detection that does not overlap a more confident
   * kept one of its class by more than `iouThreshold`. Equal confidences count in the order of the batch.
   */
  apply(batch: DetectionBatch, iouThreshold: number): void {
    const { count, boxes, confidences, classIds } = batch;
    if (this.#heap.length < count) {
      this.#heap = new Int32Array(batch.capacity);
      this.#kept = createDetectionBatch(batch.capacity);
    }
    const heap = this.#heap;
    const kept = this.#kept;
    for (let i = 0; i < count; i++) heap[i] = i;
    for (let i = (count >> 1) - 1; i >= 0; i--) siftDown(heap, count, i, confidences);

    kept.count = 0;
    for (let left = count; left > 0; ) {
      const best = heap[0];
      heap[0] = heap[--left];
      siftDown(heap, left, 0, confidences);
      if (!suppressed(batch, best, kept, iouThreshold)) {
        const k = kept.count++;
        for (let axis = 0; axis < 4; axis++) kept.boxes[k * 4 + axis] = boxes[best * 4 + axis];
        kept.confidences[k] = confidences[best];
        kept.classIds[k] = classIds[best];
      }
    }
    // copied by hand: `set` would need a view, an allocation, for each array
    for (let i = 0; i < kept.count * 4; i++) boxes[i] = kept.boxes[i];
    for (let i = 0; i < kept.count; i++) {
      confidences[i] = kept.confidences[i];
      classIds[i] = kept.classIds[i];
    }
    batch.count = kept.count;
  }
}

function suppressed(batch: DetectionBatch, i: number, kept: DetectionBatch, iouThreshold: number): boolean {
  const classId = batch.classIds[i];
  for (let k = 0; k < kept.count; k++) {
    if (kept.classIds[k] === classId && iou(batch.boxes, i, kept.boxes, k) > iouThreshold) return true;
  }
  return false;
}

function siftDown(heap: Int32Array, size: number, from: number, confidences: Float32Array): void {
  let parent = from;
  for (;;) {
    let best = parent;
    const left = 2 * parent + 1;
    if (left < size && precedes(heap[left], heap[best], confidences)) best = left;
    if (left + 1 < size && precedes(heap[left + 1], heap[best], confidences)) best = left + 1;
    if (best === parent) return;
    const index = heap[parent];
    heap[parent] = heap[best];
    heap[best] = index;
    parent = best;
  }
}

function precedes(a: number, b: number, confidences: Float32Array): boolean {
  return confidences[a] > confidences[b] || (confidences[a] === confidences[b] && a < b);
}
