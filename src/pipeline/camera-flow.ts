import type { Observable } from 'rxjs';
import type { DropReason, Frame } from '../frame.ts';
import { mapInTurn } from './map-in-turn.ts';
import { sampleByMediaTime } from './sample.ts';
import type { Turns } from './turns.ts';

export interface CameraFlow<P, R> {
  /** Analysed frames a second of media time, now; 0 for every frame. */
  fps(): number;
  /** Whether the source waits for its frames to be released (a file played once) or is live. */
  readonly source: 'live' | 'waits';
  /** A live frame that waited longer than this for its turn is worth nothing any more. */
  readonly ageBudgetMs: number;
  readonly turns: Turns;
  /** The camera's share of a busy worker: one of 10 gets twice the turns of one of 5. Default: equal shares. */
  priority?(): number;
  now(): number;
  /** Detect, track, and put into words: the frame's analysis on this thread. Owns the frame. */
  analyse(frame: Frame<P>): Promise<R>;
  /** Counts a frame that will not be analysed, under its one reason; the flow has released it. */
  dropped(reason: DropReason): void;
  /** Told of the oldest frame that waits for its turn, undefined for none. */
  waiting?(frame: Frame<P> | undefined): void;
}

/**
 * The journey of one camera's frames through its worker: sampled by media time, kept in one latest-frame
 * slot until the worker's turn comes, analysed. Every frame that enters is either analysed or released
 * and counted as dropped, also when the flow is unsubscribed half way.
 */
export function cameraFlow<P, R>(frames: Observable<Frame<P>>, flow: CameraFlow<P, R>): Observable<R> {
  const drop = (frame: Frame<P>, reason: DropReason): void => {
    frame.release();
    flow.dropped(reason);
  };
  const live = flow.source === 'live';
  return frames.pipe(
    sampleByMediaTime(() => flow.fps(), drop),
    mapInTurn(flow.analyse, {
      turns: flow.turns,
      weight: flow.priority && (() => flow.priority?.() ?? 1),
      keep: live ? 'latest' : 'every',
      isStale: live ? (frame) => flow.now() - frame.arrivedAtMs > flow.ageBudgetMs : undefined,
      drop,
      oldest: flow.waiting,
    }),
  );
}
