import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StreamClock } from '../../src/ingest/stream-clock.ts';

const T0 = 1_700_000_000_000;

interface Arrival {
  readonly ptsMs: number;
  readonly arrivedAtMs: number;
  readonly sentAtMs?: number;
}

/** Packets whose pictures come out at once. */
function play(packets: readonly Arrival[]) {
  const clock = new StreamClock();
  return packets.map(({ ptsMs, arrivedAtMs, sentAtMs = Number.NaN }) => {
    clock.packetArrived(ptsMs, arrivedAtMs, sentAtMs);
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
    for (const [n, ptsMs] of decodeOrder.entries()) clock.packetArrived(ptsMs, T0 + 130 + n, Number.NaN);
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
