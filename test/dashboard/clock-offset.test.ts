import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ClockSample, estimateOffset } from '../../dashboards/web/src/live/clock-offset.ts';
import { createRollingMedian } from '../../dashboards/web/src/live/rolling-median.ts';

/** An answer over a path that takes `out` ms there and `back` ms home; the hub's clock is `ahead` ms ahead. */
function sample(sentAtMs: number, out: number, back: number, ahead: number): ClockSample {
  return { sentAtMs, serverNowMs: sentAtMs + out + ahead, receivedAtMs: sentAtMs + out + back };
}

describe('estimateOffset', () => {
  it('knows nothing without a sample', () => {
    assert.equal(estimateOffset([]), null);
  });

  it('is exact over a symmetric path', () => {
    assert.deepEqual(estimateOffset([sample(1000, 20, 20, 5000)]), { offsetMs: 5000, errorMs: 20 });
  });

  it('trusts the sample with the shortest round trip', () => {
    const samples = [sample(0, 90, 4, 5000), sample(200, 3, 2, 5000), sample(400, 4, 200, 5000)];
    const estimate = estimateOffset(samples)!;
    assert.deepEqual(estimate, { offsetMs: 5000.5, errorMs: 2.5 });
  });

  it('is never further off than it says', () => {
    for (let i = 0; i < 200; i++) {
      const samples = Array.from({ length: 8 }, (_, k) =>
        sample(k * 100, (i * 7 + k * 13) % 50, (i * 11 + k * 29) % 80, -123_456),
      );
      const { offsetMs, errorMs } = estimateOffset(samples)!;
      assert.ok(Math.abs(offsetMs + 123_456) <= errorMs);
    }
  });
});

describe('a rolling median', () => {
  it('is the median of the window and forgets what is older', () => {
    const median = createRollingMedian(1000);
    assert.equal(median.median(0), null);
    for (const [value, atMs] of [
      [500, 0],
      [40, 600],
      [80, 900],
      [60, 1100],
    ] as const) {
      median.push(value, atMs);
    }
    assert.equal(median.median(1100), 60); // the 500 of 1100 ms ago is out
    assert.equal(median.count(1100), 3);
    assert.equal(median.median(1700), 70); // of 80 and 60
    assert.equal(median.median(2200), null);
  });
});
