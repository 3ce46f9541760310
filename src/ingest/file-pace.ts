import type { Clock } from '../clock.ts';
import { WallOffset } from './wall-offset.ts';

/** Falling behind by more than this is not caught up: a burst would look like frames that were never so close. */
const MAX_LAG_MS = 500;

/** Plays media time against the wall clock, one to one. */
export class FilePace {
  readonly #clock: Clock;
  readonly #wall = new WallOffset();
  /** Monotonic time of media time 0; NaN before the first frame. */
  #startElapsedMs = Number.NaN;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the frame of `ptsMs` is due, or when `signal` aborts. */
  async due(ptsMs: number, signal: AbortSignal): Promise<void> {
    const aheadMs = this.#startElapsedMs + ptsMs - this.#clock.elapsed();
    if (Number.isNaN(aheadMs) || aheadMs < -MAX_LAG_MS) {
      this.#startElapsedMs = this.#clock.elapsed() - ptsMs;
    } else if (aheadMs > 0) {
      await this.#clock.sleep(aheadMs, signal);
    }
  }

  /** The wall clock, as it goes now, at which the frame of `ptsMs` was due, milliseconds since the epoch. */
  wallClock(ptsMs: number): number {
    this.#wall.stepped(this.#clock.now(), this.#clock.elapsed());
    return this.#startElapsedMs + ptsMs + this.#wall.value;
  }
}
