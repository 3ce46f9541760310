import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BotSort } from '../../src/tracking/botsort.ts';
import {
  initiate,
  mahalanobisInto,
  predict,
  STRIDE,
  stopGrowing,
  update,
  writeCorners,
} from '../../src/tracking/botsort-filter.ts';
import type { BotSortOptions } from '../../src/tracking/botsort-options.ts';
import type { TrackerContext } from '../../src/tracking/tracker.ts';
import { gaussian, seeded } from '../support/seeded.ts';
import { crowdIds, crowdSwitches, idAfterGap, show, showAt, times } from './appearance-scene.ts';

function botSort(options: Partial<BotSortOptions> = {}, context: Partial<TrackerContext> = {}): BotSort {
  return new BotSort(options, { firstId: 1, nominalFrameIntervalMs: 40, ...context });
}

const RED = 0;
const BLUE = 1.5; // cosine 0.07 to red
const PINK = 0.6; // cosine distance 0.17 to red

type Matrix = number[][];
const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, v, k) => sum + v * b[k][j], 0)));
const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));

/** The 8-state filter of the paper in full matrices. Its measured covariance is diagonal: an inverse by elements. */
class MatrixFilter {
  mean: number[];
  covariance: Matrix;

  constructor([x, y, w, h]: number[]) {
    this.mean = [x + w / 2, y + h / 2, w, h, 0, 0, 0, 0];
    this.covariance = squares([w / 10, h / 10, w / 10, h / 10, w / 16, h / 16, w / 16, h / 16]);
  }

  predict(): void {
    const [, , w, h] = this.mean;
    const noise = squares([w / 20, h / 20, w / 20, h / 20, w / 160, h / 160, w / 160, h / 160]);
    const motion = squares(Array(8).fill(1));
    for (let i = 0; i < 4; i++) motion[i][i + 4] = 1;
    this.mean = motion.map((row) => row.reduce((sum, v, i) => sum + v * this.mean[i], 0));
    this.covariance = multiply(multiply(motion, this.covariance), transpose(motion));
    for (let i = 0; i < 8; i++) this.covariance[i][i] += noise[i][i];
  }

  update([x, y, w, h]: number[]): void {
    const std = [this.mean[2] / 20, this.mean[3] / 20, this.mean[2] / 20, this.mean[3] / 20];
    const error = [x + w / 2, y + h / 2, w, h].map((z, i) => z - this.mean[i]);
    const before = this.covariance.map((row) => [...row]);
    for (let i = 0; i < 4; i++) {
      const variance = before[i][i] + std[i] ** 2;
      for (let row = 0; row < 8; row++) {
        this.mean[row] += (before[row][i] / variance) * error[i];
        for (let col = 0; col < 8; col++) {
          this.covariance[row][col] -= (before[row][i] * before[i][col]) / variance;
        }
      }
    }
  }
}

const squares = (std: number[]): Matrix => std.map((s, i) => std.map((_, j) => (i === j ? s * s : 0)));

function box(random: () => number): [x: number, y: number, width: number, height: number] {
  return [random() * 1000, random() * 500, 20 + random() * 100, 40 + random() * 200];
}

describe('the filter of width and height', () => {
  it('equals the filter of the paper in full matrices', () => {
    const random = seeded(3);
    const first = box(random);
    const s = new Float64Array(STRIDE);
    const full = new MatrixFilter(first);
    initiate(s, 0, ...first);
    for (let step = 0; step < 30; step++) {
      predict(s, 0, 1);
      full.predict();
      if (step % 3 !== 2) {
        const seen = first.map((v) => v * (1 + 0.02 * random())) as typeof first;
        update(s, 0, ...seen);
        full.update(seen);
      }
      for (let axis = 0; axis < 4; axis++) {
        const expected = [
          full.mean[axis],
          full.mean[axis + 4],
          full.covariance[axis][axis],
          full.covariance[axis][axis + 4],
          full.covariance[axis + 4][axis + 4],
        ];
        for (const [k, value] of expected.entries()) {
          const ours = s[axis * 5 + k];
          assert.ok(
            Math.abs(ours - value) <= 1e-9 * Math.max(1, Math.abs(value)),
            `${ours}, expected ${value}`,
          );
        }
      }
    }
  });

  it('keeps covariances positive and boxes whole, whatever is measured and however long it waits', () => {
    const step = fc.record({
      dt: fc.double({ min: 0.3, max: 100, noNaN: true }),
      seen: fc.option(
        fc.tuple(...[2000, 2000, 900, 900].map((max) => fc.double({ min: 1, max, noNaN: true }))),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const s = new Float64Array(STRIDE);
        const corners = new Float64Array(4);
        initiate(s, 0, 100, 100, 50, 100);
        for (const { dt, seen } of steps) {
          if (dt > 1.5) stopGrowing(s, 0);
          predict(s, 0, dt);
          if (seen) update(s, 0, seen[0], seen[1], seen[2], seen[3]);
          for (let i = 0; i < STRIDE; i += 5) {
            const [p, c, v] = s.subarray(i + 2, i + 5);
            assert.ok(p > 0 && v > 0 && c * c <= p * v * (1 + 1e-9), `${p} ${c} ${v}`);
          }
          writeCorners(s, 0, corners, 0);
          assert.ok(corners.every(Number.isFinite));
        }
      }),
    );
  });

  it('moves in one step as in many, and gates 95 of 100 of its own boxes', () => {
    const [once, steps] = [new Float64Array(STRIDE), new Float64Array(STRIDE)];
    for (const s of [once, steps]) {
      initiate(s, 0, 100, 100, 40, 100);
      predict(s, 0, 1);
      update(s, 0, 104, 101, 40, 100);
      stopGrowing(s, 0); // while the size grows, so does the noise of the many
    }
    predict(once, 0, 7);
    for (let i = 0; i < 7; i++) predict(steps, 0, 1);
    once.forEach((value, i) => {
      assert.ok(Math.abs(value - steps[i]) < 1e-9 * Math.max(1, Math.abs(value)));
    });
    const gauss = gaussian(seeded(9));
    let inside = 0;
    for (let i = 0; i < 20_000; i++) {
      const [cx, cy, w, h] = [0, 1, 2, 3].map((axis) => {
        const noise = once[axis % 2 === 0 ? 10 : 15] / 20;
        return once[axis * 5] + Math.sqrt(once[axis * 5 + 2] + noise * noise) * gauss();
      });
      const into = new Float64Array(1);
      mahalanobisInto(into, 0, once, 0, Float32Array.of(cx - w / 2, cy - h / 2, w, h), 0);
      if (into[0] <= 9.4877) inside++;
    }
    assert.ok(Math.abs(inside / 20_000 - 0.95) < 0.005, `${inside} of 20000 inside`);
  });
});

describe('BotSort', () => {
  it('confirms what the first frame shows at once, what comes later at its second sight', () => {
    const tracker = botSort({}, { firstId: 1000 });
    assert.deepEqual(show(tracker, 0, [{ x: 0, look: RED }]), [1000]);
    const both = [
      { x: 0, look: RED },
      { x: 300, look: BLUE },
    ];
    assert.deepEqual(show(tracker, 40, both), [1000, 0]);
    assert.deepEqual(show(tracker, 80, both), [1000, 1001]);
    assert.equal(tracker.lastId, 1001);
    assert.equal(tracker.active.count, 2);
  });

  it('keeps a track through weak detections, but begins none with them and learns no looks from them', () => {
    const tracker = botSort();
    const other = { x: 400, look: BLUE };
    showAt(tracker, times(0, 5), [{ x: 100, look: RED }, other]);
    for (const ptsMs of times(200, 20)) {
      const ids = show(tracker, ptsMs, [
        { x: 100, confidence: 0.3, look: BLUE },
        other,
        { x: 700, confidence: 0.45, look: RED },
      ]);
      assert.deepEqual(ids, [1, 2, 0]);
    }
    for (const ptsMs of times(1000, 20)) show(tracker, ptsMs, [other]);
    assert.deepEqual(show(tracker, 1800, [{ x: 160, look: RED }, other]), [1, 2]);
  });

  it('recognises an object after it was out of sight, where overlap would not', () => {
    const gap = { gapMs: 1040, movedBy: 70 };
    assert.equal(idAfterGap(botSort(), { ...gap, look: RED }), 1);
    assert.equal(idAfterGap(botSort(), gap), 2);
  });

  it('tells two apart that change places while nobody looks', () => {
    const walk = (swapped: boolean) => [
      { x: swapped ? 160 : 100, look: RED },
      { x: swapped ? 100 : 160, look: BLUE },
    ];
    const tracker = botSort();
    showAt(tracker, times(0, 10), walk(false));
    assert.deepEqual(showAt(tracker, times(1400, 3), walk(true)), [1, 2]);
  });

  it('lets looks count only where a track just seen overlaps, and a lost one is in the gate', () => {
    const tracker = botSort();
    assert.deepEqual(showAt(tracker, times(0, 10), [{ x: 100, look: RED }]), [1]);
    // a jump of its whole width from one frame to the next is no walk
    assert.deepEqual(showAt(tracker, times(400, 2), [{ x: 145, look: RED }]), [2]);
    assert.deepEqual(
      showAt(tracker, times(480, 2), [
        { x: 145, look: RED },
        { x: 900, look: RED },
      ]),
      [2, 3],
    );
  });

  it('looks no farther than the cosine distance it is given', () => {
    for (const [maxCosineDistance, id] of [
      [0.25, 1],
      [0.1, 2],
    ]) {
      const tracker = botSort({ maxCosineDistance });
      showAt(tracker, times(0, 10), [{ x: 100, look: RED }]);
      for (const ptsMs of times(400, 25)) show(tracker, ptsMs, []);
      assert.deepEqual(showAt(tracker, times(1400, 2), [{ x: 170, look: PINK }]), [id]);
    }
  });

  it('never continues an object of another class', () => {
    const tracker = botSort();
    showAt(tracker, times(0, 5), [{ x: 100, look: RED }]);
    assert.deepEqual(showAt(tracker, times(200, 2), [{ x: 100, look: RED, classId: 2 }]), [2]);
    assert.deepEqual(showAt(tracker, times(280, 1), [{ x: 100, look: RED, classId: 0 }]), [1]);
  });

  it('works by overlap where there are no vectors, also for some detections only', () => {
    const tracker = botSort();
    const pair = (x: number) => [{ x, look: RED }, { x: 400 + x }];
    assert.deepEqual(showAt(tracker, times(0, 4), pair(0)), [1, 2]);
    assert.deepEqual(show(tracker, 160, [{ x: 4 }, { x: 404, look: BLUE }]), [1, 2]);
    for (const ptsMs of times(200, 10)) show(tracker, ptsMs, []);
    assert.deepEqual(show(tracker, 600, [{ x: 8 }, { x: 408 }]), [1, 2], 'lost tracks too');
  });

  it('remembers for as long at any frame rate', () => {
    for (const everyMs of [33, 100, 200]) {
      for (const [gapMs, id] of [
        [1900, 1],
        [2200, 2],
      ]) {
        const tracker = botSort({ lostForMs: 2000 }, { nominalFrameIntervalMs: everyMs });
        const found = idAfterGap(tracker, { gapMs, everyMs, look: RED });
        assert.equal(found, id, `${everyMs} ms, gap ${gapMs} ms`);
      }
    }
  });

  it('begins a track only well above the threshold, of its class where it has its own', () => {
    const strongFrom = Float32Array.of(0.5, 0.8, 0.95);
    const tracker = botSort({}, { strongFrom });
    const four = [
      { x: 0, confidence: 0.6 },
      { x: 200, confidence: 0.85, classId: 1 },
      { x: 400, confidence: 0.9, classId: 1 },
      { x: 600, confidence: 1, classId: 2 },
    ];
    assert.deepEqual(show(tracker, 0, four), [1, 0, 2, 3]);
    strongFrom[1] = 0.6;
    assert.deepEqual(showAt(tracker, times(40, 2), four), [1, 4, 2, 3]);
  });

  it('gives the same ids to the same frames', () => {
    assert.deepEqual(crowdIds(botSort()), crowdIds(botSort()));
  });

  it('keeps people apart in a crowd better with looks than without', () => {
    const without = crowdSwitches(botSort({ maxCosineDistance: 0.4 }), false);
    const withLooks = crowdSwitches(botSort({ maxCosineDistance: 0.4 }), true);
    assert.ok(withLooks <= without / 2, `${withLooks} switches with looks, ${without} without`);
  });
});
