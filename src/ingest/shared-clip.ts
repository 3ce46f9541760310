import type { FileSource } from '../camera.ts';
import type { Frame } from '../frame.ts';
import { playFile } from './file.ts';
import { newRun } from './frame-output.ts';
import type { Picture } from './picture.ts';
import type { IngestContext, IngestState } from './run-camera.ts';

interface Member {
  readonly context: IngestContext;
  readonly onFrame: () => void;
  readonly run: string;
  seq: number;
  /** What its camera was last told. */
  told: IngestState | undefined;
  end(error: unknown): void;
}

/**
 * One looped file, decoded once for all cameras that play it on this thread.
 *
 * Each camera gets every picture as a frame of its own run; the decoder's buffer goes back when the last of them has
 * released its own. The decoder never rests: what stands still for one camera's gate is another's picture. Media
 * time is the file's for all: a camera that joins late does not begin at 0.
 *
 * Plays while it has members.
 */
export class SharedClip {
  readonly #source: FileSource;
  readonly #members = new Set<Member>();
  readonly #stop = new AbortController();
  #playing: Promise<void> | undefined;
  #live: IngestState | undefined;

  constructor(source: FileSource) {
    this.#source = source;
  }

  /** Whether nobody can join any more. */
  get ended(): boolean {
    return this.#stop.signal.aborted;
  }

  /**
   * Feeds `context` until its signal aborts.
   *
   * @throws EngineError FILE_NOT_FOUND, FILE_NOT_VIDEO, STREAM_*, or the abort reason; the last to leave waits until
   *   everything native is released
   */
  async join(context: IngestContext, onFrame: () => void): Promise<void> {
    context.signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const member: Member = {
      context,
      onFrame,
      run: newRun(context.clock.now()),
      seq: 0,
      told: undefined,
      end: reject,
    };
    const leave = (): void => member.end(context.signal.reason);
    this.#members.add(member);
    context.signal.addEventListener('abort', leave);
    this.#playing ??= this.#play(context);
    try {
      await promise;
    } finally {
      context.signal.removeEventListener('abort', leave);
      this.#members.delete(member);
      if (this.#members.size === 0) {
        this.#stop.abort();
        await this.#playing;
      }
    }
  }

  /** Never rejects: how it ended is told to the members. */
  async #play({ clock, log }: IngestContext): Promise<void> {
    const counters = { received: 0, decoded: 0, decodeMs: 0 };
    let decodeMs = 0;
    try {
      await playFile(
        this.#source,
        {
          clock,
          log,
          signal: this.#stop.signal,
          counters,
          publish: (frame) => this.#share(frame, decodeMs),
          onState: (state) => {
            this.#live = state;
          },
          onDecoded: (ms) => {
            decodeMs = ms;
          },
        },
        () => undefined,
      );
    } catch (error) {
      this.#stop.abort(); // whoever tries again begins anew
      for (const member of this.#members) member.end(error);
    }
  }

  #share(frame: Frame<Picture>, decodeMs: number): void {
    const members = [...this.#members].filter(({ context }) => !context.signal.aborted);
    let holders = members.length;
    const released = (): void => {
      if (--holders === 0) frame.release();
    };
    if (holders === 0) {
      frame.release();
      return;
    }
    const shareMs = decodeMs / holders;
    for (const member of members) {
      const { context, run } = member;
      context.counters.received++;
      context.counters.decoded++;
      context.counters.decodeMs += shareMs;
      context.onDecoded?.(shareMs);
      if (this.#live && member.told !== this.#live) {
        member.told = this.#live;
        context.onState(this.#live);
      }
      context.publish(new SharedFrame(frame, run, member.seq++, released));
      member.onFrame();
    }
  }
}

/** One camera's hold on a picture that others have, too. */
class SharedFrame implements Frame<Picture> {
  readonly run: string;
  readonly seq: number;
  readonly ptsMs: number;
  readonly capturedAtMs: number;
  readonly arrivedAtMs: number;
  readonly width: number;
  readonly height: number;
  readonly picture: Picture;
  #released: (() => void) | undefined;

  constructor(frame: Frame<Picture>, run: string, seq: number, released: () => void) {
    this.run = run;
    this.seq = seq;
    this.ptsMs = frame.ptsMs;
    this.capturedAtMs = frame.capturedAtMs;
    this.arrivedAtMs = frame.arrivedAtMs;
    this.width = frame.width;
    this.height = frame.height;
    this.picture = frame.picture;
    this.#released = released;
  }

  release(): void {
    const released = this.#released;
    if (!released) throw new Error(`frame ${this.seq} of run ${this.run} was released twice`);
    this.#released = undefined;
    released();
  }
}
