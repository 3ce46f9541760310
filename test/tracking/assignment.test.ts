import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Assignment, assign } from '../../src/tracking/assignment.ts';
import { seeded } from '../support/seeded.ts';

/** The least sum of cost - limit over all ways to pair rows with columns, by trying every one. */
function bruteForce(cost: number[][], limit: number, row = 0, taken = new Set<number>()): number {
  if (row === cost.length) return 0;
  let least = bruteForce(cost, limit, row + 1, taken);
  cost[row].forEach((entry, col) => {
    if (taken.has(col) || !(entry < limit)) return;
    taken.add(col);
    least = Math.min(least, entry - limit + bruteForce(cost, limit, row + 1, taken));
    taken.delete(col);
  });
  return least;
}

/**
 * The same sum by Bertsekas' auction (1988): rows bid for columns, each raising the price by what its best choice is
 * worth above its second best and a little more. With whole costs and steps below 1 / rows the end is the optimum.
 * Every row may also stay alone for nothing.
 */
function auction(cost: number[][], limit: number): number {
  const step = 1 / (cost.length + 1);
  const prices = new Float64Array(cost[0].length);
  const owner = new Int32Array(cost[0].length).fill(-1);
  const bidders = cost.map((_, row) => row);
  for (let row = bidders.pop(); row !== undefined; row = bidders.pop()) {
    let best = -1;
    let most = 0;
    let second = 0; // staying alone
    cost[row].forEach((entry, col) => {
      const worth = entry < limit ? limit - entry - prices[col] : -1;
      if (worth > most) {
        second = most;
        most = worth;
        best = col;
      } else second = Math.max(second, worth);
    });
    if (best === -1) continue;
    prices[best] += most - second + step;
    if (owner[best] !== -1) bidders.push(owner[best]);
    owner[best] = row;
  }
  return owner.reduce((sum, row, col) => (row === -1 ? sum : sum + cost[row][col] - limit), 0);
}

/** Checks that the two directions agree, and returns the sum of cost - limit and the pairs. */
function solve(cost: number[][], cols: number, limit: number, result: Assignment) {
  const pairs = assign(Float64Array.from(cost.flat()), cost.length, cols, limit, result);
  let sum = 0;
  const paired: [row: number, col: number][] = [];
  for (let row = 0; row < cost.length; row++) {
    const col = result.colOfRow[row];
    if (col === -1) continue;
    assert.equal(result.rowOfCol[col], row);
    assert.ok(cost[row][col] < limit, `pair at ${cost[row][col]}, limit ${limit}`);
    sum += cost[row][col] - limit;
    paired.push([row, col]);
  }
  assert.equal(result.rowOfCol.subarray(0, cols).filter((row) => row !== -1).length, paired.length);
  assert.equal(pairs, paired.length);
  return { sum, paired };
}

describe('assign', () => {
  it('gives up the nearest pair where the sum of all is less without it', () => {
    const { paired } = solve(
      [
        [0.1, 0.2],
        [0.15, 0.9],
      ],
      2,
      1,
      new Assignment(),
    );
    assert.deepEqual(paired, [
      [0, 1],
      [1, 0],
    ]);
  });

  it('leaves alone what costs the limit or more', () => {
    const { paired } = solve([[0.8, Infinity, 0.79]], 3, 0.8, new Assignment());
    assert.deepEqual(paired, [[0, 2]]);
    assert.deepEqual(solve([[0.8], [0.9]], 1, 0.8, new Assignment()).paired, []);
  });

  it('leaves a row alone rather than drive two others apart', () => {
    // paired fully it would cost 0.1 + 0.78; the limit makes (0, 0) alone cheaper
    const { paired } = solve(
      [
        [0.0, 0.4],
        [0.5, Infinity],
      ],
      2,
      0.6,
      new Assignment(),
    );
    assert.deepEqual(paired, [[0, 0]]);
  });

  it('takes no rows or no columns', () => {
    assert.deepEqual(solve([], 3, 1, new Assignment()).paired, []);
    assert.deepEqual(solve([[], []], 0, 1, new Assignment()).paired, []);
  });

  it('finds the optimum of every matrix up to 7x7, with one set of work arrays', () => {
    const entry = fc.oneof(
      { weight: 5, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }).map((quarter) => quarter / 4) }, // ties
      { weight: 1, arbitrary: fc.constant(Infinity) },
    );
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
      .chain(([rows, cols]) =>
        fc.array(fc.array(entry, { minLength: cols, maxLength: cols }), { minLength: rows, maxLength: rows }),
      );
    const result = new Assignment();
    fc.assert(
      fc.property(matrix, fc.constantFrom(0.3, 0.5, 0.8, 1, 2), (cost, limit) => {
        const { sum } = solve(cost, cost[0].length, limit, result);
        const least = bruteForce(cost, limit);
        assert.ok(Math.abs(sum - least) < 1e-9, `${sum}, by brute force ${least}`);
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with an auction at 200x200 and on long rectangles', () => {
    const random = seeded(7);
    const result = new Assignment();
    for (const [rows, cols, limit] of [
      [200, 200, 101],
      [200, 200, 40],
      [200, 200, 5],
      [60, 200, 101],
      [200, 60, 30],
    ]) {
      const cost = Array.from({ length: rows }, () =>
        Array.from({ length: cols }, () =>
          random() < 0.1 ? Number.POSITIVE_INFINITY : Math.floor(random() * 100),
        ),
      );
      assert.equal(
        solve(cost, cols, limit, result).sum,
        auction(cost, limit),
        `${rows}x${cols}, limit ${limit}`,
      );
    }
  });
});
