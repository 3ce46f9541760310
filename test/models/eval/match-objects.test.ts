import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnnotatedObject } from '../../../src/models/eval/annotated-picture.ts';
import {
  askedFirst,
  byScore,
  type FoundObject,
  matchObjects,
  overlapsOf,
} from '../../../src/models/eval/match-objects.ts';

const object = (x: number, more: Partial<AnnotatedObject> = {}): AnnotatedObject => ({
  label: 'person',
  box: [x, 0, 10, 10],
  ignored: more.crowd === true,
  crowd: false,
  ...more,
});
const found = (x: number, score: number): FoundObject => ({ label: 'person', score, box: [x, 0, 10, 10] });

/** The x of the object each detection is matched with, in the order of scores. */
function matched(detections: FoundObject[], objects: AnnotatedObject[], minIou = 0.5): (number | null)[] {
  const [best, asked] = [byScore(detections), askedFirst(objects)];
  return matchObjects(best, asked, overlapsOf(best, asked), minIou).map(
    (match) => match.object?.box[0] ?? null,
  );
}

describe('matching detections with objects', () => {
  it('gives an object to the most confident detection, and to no second one', () => {
    assert.deepEqual(matched([found(1, 0.5), found(2, 0.9)], [object(0)]), [0, null]);
  });

  it('lets a detection take the free object it overlaps most', () => {
    assert.deepEqual(matched([found(2, 0.9), found(2, 0.8)], [object(0), object(3)]), [3, 0]);
  });

  it('counts an overlap of exactly the least one', () => {
    // 10 x 10 moved by 5: 50 / 150
    assert.deepEqual(matched([found(5, 0.9)], [object(0)], 1 / 3), [0]);
    assert.deepEqual(matched([found(5, 0.9)], [object(0)], 0.34), [null]);
  });

  it('prefers an object that must be found to an ignored one that overlaps more', () => {
    assert.deepEqual(matched([found(3, 0.9)], [object(3, { ignored: true }), object(0)]), [0]);
  });

  it('gives an ignored object once, and a crowd as often as detections lie in it', () => {
    const detections = [found(10, 0.9), found(10, 0.8)];
    assert.deepEqual(matched(detections, [object(10, { ignored: true })]), [10, null]);
    const crowd = object(0, { crowd: true, box: [0, 0, 100, 100] });
    assert.deepEqual(matched(detections, [crowd]), [0, 0]);
    assert.deepEqual(matched([found(96, 0.9)], [crowd]), [null]); // 4 of 10 pixels lie in it
  });
});
