import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LeftBins } from '../../src/tracking/left-bins.ts';

const span = fc.tuple(fc.integer({ min: -2000, max: 6000 }), fc.integer({ min: 1, max: 900 }));
const corners = (spans: readonly (readonly [number, number])[]): Float64Array =>
  Float64Array.from(spans.flatMap(([left, width]) => [left, 0, left + width, 10]));

function sought(bins: LeftBins, left: number, right: number): number[] {
  bins.seek(left, right);
  return [...bins.order.subarray(bins.from, bins.to)];
}

describe('boxes sorted into bins by their left edges', () => {
  const bins = new LeftBins();

  it('leaves out no box that meets the one looked for', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 200 }), span, (spans, [left, width]) => {
        bins.sort(corners(spans), null, spans.length);
        const found = new Set(sought(bins, left, left + width));
        for (const [i, [l, w]] of spans.entries()) {
          if (l < left + width && l + w > left) assert.ok(found.has(i), `box ${i} from ${l} to ${l + w}`);
        }
      }),
    );
  });

  it('has each box once, also when only some are sorted', () => {
    const all = corners([
      [500, 20],
      [10, 20],
      [900, 20],
      [400, 20],
    ]);
    bins.sort(all, Int32Array.of(3, 0, 1), 3);
    assert.deepEqual(sought(bins, -1e9, 1e9).toSorted(), [0, 1, 2]);
    assert.deepEqual(sought(bins, 15, 16), [2]);
  });

  it('leaves out what is far away', () => {
    const spans = Array.from({ length: 640 }, (_, i): [number, number] => [i * 10, 10]);
    bins.sort(corners(spans), null, spans.length);
    assert.ok(sought(bins, 3000, 3010).length < 50);
  });

  it('takes boxes that all begin at one place, none at all, and places that are no numbers', () => {
    bins.sort(
      corners([
        [5, 10],
        [5, 20],
      ]),
      null,
      2,
    );
    assert.deepEqual(sought(bins, 0, 30), [0, 1]);
    bins.sort(new Float64Array(0), null, 0);
    assert.deepEqual(sought(bins, 0, 30), []);
    bins.sort(Float64Array.of(Number.NaN, 0, Number.NaN, 1, 5, 0, 9, 1), null, 2);
    assert.ok(sought(bins, 6, 7).includes(1));
    assert.ok(sought(bins, Number.NaN, Number.NaN).length <= 2);
  });
});
