import { type Clock, systemClock } from '../../../clock.ts';

/** Milliseconds on the machine's monotonic clock, the same in every thread; `performance.now` begins anew in each. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** A clock whose `elapsed` may be compared between threads. */
export const sharedClock: Clock = { ...systemClock, elapsed: monotonicMs };
