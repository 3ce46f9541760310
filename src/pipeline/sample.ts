import { filter, type MonoTypeOperatorFunction } from 'rxjs';
import type { DropReason, Frame } from '../frame.ts';

/** Cameras stamp their frames with jitter: a frame this fraction of the interval early is still due. */
const EARLY = 0.1;

/**
 * Lets through at most `fps` frames a second of media time, evenly spaced; the rest are dropped as
 * `sampled`. By media time, not arrival: a burst after a network stall is thinned like any other second.
 *
 * @param fps frames a second; 0 lets every frame through
 */
export function sampleByMediaTime<P>(
  fps: number,
  drop: (frame: Frame<P>, reason: DropReason) => void,
): MonoTypeOperatorFunction<Frame<P>> {
  const intervalMs = fps > 0 ? 1000 / fps : 0;
  let run = '';
  let dueMs = 0;
  return filter((frame) => {
    if (intervalMs === 0) return true;
    if (frame.run !== run) {
      run = frame.run;
      dueMs = frame.ptsMs;
    }
    if (frame.ptsMs < dueMs - intervalMs * EARLY) {
      drop(frame, 'sampled');
      return false;
    }
    dueMs += intervalMs;
    // after a gap the schedule starts anew: frames are not caught up on
    if (dueMs <= frame.ptsMs) dueMs = frame.ptsMs + intervalMs;
    return true;
  });
}
