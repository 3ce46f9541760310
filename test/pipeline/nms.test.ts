import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import { Nms } from '../../src/pipeline/nms.ts';

interface Detection {
  readonly box: readonly number[];
  readonly confidence: number;
  readonly classId: number;
}

function batchOf(
  detections: readonly Detection[],
  capacity = Math.max(1, detections.length),
): DetectionBatch {
  const batch = createDetectionBatch(capacity);
  batch.count = detections.length;
  detections.forEach(({ box, confidence, classId }, i) => {
    batch.boxes.set(box, i * 4);
    batch.confidences[i] = confidence;
    batch.classIds[i] = classId;
  });
  return batch;
}

function contents(batch: DetectionBatch): Detection[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    box: [...batch.boxes.subarray(i * 4, i * 4 + 4)],
    confidence: batch.confidences[i],
    classId: batch.classIds[i],
  }));
}

/** The definition, in the plainest form: quadratic, with areas of sets of unit squares. */
function byDefinition(detections: readonly Detection[], threshold: number): Detection[] {
  const kept: Detection[] = [];
  for (const candidate of detections.toSorted((a, b) => b.confidence - a.confidence)) {
    const rival = (other: Detection) =>
      other.classId === candidate.classId && iouOfSquares(other.box, candidate.box) > threshold;
    if (!kept.some(rival)) kept.push(candidate);
  }
  return kept;
}

function iouOfSquares(a: readonly number[], b: readonly number[]): number {
  const squares = ([x, y, w, h]: readonly number[]) => {
    const set = new Set<string>();
    for (let i = 0; i < w; i++) for (let j = 0; j < h; j++) set.add(`${x + i},${y + j}`);
    return set;
  };
  const [of, other] = [squares(a), squares(b)];
  const shared = [...of].filter((square) => other.has(square)).length;
  return shared / (of.size + other.size - shared);
}

describe('Nms', () => {
  it('keeps the most confident of overlapping boxes of one class, best first', () => {
    const batch = batchOf([
      { box: [0, 0, 10, 10], confidence: 0.5, classId: 0 },
      { box: [1, 0, 10, 10], confidence: 0.75, classId: 0 },
      { box: [1, 0, 10, 10], confidence: 0.25, classId: 2 },
      { box: [30, 0, 10, 10], confidence: 0.875, classId: 0 },
    ]);
    new Nms().apply(batch, 0.45);
    assert.deepEqual(contents(batch), [
      { box: [30, 0, 10, 10], confidence: 0.875, classId: 0 },
      { box: [1, 0, 10, 10], confidence: 0.75, classId: 0 },
      { box: [1, 0, 10, 10], confidence: 0.25, classId: 2 },
    ]);
  });

  it('is greedy: a suppressed box suppresses nothing', () => {
    const row = (x: number, confidence: number) => ({ box: [x, 0, 10, 10], confidence, classId: 0 });
    const batch = batchOf([row(0, 0.75), row(4, 0.5), row(8, 0.25)]); // neighbours overlap by 6/14, the ends by 2/18
    new Nms().apply(batch, 0.4);
    assert.deepEqual(contents(batch), [row(0, 0.75), row(8, 0.25)]);
  });

  it('agrees with the quadratic definition, one instance over batches of any size', () => {
    const coordinate = fc.integer({ min: 0, max: 12 });
    const size = fc.integer({ min: 1, max: 8 });
    const detection = fc.record({
      box: fc.tuple(coordinate, coordinate, size, size),
      confidence: fc.integer({ min: 1, max: 16 }).map((sixteenth) => sixteenth / 16),
      classId: fc.integer({ min: 0, max: 2 }),
    });
    const nms = new Nms();
    fc.assert(
      fc.property(
        fc.array(detection, { maxLength: 40 }),
        fc.constantFrom(0, 0.3, 0.45, 0.9),
        (all, threshold) => {
          const batch = batchOf(all, all.length + 3);
          nms.apply(batch, threshold);
          assert.deepEqual(
            contents(batch),
            byDefinition(all, threshold).map(({ box, ...rest }) => ({ box: [...box], ...rest })),
          );
        },
      ),
    );
  });
});
