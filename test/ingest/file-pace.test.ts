import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FilePace } from '../../src/ingest/file-pace.ts';

const T0 = 1_700_000_000_000;

/** Sleeping moves both clocks; setting moves the wall clock only. */
function steppedClock() {
  const clock = {
    wallMs: T0,
    elapsedMs: 500,
    now: () => clock.wallMs,
    elapsed: () => clock.elapsedMs,
    pass(ms: number) {
      clock.wallMs += ms;
      clock.elapsedMs += ms;
    },
    sleep: async (ms: number) => clock.pass(ms),
  };
  return clock;
}

describe('FilePace', () => {
  const { signal } = new AbortController();

  it('plays one to one, and does not catch up after a long hold-up', async () => {
    const clock = steppedClock();
    const pace = new FilePace(clock);
    for (const ptsMs of [0, 40, 80]) {
      await pace.due(ptsMs, signal);
      assert.deepEqual([clock.wallMs, pace.wallClock(ptsMs)], [T0 + ptsMs, T0 + ptsMs]);
    }
    clock.pass(2_000);
    await pace.due(120, signal);
    assert.deepEqual([clock.wallMs, pace.wallClock(120)], [T0 + 2_080, T0 + 2_080]);
    await pace.due(160, signal);
    assert.equal(clock.wallMs, T0 + 2_120);
  });

  for (const stepMs of [3_600_000, -3_600_000]) {
    it(`follows a wall clock that is set by ${stepMs} ms, at the same pace`, async () => {
      const clock = steppedClock();
      const pace = new FilePace(clock);
      for (let n = 0; n < 100; n++) {
        if (n === 50) clock.wallMs += stepMs;
        await pace.due(n * 40, signal);
        assert.equal(clock.elapsedMs, 500 + n * 40);
        assert.equal(pace.wallClock(n * 40), T0 + n * 40 + (n < 50 ? 0 : stepMs));
        assert.equal(pace.wallClock(n * 40), clock.wallMs);
      }
    });
  }
});
