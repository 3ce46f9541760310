import { useEffect, useMemo, useRef, useState } from 'react';
import { type ClockOffset, type ClockSample, estimateOffset } from './clock-offset.ts';
import type { ConnectionState, LiveClient } from './live-client.ts';

/** The hub's wall clock as seen from here. */
export interface ServerClock {
  /** The hub's time in milliseconds since the epoch; the local clock's until the first answer. */
  now(): number;
  /** Null until the first answer: then no latency can be told. */
  offset(): ClockOffset | null;
}

const BURST = 5;
const BURST_GAP_MS = 150;
const REPEAT_MS = 10_000;
/** Enough for two minutes: clocks drift apart by milliseconds in that time, not more. */
const KEPT_SAMPLES = 12;

/**
 * Measures the offset between this browser's monotonic clock and the hub's wall clock: a burst of questions on
 * every connection and whenever the page comes back into view, then one every ten seconds.
 */
export function useClockOffset(live: LiveClient | null, phase: ConnectionState['phase']): ServerClock {
  const offset = useRef<ClockOffset | null>(null);
  const [, setKnown] = useState(false);

  useEffect(() => {
    if (!live || phase !== 'online') return;
    let samples: ClockSample[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    let asked = 0;
    const ask = async (): Promise<void> => {
      asked++;
      try {
        const sample = await live.askClock();
        if (stopped) return;
        samples = [...samples, sample].slice(-KEPT_SAMPLES);
        offset.current = estimateOffset(samples);
        setKnown(true);
      } catch {
        // no answer: the next question may have more luck, and the connection banner tells the rest
      }
      if (!stopped) timer = setTimeout(ask, asked < BURST ? BURST_GAP_MS : REPEAT_MS);
    };
    const restart = (): void => {
      // the monotonic clock may stand still while a machine sleeps: what was measured before is void
      if (document.visibilityState !== 'visible') return;
      clearTimeout(timer);
      samples = [];
      asked = 0;
      void ask();
    };
    void ask();
    document.addEventListener('visibilitychange', restart);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', restart);
    };
  }, [live, phase]);

  return useMemo(
    () => ({
      now: () => (offset.current ? performance.now() + offset.current.offsetMs : Date.now()),
      offset: () => offset.current,
    }),
    [],
  );
}
