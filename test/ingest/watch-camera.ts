import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { Source } from '../../src/camera.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Frame } from '../../src/frame.ts';
import type { MotionGate } from '../../src/ingest/motion-gate.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import { type IngestCounters, type IngestState, runCamera } from '../../src/ingest/run-camera.ts';

// each camera's pending read holds a thread of the pool; read once, when the pool is first used
process.env.UV_THREADPOOL_SIZE = '32';

type Retrying = Extract<IngestState, { state: 'retrying' }>;

/** One camera under observation: what it reported, and when, in monotonic milliseconds. */
export interface WatchedCamera extends AsyncDisposable {
  readonly states: readonly (IngestState & { atMs: number })[];
  readonly frames: readonly Pick<Frame, 'run' | 'seq' | 'ptsMs' | 'capturedAtMs' | 'arrivedAtMs'>[];
  readonly counters: IngestCounters;
  readonly startedAtMs: number;
  /** Resolves when `reached()` is true; fails after `limitMs`, telling the states so far. */
  until(reached: () => boolean, limitMs: number): Promise<void>;
  /** The first failure reported. */
  problem(limitMs?: number): Promise<Retrying & { atMs: number }>;
  /** Aborts and resolves with the milliseconds until the camera settled. */
  stop(): Promise<number>;
  /** Settles with the camera, without aborting it. */
  readonly settled: Promise<void>;
}

export interface WatchOptions {
  readonly clock?: Clock;
  readonly gate?: MotionGate;
  /** Called while the frame is held; it is released afterwards unless this returns false. */
  readonly onFrame?: (frame: Frame<Picture>) => unknown;
}

export function watchCamera(
  source: Source,
  { clock = systemClock, gate, onFrame }: WatchOptions = {},
): WatchedCamera {
  const states: (IngestState & { atMs: number })[] = [];
  const frames: Pick<Frame, 'run' | 'seq' | 'ptsMs' | 'capturedAtMs' | 'arrivedAtMs'>[] = [];
  const counters: IngestCounters = { received: 0, decoded: 0, decodeMs: 0 };
  const stopping = new AbortController();
  const startedAtMs = performance.now();
  const settled = runCamera(source, {
    clock,
    log: pino({ level: 'silent' }),
    signal: stopping.signal,
    counters,
    gate,
    onState: (state) => states.push({ ...state, atMs: performance.now() }),
    publish(frame) {
      const { run, seq, ptsMs, capturedAtMs, arrivedAtMs } = frame;
      frames.push({ run, seq, ptsMs, capturedAtMs, arrivedAtMs });
      if (onFrame?.(frame) !== false) frame.release();
    },
  });
  const until = async (reached: () => boolean, limitMs: number) => {
    const deadlineMs = performance.now() + limitMs;
    while (!reached()) {
      if (performance.now() > deadlineMs) {
        throw new Error(`not within ${limitMs} ms; ${frames.length} frames, ${JSON.stringify(states)}`);
      }
      await delay(5);
    }
  };
  const stop = async () => {
    const askedAtMs = performance.now();
    stopping.abort();
    await settled;
    return performance.now() - askedAtMs;
  };
  const failed = (state: IngestState): state is Retrying => state.state === 'retrying';
  return {
    states,
    frames,
    counters,
    startedAtMs,
    settled,
    until,
    async problem(limitMs = 6_000) {
      await until(() => states.some(failed), limitMs);
      return states.find(failed) as Retrying & { atMs: number };
    },
    stop,
    [Symbol.asyncDispose]: () => stop().then(() => undefined),
  };
}

/** A clock that stands still except when somebody sleeps: then it jumps. */
export function jumpingClock(startMs = 1_700_000_000_000): Clock {
  let passedMs = 0;
  return {
    now: () => startMs + passedMs,
    elapsed: () => passedMs,
    sleep: async (ms) => {
      passedMs += ms;
    },
  };
}
