import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Value } from 'typebox/value';
import { ClipCounts } from '../../src/demo/clip-counts.ts';
import { clipCounts } from '../../src/demo/clip-truth.ts';
import type { Truth, TruthObject } from '../../src/demo/truth.ts';

/** An object of the whole box's height (pixels) and visibility (percent) in each frame. */
function object(
  label: string,
  firstFrame: number,
  ...frames: [height: number, visible: number][]
): TruthObject {
  const samples = frames.flatMap(([height, visible]) => [
    ...[0, 0, 100, height * 10],
    ...[0, 0, visible > 0 ? 100 : 0, height * 10],
    ...[visible * 10, 0, 0, 0],
  ]);
  return { id: 1, label, kind: label, behaviour: 'through', firstFrame, samples };
}

const truth = (height: number, objects: TruthObject[]): Truth => ({
  version: 1,
  name: 'junction',
  seed: 1,
  condition: 'day',
  width: (height * 16) / 9,
  height,
  fps: 25,
  frames: 5,
  objects,
  lines: [{ name: 'stop line', points: [] }],
  zones: [{ name: 'plaza', polygon: [] }],
  events: [],
});

describe('the numbers of a truth', () => {
  it('count by label and frame what can be seen well enough, and apart from it what can hardly', () => {
    const cars = [
      object('car', 1, [16, 30], [15.9, 100], [100, 29.9], [100, 0]),
      object('car', 0, [50, 100], [50, 100]),
    ];
    const counts = clipCounts('junction', truth(720, cars));
    assert.deepEqual(counts.counted.car, [1, 2, 0, 0, 0]);
    assert.deepEqual(counts.doubtful.car, [0, 0, 1, 1, 0]);
    assert.deepEqual([counts.lines, counts.zones, counts.frames], [['stop line'], ['plaza'], 5]);
    assert.ok(Value.Check(ClipCounts, counts));
  });

  it('have every label of the demo, and measure heights as in 720p', () => {
    const { counted } = clipCounts('junction', truth(360, [object('person', 0, [8, 100], [7.9, 100])]));
    assert.deepEqual(Object.keys(counted).sort(), ['bicycle', 'bus', 'car', 'person', 'truck']);
    assert.deepEqual(counted.person, [1, 0, 0, 0, 0]);
    assert.deepEqual(counted.bus, [0, 0, 0, 0, 0]);
  });
});
