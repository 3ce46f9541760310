import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AnalyticsInput, resolvedAnalytics } from '../../src/analytics.ts';
import { createDetectionBatch } from '../../src/detection.ts';
import { ClassFilter } from '../../src/pipeline/class-filter.ts';

const LABELS = ['person', 'bicycle', 'car'];
const filter = (analytics: AnalyticsInput): ClassFilter =>
  new ClassFilter(resolvedAnalytics(analytics, true), LABELS);
const rounded = (numbers: Float32Array): number[] => Array.from(numbers, (n) => Math.round(n * 1000) / 1000);

describe('ClassFilter', () => {
  it('takes the label own threshold before the camera confidence', () => {
    const { reportedFrom, strongFrom } = filter({ confidence: 0.4, thresholds: { car: 0.7 } });
    assert.deepEqual(rounded(reportedFrom), [0.4, 0.4, 0.7]);
    assert.deepEqual(rounded(strongFrom), [0.4, 0.4, 0.7]);
  });

  it('lets a tracker have a threshold of its own, which does not change what is reported', () => {
    const { reportedFrom, strongFrom } = filter({
      confidence: 0.4,
      thresholds: { car: 0.7 },
      tracker: { name: 'bytetrack', trackThreshold: 0.5 },
    });
    assert.deepEqual(rounded(reportedFrom), [0.4, 0.4, 0.7]);
    assert.deepEqual(rounded(strongFrom), [0.5, 0.5, 0.7]);
  });

  it('keeps only the classes asked for, in their order', () => {
    const batch = createDetectionBatch(5);
    batch.count = 5;
    batch.classIds.set([2, 0, 1, 0, 2]);
    batch.confidences.set([0.9, 0.8, 0.7, 0.6, 0.5]);
    batch.boxes.set(Array.from({ length: 20 }, (_, i) => i));
    filter({ classes: ['car', 'bicycle'] }).apply(batch);
    assert.equal(batch.count, 3);
    assert.deepEqual([...batch.classIds.subarray(0, 3)], [2, 1, 2]);
    assert.deepEqual(rounded(batch.confidences.subarray(0, 3)), [0.9, 0.7, 0.5]);
    assert.deepEqual([...batch.boxes.subarray(4, 12)], [8, 9, 10, 11, 16, 17, 18, 19]);
  });

  it('keeps everything when no class is named', () => {
    const batch = createDetectionBatch(2);
    batch.count = 2;
    filter({}).apply(batch);
    assert.equal(batch.count, 2);
  });

  it('names the labels that the model does not know', () => {
    assert.deepEqual(filter({ classes: ['person', 'unicorn'], thresholds: { drgaon: 0.5 } }).unknown, [
      'unicorn',
      'drgaon',
    ]);
  });
});
