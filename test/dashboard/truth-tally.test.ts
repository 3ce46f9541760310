import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { frameAt, TruthTallier } from '../../dashboards/web/src/live/truth-tally.ts';
import type { ClipCounts } from '../../src/demo/clip-counts.ts';
import type { DetectedObject } from '../../src/detection.ts';

/** Four frames at 25 fps. */
const COUNTS: ClipCounts = {
  clip: 'junction',
  condition: 'day',
  width: 1280,
  height: 720,
  fps: 25,
  frames: 4,
  lines: [],
  zones: [],
  counted: { car: [1, 2, 3, 4], person: [0, 0, 0, 0] },
  doubtful: { car: [0, 0, 0, 2], person: [0, 0, 0, 0] },
};

/** So many confirmed tracks of a label, and a detection that no track holds. */
function objects(label: string, tracks: number): DetectedObject[] {
  const one = { label, confidence: 0.9, box: [0, 0, 0.1, 0.1] as const };
  return [one, ...Array.from({ length: tracks }, (_, i) => ({ ...one, track: i + 1 }))] as DetectedObject[];
}

describe('the truth beside what is counted', () => {
  it('is that of the very frame, however often the clip was played', () => {
    assert.deepEqual(
      [0, 40, 120, 160, 200.001, 1_000_000_000_040].map((ptsMs) => frameAt(ptsMs, COUNTS)),
      [0, 1, 3, 0, 1, 1],
    );
  });

  it('counts confirmed tracks by label', () => {
    const tallier = new TruthTallier(COUNTS);
    assert.deepEqual(tallier.tally().labels[0], { label: 'car', measured: null, truly: null });
    tallier.add({ ptsMs: 80, objects: objects('car', 2) }, 0);
    assert.deepEqual(tallier.tally().labels, [
      { label: 'car', measured: 2, truly: 3 },
      { label: 'person', measured: 0, truly: 0 },
    ]);
  });

  it('averages how far each label is off over the last minute, so that one does not make up for another', () => {
    const tallier = new TruthTallier(COUNTS);
    for (let i = 0; i < 9; i++) tallier.add({ ptsMs: 0, objects: objects('person', 1) }, i);
    assert.equal(tallier.tally().offBy, null); // too few frames to say
    tallier.add({ ptsMs: 0, objects: objects('person', 1) }, 10);
    assert.equal(tallier.tally().offBy, 2); // a car that is not there, a person that should not be
    for (let i = 0; i < 10; i++) tallier.add({ ptsMs: 0, objects: objects('car', 1) }, 20 + i);
    assert.equal(tallier.tally().offBy, 1);
    for (let i = 0; i < 10; i++) tallier.add({ ptsMs: 0, objects: objects('car', 1) }, 60_025 + i);
    assert.equal(tallier.tally().offBy, 0); // the first are forgotten
  });

  it('takes neither finding nor missing a doubtful object for a mistake', () => {
    for (const [found, off] of [
      [3, 1],
      [4, 0],
      [6, 0],
      [7, 1],
    ]) {
      const tallier = new TruthTallier(COUNTS);
      for (let i = 0; i < 10; i++) tallier.add({ ptsMs: 120, objects: objects('car', found!) }, i);
      assert.equal(tallier.tally().offBy, off, `${found} cars`);
    }
  });

  it('judges only the classes that the camera looks for', () => {
    const tallier = new TruthTallier(COUNTS, ['person']);
    for (let i = 0; i < 10; i++) tallier.add({ ptsMs: 0, objects: [] }, i);
    assert.deepEqual(tallier.tally(), { labels: [{ label: 'person', measured: 0, truly: 0 }], offBy: 0 });
  });
});
