import type { DetectionBatch } from '../detection.ts';

/**
 * Adds a detection to `batch`; when the batch is full, the least confident one gives way.
 *
 * A scene of noise can bring more candidates than a batch holds. From the moment it is full, the batch is
 * a binary heap with the least confident entry first, so each further candidate costs one comparison, or
 * O(log capacity) when it is taken in. The order of the entries means nothing to the caller.
 *
 * Box: x, y of the top-left corner, width, height, pixels of the source frame.
 */
export function keepBest(
  batch: DetectionBatch,
  x: number,
  y: number,
  width: number,
  height: number,
  confidence: number,
  classId: number,
): void {
  let at = batch.count;
  if (at === batch.capacity) {
    if (!(confidence > batch.confidences[0])) return;
    at = 0;
  } else {
    batch.count++;
  }
  const { boxes, confidences, classIds } = batch;
  boxes[at * 4] = x;
  boxes[at * 4 + 1] = y;
  boxes[at * 4 + 2] = width;
  boxes[at * 4 + 3] = height;
  confidences[at] = confidence;
  classIds[at] = classId;
  if (batch.count < batch.capacity) return;
  if (at === 0) siftDown(batch, 0);
  else for (let i = (at - 1) >> 1; i >= 0; i--) siftDown(batch, i);
}

function siftDown(batch: DetectionBatch, from: number): void {
  const { capacity, confidences } = batch;
  let parent = from;
  for (;;) {
    let least = parent;
    const left = 2 * parent + 1;
    if (left < capacity && confidences[left] < confidences[least]) least = left;
    if (left + 1 < capacity && confidences[left + 1] < confidences[least]) least = left + 1;
    if (least === parent) return;
    swap(batch, parent, least);
    parent = least;
  }
}

function swap({ boxes, confidences, classIds }: DetectionBatch, a: number, b: number): void {
  for (let k = 0; k < 4; k++) {
    const number = boxes[a * 4 + k];
    boxes[a * 4 + k] = boxes[b * 4 + k];
    boxes[b * 4 + k] = number;
  }
  const confidence = confidences[a];
  confidences[a] = confidences[b];
  confidences[b] = confidence;
  const classId = classIds[a];
  classIds[a] = classIds[b];
  classIds[b] = classId;
}
