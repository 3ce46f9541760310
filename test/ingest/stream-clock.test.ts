import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StreamClock } from '../../src/ingest/stream-clock.ts';

const T0 = 1_700_000_000_000;

interface Arrival {
  readonly ptsMs: number;
  /** Wall clock; the monotonic one counts from T0 on and takes no part in steps. */
  readonly arrivedAtMs: number;
  readonly steppedByMs?: number;
  readonly sentAtMs?: number;
}

/** Packets whose pictures come out at once. */
function play(packets: readonly Arrival[]) {
  const clock = new StreamClock();
  return packets.map(({ ptsMs, arrivedAtMs, steppedByMs = 0, sentAtMs = Number.NaN }) => {
    const arrivedElapsedMs = arrivedAtMs - steppedByMs - T0;
    clock.packetArrived({ ptsMs, arrivedAtMs, arrivedElapsedMs, sentAtMs });
    return { ...clock.frameTimes(ptsMs) };
  });
}

/** Deterministic noise in [0, 1). */
function noise(n: number): number {
  return (((n * 1_103_515_245 + 12_345) >>> 0) % 1_000) / 1_000;
}

describe('StreamClock without sender reports', () => {
  it('leaves out queueing: captured times follow the fastest packets', () => {
    // exposed every 40 ms, delayed by 30 ms plus up to 80 ms of jitter
    const times = play(
      Array.from({ length: 500 }, (_, n) => ({
        ptsMs: 7_000 + n * 40,
        arrivedAtMs: T0 + n * 40 + 30 + 80 * noise(n),
      })),
    );
    for (const [n, { ptsMs, capturedAtMs, arrivedAtMs }] of times.entries()) {
      assert.equal(ptsMs, n * 40);
      assert.ok(capturedAtMs <= arrivedAtMs, 'never later than its arrival');
      if (n < 100) continue;
      // the constant 30 ms cannot be known from arrivals alone
      assert.ok(Math.abs(capturedAtMs - (T0 + n * 40 + 30)) < 3, `frame ${n}: ${capturedAtMs - T0 - n * 40}`);
    }
  });

  it('follows a camera whose clock runs 100 ppm fast or slow', () => {
    for (const ppm of [100, -100]) {
      const times = play(
        Array.from({ length: 90_000 }, (_, n) => {
          const exposedMs = n * 40;
          return { ptsMs: exposedMs * (1 + ppm * 1e-6), arrivedAtMs: T0 + exposedMs + 20 + 30 * noise(n) };
        }),
      );
      const last = times.at(-1)!;
      const truth = T0 + 89_999 * 40 + 20;
      assert.ok(
        Math.abs(last.capturedAtMs - truth) < 35,
        `${ppm} ppm: off by ${last.capturedAtMs - truth} ms`,
      );
    }
  });

  it('is not moved by a stall of three seconds', () => {
    const times = play(
      Array.from({ length: 200 }, (_, n) => ({
        ptsMs: n * 40,
        arrivedAtMs: T0 + (n >= 100 && n < 175 ? 175 * 40 : n * 40),
      })),
    );
    for (const n of [99, 100, 150, 199]) assert.ok(Math.abs(times[n]!.capturedAtMs - (T0 + n * 40)) <= 1);
  });

  it('goes on after the timestamps jump back, and forward', () => {
    for (const jumpMs of [-50_000, 3_600_000]) {
      const times = play(
        Array.from({ length: 100 }, (_, n) => ({
          ptsMs: 60_000 + n * 40 + (n < 50 ? 0 : jumpMs),
          arrivedAtMs: T0 + n * 40,
        })),
      );
      assert.deepEqual(
        times.map(({ ptsMs }) => ptsMs),
        Array.from({ length: 100 }, (_, n) => n * 40),
      );
      assert.equal(times[99]!.capturedAtMs, T0 + 99 * 40);
    }
  });

  it('takes a first packet without timestamp for time 0', () => {
    const times = play([
      { ptsMs: Number.NaN, arrivedAtMs: T0 },
      { ptsMs: 40, arrivedAtMs: T0 + 40 },
    ]);
    assert.deepEqual(
      times.map(({ ptsMs }) => ptsMs),
      [0, 40],
    );
  });

  it('gives each picture the arrival of its own packet when B-frames come out of order', () => {
    const clock = new StreamClock();
    const decodeOrder = [0, 120, 40, 80];
    for (const [n, ptsMs] of decodeOrder.entries()) {
      const arrivedElapsedMs = 130 + n;
      clock.packetArrived({ ptsMs, arrivedAtMs: T0 + 130 + n, arrivedElapsedMs, sentAtMs: Number.NaN });
    }
    const arrivals = [0, 40, 80, 120].map((ptsMs) => clock.frameTimes(ptsMs).arrivedAtMs - T0);
    assert.deepEqual(arrivals, [130, 132, 133, 131]);
  });
});

describe('StreamClock with sender reports', () => {
  const delayed = (clockErrorMs: number, from: number) =>
    Array.from({ length: 200 }, (_, n) => ({
      ptsMs: n * 40,
      arrivedAtMs: T0 + n * 40 + 120 + 20 * noise(n),
      sentAtMs: n < from ? Number.NaN : T0 + n * 40 + clockErrorMs,
    }));

  it('uses the time of exposure that the camera tells', () => {
    const times = play(delayed(0, 50));
    for (let n = 60; n < 200; n++) assert.equal(times[n]!.capturedAtMs, T0 + n * 40);
  });

  it('never lets time run backwards when the first report comes', () => {
    const times = play(delayed(0, 50));
    for (let n = 1; n < 200; n++) assert.ok(times[n]!.capturedAtMs > times[n - 1]!.capturedAtMs);
  });

  it('does not believe a camera whose clock is ahead, or a day behind', () => {
    for (const clockErrorMs of [5_000, -86_400_000]) {
      const times = play(delayed(clockErrorMs, 0));
      assert.ok(Math.abs(times[199]!.capturedAtMs - (T0 + 199 * 40 + 120)) < 3);
    }
  });
});

describe('StreamClock when the wall clock is set', () => {
  const HOUR_MS = 3_600_000;

  /** 400 frames with up to 50 ms of jitter; the wall clock is set before the 200th. */
  const stepped = (stepMs: number, sentAtMs: (exposedMs: number) => number) =>
    play(
      Array.from({ length: 400 }, (_, n) => {
        const steppedByMs = n < 200 ? 0 : stepMs;
        const exposedMs = n * 40;
        const arrivedAtMs = T0 + exposedMs + 60 + 50 * noise(n) + steppedByMs;
        return { ptsMs: 5_000 + exposedMs, arrivedAtMs, steppedByMs, sentAtMs: sentAtMs(exposedMs) };
      }),
    );
  const unknown = () => Number.NaN;

  for (const stepMs of [HOUR_MS, -HOUR_MS, 2_000, -2_000]) {
    it(`by ${stepMs} ms: times are those of the new clock from the next picture on`, () => {
      const times = stepped(stepMs, unknown);
      for (const [n, { ptsMs, capturedAtMs, arrivedAtMs }] of times.entries()) {
        assert.equal(ptsMs, n * 40, 'media time takes no notice');
        assert.ok(capturedAtMs <= arrivedAtMs);
        if (n < 100) continue;
        const truth = T0 + n * 40 + 60 + (n < 200 ? 0 : stepMs);
        assert.ok(Math.abs(capturedAtMs - truth) < 3, `frame ${n}: off by ${capturedAtMs - truth} ms`);
      }
    });

    it(`by ${stepMs} ms to the right time: the camera's reports are believed from then on`, () => {
      const times = stepped(stepMs, (exposedMs) => T0 + exposedMs + stepMs);
      for (let n = 200; n < 400; n++) {
        const late = times[n]!.capturedAtMs - (T0 + n * 40 + stepMs);
        // no picture before the one shown last: at the first the better time has to wait
        assert.ok(late >= 0 && late <= (n < 202 ? 60 : 0), `frame ${n}: off by ${late} ms`);
      }
    });
  }

  // two seconds old is still a possible age
  for (const stepMs of [HOUR_MS, -HOUR_MS, -2_000]) {
    it(`by ${stepMs} ms to a wrong time: the reports no longer fit and arrivals count`, () => {
      const times = stepped(stepMs, (exposedMs) => T0 + exposedMs);
      for (let n = 0; n < 200; n++) assert.equal(times[n]!.capturedAtMs, T0 + n * 40);
      for (let n = 200; n < 400; n++) {
        const off = times[n]!.capturedAtMs - (T0 + n * 40 + 60 + stepMs);
        assert.ok(Math.abs(off) < 3, `frame ${n}: off by ${off} ms`);
      }
    });
  }

  it('gives pictures that the decoder held back meanwhile the time of the new clock', () => {
    const clock = new StreamClock();
    for (let n = 0; n < 50; n++) {
      const steppedByMs = n < 48 ? 0 : HOUR_MS;
      const arrivedAtMs = T0 + n * 40 + steppedByMs;
      clock.packetArrived({ ptsMs: n * 40, arrivedAtMs, arrivedElapsedMs: n * 40, sentAtMs: Number.NaN });
      if (n < 4) continue;
      const { capturedAtMs, arrivedAtMs: arrived } = clock.frameTimes((n - 4) * 40);
      assert.equal(arrived, T0 + (n - 4) * 40 + steppedByMs);
      assert.ok(Math.abs(capturedAtMs - arrived) <= 1);
    }
  });

  it('believes a camera as soon as it has set its own clock', () => {
    for (const wrongByMs of [HOUR_MS, -HOUR_MS]) {
      const times = play(
        Array.from({ length: 200 }, (_, n) => ({
          ptsMs: n * 40,
          arrivedAtMs: T0 + n * 40 + 80,
          sentAtMs: T0 + n * 40 + (n < 100 ? wrongByMs : 0),
        })),
      );
      assert.equal(times[99]!.capturedAtMs, T0 + 99 * 40 + 80);
      for (let n = 103; n < 200; n++) assert.equal(times[n]!.capturedAtMs, T0 + n * 40);
    }
  });
});
