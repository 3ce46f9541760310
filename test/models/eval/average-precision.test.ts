import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { averagePrecision, meanAveragePrecision } from '../../../src/models/eval/average-precision.ts';
import type { JudgedPicture } from '../../../src/models/eval/match-objects.ts';
import { SEEDED_LABELS, seededPictures } from './seeded-pictures.ts';

/** What pycocotools 2.0.11 answers for `seededPictures()`; ignored objects by their area, which is out of range. */
const PYCOCOTOOLS = {
  person: { ap50: 0.379341556379808, ap50To95: 0.2030483383666903 },
  car: { ap50: 0.23251991865853253, ap50To95: 0.11664625436902665 },
  dog: { ap50: 0.1723029445801723, ap50To95: 0.08380266598088382 },
};
const PYCOCOTOOLS_MEAN = { ap50: 0.26138813987283754, ap50To95: 0.13449908623886694 };

const object = (x: number, label = 'person') =>
  ({ label, box: [x, 0, 10, 10], ignored: false, crowd: false }) as const;
const found = (x: number, score: number, label = 'person') =>
  ({ label, score, box: [x, 0, 10, 10] }) as const;

describe('average precision', () => {
  it('is that of pycocotools, with crowds, ignored objects, equal scores and too many detections', () => {
    const pictures = seededPictures();
    const classes = SEEDED_LABELS.map((label) => {
      const ap = averagePrecision(pictures, label);
      assertNear(ap.ap50, PYCOCOTOOLS[label].ap50);
      assertNear(ap.ap50To95, PYCOCOTOOLS[label].ap50To95);
      return ap;
    });
    const mean = meanAveragePrecision(classes);
    assertNear(mean.ap50, PYCOCOTOOLS_MEAN.ap50);
    assertNear(mean.ap50To95, PYCOCOTOOLS_MEAN.ap50To95);
  });

  it('is 1 when all is found exactly, 0 when nothing is, and null when there is nothing to find', () => {
    const all: JudgedPicture = { objects: [object(0), object(50)], found: [found(0, 0.4), found(50, 0.3)] };
    assert.deepEqual(averagePrecision([all], 'person'), { ap50: 1, ap50To95: 1 });
    assert.deepEqual(averagePrecision([{ ...all, found: [] }], 'person'), { ap50: 0, ap50To95: 0 });
    assert.deepEqual(averagePrecision([all], 'car'), { ap50: null, ap50To95: null });
  });

  it('reads the best precision at or beyond each of 101 recalls', () => {
    // hit, false, hit: precision 1 up to recall 1/2 (recalls 0 to 0.50: 51), then 2/3 (50 more)
    const picture: JudgedPicture = {
      objects: [object(0), object(50)],
      found: [found(0, 0.9), found(200, 0.8), found(50, 0.7)],
    };
    assertNear(averagePrecision([picture], 'person').ap50, (51 + 50 * (2 / 3)) / 101);
  });

  it('leaves classes with nothing to find out of the mean', () => {
    const none = { ap50: null, ap50To95: null };
    assert.deepEqual(meanAveragePrecision([{ ap50: 0.5, ap50To95: 0.25 }, none]), {
      ap50: 0.5,
      ap50To95: 0.25,
    });
    assert.deepEqual(meanAveragePrecision([none]), none);
  });
});

function assertNear(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}
