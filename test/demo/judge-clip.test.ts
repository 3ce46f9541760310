import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClipReport, judgeClip } from '../../src/demo/verify/judge-clip.ts';
import { type Box, type Found, messagesOf, type Scene, truthOf } from './scene.ts';

const FRAMES = 50;
const CAR: Box = [100, 100, 100, 100];
const FAR: Box = [800, 400, 60, 120];

const moving =
  (box: Box, perFrame: number) =>
  (frame: number): Box => [box[0] + frame * perFrame, box[1], box[2], box[3]];

function judged(scene: Scene, found: (frame: number) => readonly Found[]): ClipReport {
  const messages = messagesOf(scene.frames, found);
  return judgeClip(truthOf(scene), { usual: messages, doubtful: messages });
}

const near = (actual: number | null, expected: number): void => {
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-6, `${actual}, expected ${expected}`);
};

describe('judgeClip', () => {
  it('gives full marks to what is right in every frame', () => {
    const car = moving(CAR, 3);
    const person = moving(FAR, -2);
    const { all, labels, frames, model } = judged(
      {
        frames: FRAMES,
        objects: [
          { id: 1, label: 'car', box: car },
          { id: 2, label: 'person', box: person, frames: [10, 30] },
        ],
      },
      (frame) => [
        { label: 'car', box: car(frame), track: 11 },
        ...(frame >= 10 && frame < 30 ? [{ label: 'person', box: person(frame), track: 12 }] : []),
      ],
    );
    assert.deepEqual([frames, model, all.boxes, all.IDSW], [FRAMES, 'toy@1', 70, 0]);
    for (const scores of [all, ...labels]) {
      for (const name of ['AP50', 'AP50To95', 'HOTA', 'DetA', 'AssA', 'LocA', 'MOTA', 'IDF1'] as const) {
        near(scores[name], 100);
      }
      assert.deepEqual([scores.count.error, scores.count.frameError, scores.count.bias], [0, 0, 0]);
    }
    assert.deepEqual(
      labels.map(({ label }) => label),
      ['person', 'car'],
    );
    near(all.count.meanTrue, 1.4);
  });

  it('scores boxes a fifth of their width aside by the thresholds their overlap of 2/3 reaches', () => {
    const { all } = judged({ frames: FRAMES, objects: [{ id: 1, label: 'car', box: CAR }] }, () => [
      { label: 'car', box: [120, 100, 100, 100], track: 11 },
    ]);
    near(all.HOTA, (100 * 13) / 19); // 0.05 .. 0.65
    near(all.AssA, (100 * 13) / 19);
    near(all.LocA, (100 * (13 * (2 / 3) + 6)) / 19);
    near(all.AP50, 100);
    near(all.AP50To95, 40); // 0.50 .. 0.65
    near(all.MOTA, 100);
  });

  it('takes a wrong label for a miss and a false alarm, while the count of all labels stays right', () => {
    const { all, labels } = judged(
      { frames: FRAMES, objects: [{ id: 1, label: 'car', box: CAR }] },
      (frame) => [{ label: frame < FRAMES / 2 ? 'car' : 'truck', box: CAR, track: 11 }],
    );
    near(all.DetA, 100 / 3);
    near(all.AssA, 50);
    near(all.HOTA, 100 * Math.sqrt(1 / 6));
    near(all.MOTA, 0);
    assert.equal(all.count.frameError, 0);
    const [car, truck] = labels;
    near(car.count.errorPercent, 50);
    assert.deepEqual(
      [truck.label, truck.HOTA, truck.AP50, truck.count.errorPercent],
      ['truck', null, null, null],
    );
    near(truck.count.bias, 0.5);
  });

  it('sees a change of track, which detection alone does not', () => {
    const { all } = judged({ frames: FRAMES, objects: [{ id: 1, label: 'car', box: CAR }] }, (frame) => [
      { label: 'car', box: CAR, track: frame < FRAMES / 2 ? 11 : 12 },
    ]);
    assert.equal(all.IDSW, 1);
    near(all.DetA, 100);
    near(all.AssA, 50);
    near(all.IDF1, 50);
  });

  it('counts only confirmed tracks of judged labels', () => {
    const { all, labels } = judged({ frames: FRAMES, objects: [] }, () => [
      { label: 'car', box: CAR },
      { label: 'umbrella', box: FAR, track: 11 },
    ]);
    assert.equal(all.count.meanMeasured, 0);
    assert.deepEqual(labels, []);
  });

  it('neither asks for what is hidden or tiny nor minds that it is found, by its whole or its visible box', () => {
    const objects = [
      { id: 1, label: 'car', box: CAR },
      { id: 2, label: 'person', box: FAR, visible: 0.2, seen: [800, 400, 60, 24] as const },
      { id: 3, label: 'car', box: [600, 50, 20, 15] as const },
    ];
    const rest: Found = { label: 'car', box: CAR, track: 11 };
    const results: Found[][] = [
      [rest],
      [rest, { label: 'person', box: FAR, track: 12 }],
      [rest, { label: 'bicycle', box: [800, 400, 60, 24], track: 12 }],
      [rest, { label: 'truck', box: [600, 50, 20, 15], track: 13 }],
    ];
    for (const found of results) {
      const { all } = judged({ frames: FRAMES, objects }, () => found);
      near(all.HOTA, 100);
      near(all.AP50To95, 100);
      assert.equal(all.count.frameError, 0);
      assert.equal(all.boxes, FRAMES);
    }
    const twice = judged({ frames: FRAMES, objects }, () => [rest, { label: 'car', box: CAR, track: 12 }]);
    near(twice.all.DetA, 50); // a second box on what counts is a false alarm
    near(twice.all.count.bias, 1);
  });

  it('prefers what counts where a track could be on either', () => {
    const { all } = judged(
      {
        frames: FRAMES,
        objects: [
          { id: 1, label: 'person', box: FAR, visible: 0.1 },
          { id: 2, label: 'person', box: [810, 400, 60, 120] },
        ],
      },
      () => [{ label: 'person', box: FAR, track: 11 }],
    );
    assert.deepEqual([all.MOTA, all.count.frameError], [100, 0]);
  });

  it('judges sampled frames by the truth of those very frames', () => {
    const car = moving(CAR, 20);
    const truth = truthOf({ frames: FRAMES, objects: [{ id: 1, label: 'car', box: car }] });
    const messages = messagesOf(FRAMES, (frame) => [{ label: 'car', box: car(frame), track: 11 }], 5);
    const { all, frames } = judgeClip(truth, { usual: messages, doubtful: messages });
    assert.equal(frames, 10);
    near(all.HOTA, 100);
  });
});
