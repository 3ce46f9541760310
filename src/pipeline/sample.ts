import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { DropReason, Frame } from '../frame.ts';

/** Cameras stamp their frames with jitter: a frame this fraction of the interval early is still due. */
const EARLY = 0.1;

/**
 * Lets through at most `fps` frames a second of media time, evenly spaced; the rest are dropped as
 * `sampled`. By media time, not arrival: a burst after a network stall is thinned like any other second.
 *
 * @param fps frames a second, asked for each frame as it may change; 0 lets every frame through
 */
export function sampleByMediaTime<P>(
  fps: () => number,
  drop: (frame: Frame<P>, reason: DropReason) => void,
): MonoTypeOperatorFunction<Frame<P>> {
  let intervalMs = 0;
  let run = '';
  let dueMs = 0;
  return filter((frame) => {
    const rate = fps();
    const wantedMs = rate > 0 ? 1000 / rate : 0;
    // a new run and a new rate begin a schedule of their own
    if (frame.run !== run || wantedMs !== intervalMs) {
      run = frame.run;
      intervalMs = wantedMs;
      dueMs = frame.ptsMs;
    }
    if (intervalMs === 0) return true;
    if (frame.ptsMs < dueMs - intervalMs * EARLY) {
      drop(frame, 'sampled');
      return false;
    }
    dueMs += intervalMs;
    // after a gap frames are not caught up on, but the schedule keeps its step: which frames of a scene are analysed,
    // and so whether a weak detection becomes a track, must not depend on a gap before it
    if (dueMs <= frame.ptsMs) dueMs += Math.ceil((frame.ptsMs - dueMs) / intervalMs + 0.5) * intervalMs;
    return true;
  });
}
