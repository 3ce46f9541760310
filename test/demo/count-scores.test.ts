import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countScores } from '../../src/demo/verify/count-scores.ts';
import type { JudgedFrame } from '../../src/demo/verify/judged-frame.ts';

/** Frames that show and find so many cars. */
const frames = (counts: readonly (readonly [truly: number, measured: number])[]): JudgedFrame[] =>
  counts.map(([truly, measured], index) => ({
    index,
    truth: Array.from({ length: truly }, (_, i) => ({
      ...{ id: i, label: 'car', box: [0, 0, 1, 1], seen: [0, 0, 1, 1], counted: true },
    })) as JudgedFrame['truth'],
    tracks: Array.from({ length: measured }, (_, i) => ({
      track: i,
      label: 'car',
      box: [0, 0, 1, 1] as const,
    })),
  }));

describe('countScores', () => {
  it('averages within a second before it compares, and tells the error of single frames beside', () => {
    const flicker = Array.from({ length: 50 }, (_, i) => [4, i % 2 === 0 ? 5 : 3] as const);
    assert.deepEqual(countScores(frames(flicker), 25), {
      ...{ meanTrue: 4, meanMeasured: 4, bias: 0 },
      ...{ error: 0.04, errorPercent: 1, frameError: 1, frameErrorPercent: 25 },
    });
  });

  it('does not let one second make up for another', () => {
    const swing = Array.from({ length: 50 }, (_, i) => [2, i < 25 ? 3 : 1] as const);
    const { bias, error, errorPercent } = countScores(frames(swing), 25);
    assert.deepEqual([bias, error, errorPercent], [0, 1, 50]);
  });

  it('says which way it is wrong, and gives no share of nothing', () => {
    const ghost = Array.from({ length: 25 }, () => [0, 1] as const);
    const { bias, error, errorPercent, meanMeasured } = countScores(frames(ghost), 25);
    assert.deepEqual([bias, error, errorPercent, meanMeasured], [1, 1, null, 1]);
  });

  it('is of one label when it is told so', () => {
    const few = Array.from({ length: 25 }, () => [2, 1] as const);
    assert.equal(countScores(frames(few), 25, 'car').bias, -1);
    assert.equal(countScores(frames(few), 25, 'bus').meanTrue, 0);
  });
});
