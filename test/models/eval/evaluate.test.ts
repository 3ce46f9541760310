import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluate, judgedClasses, restrictedTo } from '../../../src/models/eval/evaluate.ts';

describe('the classes that are judged', () => {
  it('are those that the model knows and the annotations mark, whatever the case and the fashion of their names', () => {
    const { classes, unknown } = judgedClasses(
      ['person', 'car', 'motorbike'],
      ['Car', 'pedestrian', 'tree', 'motorcycle'],
      undefined,
    );
    assert.deepEqual(
      [...classes],
      [
        ['Car', 'car'],
        ['pedestrian', 'person'],
        ['motorcycle', 'motorbike'],
      ],
    );
    assert.deepEqual(unknown, ['tree']);
  });

  it('are only those asked for', () => {
    const { classes } = judgedClasses(['person', 'car'], ['person', 'car'], ['CAR']);
    assert.deepEqual([...classes], [['car', 'car']]);
  });

  it('are refused with what can be asked for', () => {
    const judged = (asked: string[]) => judgedClasses(['person', 'dog'], ['person', 'tree'], asked);
    assert.throws(
      () => judged(['dog']),
      /"dog", which the annotations do not mark; what can be judged is: person/,
    );
    assert.throws(() => judged(['tree']), /"tree", which the model does not know/);
    assert.throws(
      () => judgedClasses(['face'], ['car'], undefined),
      /knows none of what the annotations mark \(car\): it knows face/,
    );
  });
});

describe('an evaluation', () => {
  it('looks only at judged classes, under the names of the model', () => {
    const box = [0, 0, 10, 10] as const;
    const classes = new Map([['pedestrian', 'person']]);
    const pictures = restrictedTo(classes, [
      {
        objects: [
          { label: 'pedestrian', box, ignored: false, crowd: false },
          { label: 'tree', box, ignored: false, crowd: false },
          { label: 'pedestrian', box: [50, 0, 10, 10], ignored: true, crowd: false },
        ],
        found: [
          { label: 'person', score: 0.9, box },
          { label: 'dog', score: 0.9, box },
        ],
      },
    ]);
    const { objects, ignoredObjects, detections, hits, ap50, confusion } = evaluate(pictures, ['person'], {
      score: 0.3,
      iou: 0.5,
    });
    assert.deepEqual([objects, ignoredObjects, detections, hits, ap50], [1, 1, 1, 1, 1]);
    assert.deepEqual(confusion.labels, ['person', 'background']);
  });
});
