import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { heaviestMatching } from '../../../src/tracking/metrics/heaviest-matching.ts';

interface Pair {
  readonly truth: number;
  readonly track: number;
  readonly weight: number;
}

function matching(pairs: readonly Pair[]): number {
  return heaviestMatching(
    {
      count: pairs.length,
      truth: Int32Array.from(pairs, ({ truth }) => truth),
      tracks: Int32Array.from(pairs, ({ track }) => track),
    },
    Float64Array.from(pairs, ({ weight }) => weight),
  );
}

/** Tries every choice of pairs. */
function best([first, ...rest]: readonly Pair[]): number {
  if (!first) return 0;
  const free = rest.filter(({ truth, track }) => truth !== first.truth && track !== first.track);
  return Math.max(best(rest), first.weight + best(free));
}

describe('heaviestMatching', () => {
  it('is the best of all choices, in groups that hang together and that do not', () => {
    const pair = fc.record({
      truth: fc.integer({ min: 0, max: 5 }),
      track: fc.integer({ min: 0, max: 7 }),
      weight: fc.integer({ min: 0, max: 50 }),
    });
    const pairs = fc.uniqueArray(pair, { maxLength: 14, selector: ({ truth, track }) => truth * 8 + track });
    fc.assert(
      fc.property(pairs, (some) => assert.equal(matching(some), best(some))),
      { numRuns: 500 },
    );
  });

  it('needs no table of all objects and all tracks', () => {
    // 10,000 by 200,000 would be 16 GB
    const pairs = Array.from({ length: 200_000 }, (_, i) => ({
      truth: i % 10_000,
      track: i,
      weight: 1 + (i % 7),
    }));
    const heaviest = new Map<number, number>();
    for (const { truth, weight } of pairs) heaviest.set(truth, Math.max(heaviest.get(truth) ?? 0, weight));
    assert.equal(
      matching(pairs),
      [...heaviest.values()].reduce((sum, weight) => sum + weight, 0),
    );
  });
});
