import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { initiate, mahalanobisInto, predict, STRIDE, update } from '../../src/tracking/box-filter.ts';
import { DeepSort } from '../../src/tracking/deepsort.ts';
import type { DeepSortOptions } from '../../src/tracking/deepsort-options.ts';
import type { TrackerContext } from '../../src/tracking/tracker.ts';
import { gaussian, seeded } from '../support/seeded.ts';
import { crowdIds, crowdSwitches, idAfterGap, show, showAt, times } from './appearance-scene.ts';

function deepSort(options: Partial<DeepSortOptions> = {}, context: Partial<TrackerContext> = {}): DeepSort {
  return new DeepSort(options, { firstId: 1, nominalFrameIntervalMs: 40, ...context });
}

const RED = 0;
const BLUE = 1.5; // cosine 0.07 to red
const REDDISH = 0.3; // cosine distance 0.045 to red

describe('mahalanobisInto', () => {
  it('stays below the gate for 95 of 100 boxes of the object that the filter describes', () => {
    const s = new Float64Array(STRIDE);
    initiate(s, 0, 100, 100, 40, 100);
    for (let i = 0; i < 20; i++) {
      predict(s, 0, 1);
      update(s, 0, 100 + i * 2, 100, 40, 100);
    }
    predict(s, 0, 3);
    const gauss = gaussian(seeded(5));
    const height = s[15];
    let inside = 0;
    for (let i = 0; i < 20_000; i++) {
      const [cx, cy, a, h] = [0, 1, 2, 3].map((axis) => {
        const noise = axis === 2 ? 0.1 : height / 20;
        return s[axis * 5] + Math.sqrt(s[axis * 5 + 2] + noise * noise) * gauss();
      });
      const box = Float32Array.of(0, 0, 0, 0, cx - (a * h) / 2, cy - h / 2, a * h, h);
      const into = new Float64Array(2);
      mahalanobisInto(into, 1, s, 0, box, 1);
      if (into[1] <= 9.4877) inside++;
    }
    assert.ok(Math.abs(inside / 20_000 - 0.95) < 0.005, `${inside} of 20000 inside`);
  });
});

describe('DeepSort', () => {
  it('gives an id at the third sight in a row, counting up from the first', () => {
    const tracker = deepSort({}, { firstId: 1000 });
    const pair = [
      { x: 0, look: RED },
      { x: 300, look: BLUE },
    ];
    assert.deepEqual(showAt(tracker, times(0, 2), pair), [0, 0]);
    assert.equal(tracker.lastId, 999);
    assert.deepEqual(show(tracker, 80, pair), [1000, 1001]);
    assert.equal(tracker.lastId, 1001);
    assert.equal(tracker.active.count, 2);
    show(tracker, 120, [{ x: 600, look: BLUE }]);
    assert.deepEqual(show(tracker, 160, []), []);
    assert.equal(tracker.active.count, 0);
    assert.deepEqual(
      showAt(tracker, times(200, 2), [{ x: 600, look: BLUE }]),
      [0],
      'begins anew after a miss',
    );
  });

  it('recognises an object after it was out of sight, where overlap would not', () => {
    const gap = { gapMs: 1040, movedBy: 70 };
    assert.equal(idAfterGap(deepSort(), { ...gap, look: RED }), 1);
    assert.equal(idAfterGap(deepSort(), gap), 2);
  });

  it('tells two apart that change places while nobody looks', () => {
    const tracker = deepSort();
    const walk = (swapped: boolean) => [
      { x: swapped ? 160 : 100, look: RED },
      { x: swapped ? 100 : 160, look: BLUE },
    ];
    assert.deepEqual(showAt(tracker, times(0, 10), walk(false)), [1, 2]);
    assert.deepEqual(showAt(tracker, times(1400, 3), walk(true)), [1, 2]);
    const blind = deepSort();
    const unseen = (swapped: boolean) => walk(swapped).map(({ x }) => ({ x }));
    showAt(blind, times(0, 10), unseen(false));
    assert.deepEqual(showAt(blind, times(1400, 3), unseen(true)), [2, 1]);
  });

  it('never takes what lies outside the gate, however like it looks', () => {
    const tracker = deepSort();
    showAt(tracker, times(0, 10), [{ x: 100, look: RED }]);
    assert.deepEqual(showAt(tracker, times(400, 3), [{ x: 400, look: RED }]), [2]);
    // the gate grows with the time out of sight
    const patient = deepSort();
    showAt(patient, times(0, 10), [{ x: 100, look: RED }]);
    assert.deepEqual(showAt(patient, times(3000, 3), [{ x: 400, look: RED }]), [1]);
  });

  it('serves the tracks seen latest first, even where one long unseen looks more alike', () => {
    const tracker = deepSort();
    const lost = { x: 180, look: REDDISH };
    const kept = { x: 100, look: RED };
    assert.deepEqual(showAt(tracker, times(0, 10), [lost, kept]), [1, 2]);
    showAt(tracker, times(400, 20), [kept]);
    // by looks alone the first track would win: 0 against 0.045
    assert.deepEqual(show(tracker, 1200, [{ x: 106, look: REDDISH }]), [2]);
  });

  it('never continues an object of another class', () => {
    const tracker = deepSort();
    assert.deepEqual(showAt(tracker, times(0, 5), [{ x: 100, look: RED }]), [1]);
    assert.deepEqual(showAt(tracker, times(200, 3), [{ x: 100, look: RED, classId: 2 }]), [2]);
    assert.deepEqual(show(tracker, 320, [{ x: 100, look: RED }]), [1]);
  });

  it('works by overlap where there are no vectors, also for some detections only', () => {
    const tracker = deepSort();
    const pair = (x: number) => [{ x, look: RED }, { x: 400 + x }];
    assert.deepEqual(showAt(tracker, times(0, 4), pair(0)), [1, 2]);
    assert.deepEqual(show(tracker, 160, pair(4)), [1, 2]);
    assert.deepEqual(show(tracker, 200, [{ x: 6 }, { x: 406, look: BLUE }]), [1, 2]);
    for (const ptsMs of times(240, 10)) show(tracker, ptsMs, []);
    assert.deepEqual(show(tracker, 640, [{ x: 10 }, { x: 410 }]), [1, 2], 'lost tracks too');
  });

  it('remembers for as long at any frame rate', () => {
    for (const everyMs of [33, 100, 200]) {
      for (const [gapMs, id] of [
        [1900, 1],
        [2200, 2],
      ]) {
        const tracker = deepSort({ lostForMs: 2000 }, { nominalFrameIntervalMs: everyMs });
        const found = idAfterGap(tracker, { gapMs, everyMs, look: RED });
        assert.equal(found, id, `${everyMs} ms, gap ${gapMs} ms`);
      }
    }
  });

  it('ignores detections below the threshold, of their class where it has its own', () => {
    const strongFrom = Float32Array.of(0.5, 0.8);
    const tracker = deepSort({}, { strongFrom });
    const three = [
      { x: 0, confidence: 0.5 },
      { x: 200, confidence: 0.7, classId: 1 },
      { x: 400, confidence: 0.8, classId: 1 },
    ];
    assert.deepEqual(showAt(tracker, times(0, 3), three), [1, 0, 2]);
    strongFrom[1] = 0.6;
    assert.deepEqual(showAt(tracker, times(120, 3), three), [1, 3, 2]);
    assert.deepEqual(
      showAt(deepSort({ trackThreshold: 0.6 }), times(0, 3), [{ x: 0, confidence: 0.6 }]),
      [1],
    );
  });

  it('makes no box nothing, infinite or inside out in a long gap, whatever grew before it', () => {
    const tracker = deepSort();
    for (let i = 0; i < 20; i++)
      show(tracker, i * 40, [{ x: 100, w: 80 - 3 * i, h: 200 - 8 * i, look: RED }]);
    show(tracker, 3600, [{ x: 100, w: 20, h: 40, look: RED }]);
    const { active } = tracker;
    assert.equal(active.count, 1);
    for (let k = 0; k < 4; k++) assert.ok(Number.isFinite(active.boxes[k]));
    assert.ok(active.boxes[2] > 0 && active.boxes[3] > 0);
  });

  it('gives the same ids to the same frames', () => {
    assert.deepEqual(crowdIds(deepSort()), crowdIds(deepSort()));
  });

  it('keeps people apart in a crowd better with looks than without', () => {
    const without = crowdSwitches(deepSort({ maxCosineDistance: 0.4 }), false);
    const withLooks = crowdSwitches(deepSort({ maxCosineDistance: 0.4 }), true);
    assert.ok(withLooks <= without / 4, `${withLooks} switches with looks, ${without} without`);
  });
});
