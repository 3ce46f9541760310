import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BACKGROUND, confusionMatrix } from '../../../src/models/eval/confusion-matrix.ts';
import type { JudgedPicture } from '../../../src/models/eval/match-objects.ts';
import { operatingPoint, pooled } from '../../../src/models/eval/operating-point.ts';
import { SEEDED_LABELS, seededPictures } from './seeded-pictures.ts';

const THRESHOLD = { score: 0.3, iou: 0.5 };
const object = (x: number, label: string, ignored = false) =>
  ({ label, box: [x, 0, 10, 10], ignored, crowd: false }) as const;
const found = (x: number, label: string, score = 0.9) => ({ label, score, box: [x, 0, 10, 10] }) as const;

/** A person found, one missed, one called a dog; an ignored one found; one found twice; a dog out of nothing. */
const PICTURE: JudgedPicture = {
  objects: [
    object(0, 'person'),
    object(100, 'person'),
    object(200, 'person'),
    object(300, 'person', true),
    object(400, 'person'),
  ],
  found: [
    found(0, 'person'),
    found(100, 'person', 0.29),
    found(200, 'dog'),
    found(300, 'person'),
    found(400, 'person'),
    found(400, 'person', 0.5),
    found(500, 'dog'),
  ],
};

describe('an operating point', () => {
  it('counts hits, false detections and those of ignored objects, from the least score on', () => {
    assert.deepEqual(operatingPoint([PICTURE], 'person', THRESHOLD), {
      objects: 4,
      detections: 4,
      hits: 2,
      ofIgnored: 1,
      recall: 2 / 4,
      precision: 2 / 4,
      precisionBesideIgnored: 2 / 3,
    });
  });

  it('has no ratio where there is nothing to divide by', () => {
    const { recall, precision, precisionBesideIgnored } = operatingPoint([PICTURE], 'car', THRESHOLD);
    assert.deepEqual([recall, precision, precisionBesideIgnored], [null, null, null]);
  });

  it('pools classes by their counts', () => {
    const person = operatingPoint([PICTURE], 'person', THRESHOLD);
    const dog = operatingPoint([PICTURE], 'dog', THRESHOLD);
    const { objects, detections, hits, recall, precision } = pooled([person, dog]);
    assert.deepEqual([objects, detections, hits, recall, precision], [4, 6, 2, 2 / 4, 2 / 6]);
  });
});

describe('a confusion matrix', () => {
  it('tells what is taken for what, missed and made up; ignored objects are in no cell', () => {
    assert.deepEqual(confusionMatrix([PICTURE], ['person', 'dog'], THRESHOLD), {
      labels: ['person', 'dog', BACKGROUND],
      counts: [
        [2, 1, 1],
        [0, 0, 0],
        [1, 1, 0],
      ],
    });
  });

  it('has the hits on its diagonal, every object in a row and every judged detection in a column', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const pictures = seededPictures(seed);
      const { counts } = confusionMatrix(pictures, SEEDED_LABELS, THRESHOLD);
      for (const [i, label] of SEEDED_LABELS.entries()) {
        const { objects, hits, detections } = operatingPoint(pictures, label, THRESHOLD);
        const column = counts.reduce((sum, row) => sum + row[i], 0);
        assert.equal(counts[i][i], hits);
        assert.equal(
          counts[i].reduce((sum, n) => sum + n, 0),
          objects,
        );
        assert.ok(column <= detections, `${column} of ${detections}`);
      }
      assert.equal(counts.at(-1)?.at(-1), 0);
    }
  });
});
