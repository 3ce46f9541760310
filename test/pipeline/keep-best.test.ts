import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createDetectionBatch } from '../../src/detection.ts';
import { keepBest } from '../../src/pipeline/keep-best.ts';

describe('keepBest', () => {
  it('holds the most confident of all that were offered, each whole', () => {
    const offered = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 60 });
    fc.assert(
      fc.property(offered, fc.integer({ min: 0, max: 20 }), (numbers, capacity) => {
        const batch = createDetectionBatch(capacity);
        for (const n of numbers) keepBest(batch, n, n + 1, n + 2, n + 3, n / 1000, n);
        const best = numbers.toSorted((a, b) => b - a).slice(0, capacity);
        const kept = Array.from({ length: batch.count }, (_, i) => batch.classIds[i]);
        assert.deepEqual(
          kept.toSorted((a, b) => b - a),
          best,
        );
        kept.forEach((n, i) => {
          assert.equal(batch.confidences[i], Math.fround(n / 1000));
          assert.deepEqual([...batch.boxes.subarray(i * 4, i * 4 + 4)], [n, n + 1, n + 2, n + 3]);
        });
      }),
    );
  });
});
