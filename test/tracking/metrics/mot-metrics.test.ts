import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addMotCounts, motCounts, motScores } from '../../../src/tracking/metrics/mot-metrics.ts';
import { sequenceOf } from '../../../src/tracking/metrics/sequence.ts';
import { parseMotFile } from '../../../src/tracking/mot/mot-file.ts';
import { type Row, scoresOf, standing, textOf } from './scenes.ts';

const near = (ours: number, expected: number, what: string): void =>
  assert.ok(Math.abs(ours - expected) < 1e-12, `${what}: ${ours} instead of ${expected}`);

/** Objects on lanes of their own, which no box of another lane reaches. */
const lanes = fc
  .array(fc.record({ first: fc.integer({ min: 1, max: 9 }), frames: fc.integer({ min: 1, max: 12 }) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((tracks) =>
    tracks.flatMap(({ first, frames }, i) => standing(i + 1, 100 * i, first, first + frames - 1)),
  );

/** A result of any quality: boxes lost, moved, and given to other tracks. */
const blurred = (truth: readonly Row[]) =>
  fc
    .array(
      fc.record({
        kept: fc.boolean(),
        dx: fc.integer({ min: -12, max: 12 }),
        id: fc.integer({ min: 1, max: 9 }),
      }),
      {
        minLength: truth.length,
        maxLength: truth.length,
      },
    )
    .map((changes) => {
      const taken = new Set<string>();
      return truth.flatMap(([frame, , x, ...rest], i): Row[] => {
        const { kept, dx, id } = changes[i];
        if (!kept || taken.has(`${frame} ${id}`)) return [];
        taken.add(`${frame} ${id}`);
        return [[frame, id, x + dx, ...rest]];
      });
    });

const scene = lanes.chain((truth) => fc.record({ truth: fc.constant(truth), result: blurred(truth) }));

describe('the metrics', () => {
  it('of a perfect result are 1 everywhere', () => {
    fc.assert(
      fc.property(lanes, (truth) => {
        const scores = scoresOf(truth, truth);
        for (const ratio of [
          'HOTA',
          'DetA',
          'AssA',
          'LocA',
          'MOTA',
          'MOTP',
          'IDF1',
          'sMOTA',
          'MTR',
        ] as const) {
          near(scores[ratio], 1, ratio);
        }
        const { CLR_TP, CLR_FP, CLR_FN, IDSW, Frag, IDTP } = scores;
        assert.deepEqual(
          [CLR_TP, CLR_FP, CLR_FN, IDSW, Frag, IDTP],
          [truth.length, 0, 0, 0, 0, truth.length],
        );
      }),
    );
  });

  it('do not depend on what the ids are', () => {
    fc.assert(
      fc.property(scene, fc.integer({ min: 1, max: 9 }), ({ truth, result }, shift) => {
        const renamed = result.map(([frame, id, ...box]): Row => [frame, ((id + shift) % 9) * 1e6, ...box]);
        const before = scoresOf(truth, result);
        const after = scoresOf(truth, renamed);
        for (const key of Object.keys(before) as (keyof typeof before)[]) {
          if (key !== 'HOTA_alpha') near(after[key], before[key], key);
        }
      }),
    );
  });

  it('are within their bounds, and their counts add up', () => {
    fc.assert(
      fc.property(scene, ({ truth, result }) => {
        const s = scoresOf(truth, result);
        for (const ratio of [
          s.HOTA,
          s.DetA,
          s.AssA,
          s.LocA,
          s.DetRe,
          s.DetPr,
          s.MOTP,
          s.IDF1,
          s.IDP,
          s.IDR,
        ]) {
          assert.ok(ratio >= 0 && ratio <= 1, `${ratio}`);
        }
        assert.equal(s.CLR_TP + s.CLR_FN, truth.length);
        assert.equal(s.CLR_TP + s.CLR_FP, result.length);
        assert.equal(s.IDTP + s.IDFN, truth.length);
        assert.equal(s.IDTP + s.IDFP, result.length);
        assert.equal(s.MT + s.PT + s.ML, new Set(truth.map(([, id]) => id)).size);
        assert.ok(s.IDTP <= s.CLR_TP, 'who is found by one track is found');
      }),
    );
  });

  it('of several sequences are those of one after the other', () => {
    fc.assert(
      fc.property(scene, scene, (a, b) => {
        const later = (rows: readonly Row[]): Row[] =>
          rows.map(([frame, id, ...box]) => [frame + 1000, id + 1000, ...box]);
        const together = scoresOf([...a.truth, ...later(b.truth)], [...a.result, ...later(b.result)]);
        const counts = [a, b].map(({ truth, result }) =>
          motCounts(
            sequenceOf(
              parseMotFile(textOf(truth), 'ground truth', 'gt'),
              parseMotFile(textOf(result), 'result', 'result'),
            ),
          ),
        );
        const combined = motScores(addMotCounts(counts));
        for (const key of Object.keys(combined) as (keyof typeof combined)[]) {
          if (key !== 'HOTA_alpha') near(combined[key], together[key], key);
        }
      }),
    );
  });

  it('know two tracks that change places half-way', () => {
    const half = 10;
    const truth = [...standing(1, 0, 1, 2 * half), ...standing(2, 100, 1, 2 * half)];
    const swapped = truth.map(([frame, id, ...box]): Row => [frame, frame > half ? 3 - id : id, ...box]);
    const scores = scoresOf(truth, swapped);
    assert.deepEqual([scores.IDSW, scores.Frag, scores.CLR_FP, scores.CLR_FN], [2, 0, 0, 0]);
    near(scores.MOTA, 1 - 2 / (4 * half), 'MOTA');
    near(scores.IDF1, 1 / 2, 'IDF1');
    near(scores.DetA, 1, 'DetA');
    // each box: `half` frames together of 2 x `half` of the object and as many of the track
    near(scores.AssA, 1 / 3, 'AssA');
    near(scores.HOTA, Math.sqrt(1 / 3), 'HOTA');
  });

  it('know an object that is lost and found by another track', () => {
    // seen in frames 1-4 as track 1 and in 7-10 as track 2; in frames 5 and 6 there is a box elsewhere
    const truth = standing(1, 0, 1, 10);
    const s = scoresOf(truth, [...standing(1, 0, 1, 4), ...standing(3, 500, 5, 6), ...standing(2, 0, 7, 10)]);
    assert.deepEqual([s.CLR_TP, s.CLR_FN, s.CLR_FP, s.IDSW, s.Frag], [8, 2, 2, 1, 1]);
    assert.deepEqual([s.MT, s.PT, s.ML], [0, 1, 0]);
    assert.deepEqual([s.IDTP, s.IDFN, s.IDFP], [4, 6, 6]);
    near(s.MOTA, (8 - 2 - 1) / 10, 'MOTA');
    near(s.IDF1, 4 / 10, 'IDF1');
    near(s.DetA, 8 / 12, 'DetA');
    near(s.AssA, 4 / 10, 'AssA');
    near(s.AssPr, 1, 'AssPr');
    near(s.HOTA, Math.sqrt((8 / 12) * (4 / 10)), 'HOTA');
  });

  it('judge where a box lies: HOTA at each threshold, the others at an overlap of one half', () => {
    // 10 x 20 boxes moved by 2.5: 7.5 of 12.5 overlap, 0.6
    const truth = standing(1, 0, 1, 4);
    const s = scoresOf(truth, standing(1, 2.5, 1, 4));
    near(s.MOTP, 0.6, 'MOTP');
    near(s.sMOTA, 0.6, 'sMOTA');
    assert.deepEqual([s.MOTA, s.IDF1], [1, 1]);
    // 0.05 .. 0.6, rounding allowed for
    assert.deepEqual(s.HOTA_alpha, [...Array(12).fill(1), ...Array(7).fill(0)]);
    near(s.HOTA, 12 / 19, 'HOTA');
    near(s.LocA, (12 * 0.6 + 7) / 19, 'LocA');
    assert.equal(scoresOf(truth, standing(1, 4, 1, 4)).CLR_TP, 0);
  });

  it('keep who was matched while the overlap allows it', () => {
    // in frame 2 another track lies better on the object than the one that followed it
    const s = scoresOf(standing(1, 0, 1, 2), [
      ...standing(1, 0, 1, 1),
      ...standing(1, 2, 2, 2),
      ...standing(2, 0, 2, 2),
    ]);
    assert.deepEqual([s.CLR_TP, s.CLR_FP, s.IDSW], [2, 1, 0]);
  });

  it('count an id switch across a gap, as against the track that the object had last', () => {
    const truth = standing(1, 0, 1, 9);
    const found = (id: number) => [...standing(1, 0, 1, 3), ...standing(id, 0, 7, 9)];
    assert.deepEqual([scoresOf(truth, found(1)).IDSW, scoresOf(truth, found(1)).Frag], [0, 0]);
    assert.deepEqual([scoresOf(truth, found(2)).IDSW, scoresOf(truth, found(2)).Frag], [1, 0]);
  });

  it('are 0 of an empty result', () => {
    const s = scoresOf(standing(1, 0, 1, 5), []);
    assert.deepEqual([s.HOTA, s.MOTA, s.IDF1, s.CLR_FN, s.IDFN, s.ML, s.LocA], [0, 0, 0, 5, 5, 1, 1]);
  });
});

describe('ground truth with classes', () => {
  const [PEDESTRIAN, CAR, STATIC, VEHICLE] = [1, 3, 7, 6];
  const annotated = (rows: readonly Row[], classId: number, counts = 1): number[][] =>
    rows.map((row) => [...row, counts, classId, 1]);
  const person = annotated(standing(1, 0, 1, 4), PEDESTRIAN);

  it('ignores boxes on a distractor, but not beside it', () => {
    const truth = [...person, ...annotated(standing(2, 100, 1, 4), STATIC, 0)];
    const found = standing(1, 0, 1, 4);
    assert.equal(scoresOf(truth, [...found, ...standing(2, 101, 1, 4)]).CLR_FP, 0);
    assert.equal(scoresOf(truth, [...found, ...standing(2, 106, 1, 4)]).CLR_FP, 4);
    assert.equal(scoresOf(truth, found).CLR_FN, 0);
  });

  it('gives a box to the person when a distractor overlaps less', () => {
    const truth = [...person, ...annotated(standing(2, 2, 1, 4), STATIC, 0)];
    const s = scoresOf(truth, standing(1, 0.5, 1, 4));
    assert.deepEqual([s.CLR_TP, s.CLR_FP], [4, 0]);
  });

  it('takes other classes for nothing, and vehicles for distractors only where asked', () => {
    for (const [classId, wrong, asked] of [
      [CAR, 4, 4],
      [VEHICLE, 4, 0],
    ]) {
      const truth = [...person, ...annotated(standing(2, 100, 1, 4), classId, 0)];
      const result = [...standing(1, 0, 1, 4), ...standing(2, 100, 1, 4)];
      assert.equal(scoresOf(truth, result).CLR_FP, wrong);
      assert.equal(scoresOf(truth, result, { ignoreVehicles: true }).CLR_FP, asked);
    }
  });

  it('does not count rows that are marked with 0, with and without classes', () => {
    const s = scoresOf(
      [...person, ...annotated(standing(2, 100, 1, 4), PEDESTRIAN, 0)],
      standing(1, 0, 1, 4),
    );
    assert.deepEqual([s.CLR_TP, s.CLR_FN, s.MT + s.PT + s.ML], [4, 0, 1]);
    const marked = standing(2, 100, 1, 4).map((row) => [...row, 0, -1, -1, -1]);
    const plain = standing(1, 0, 1, 4).map((row) => [...row, 1, -1, -1, -1]);
    assert.equal(scoresOf([...plain, ...marked], standing(1, 0, 1, 4)).CLR_FN, 0);
  });
});
