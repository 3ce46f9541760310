import type { Frame } from '../frame.ts';
import { type Decoder, PicturePool } from './decoder.ts';
import type { FrameSlots } from './frame-slots.ts';
import type { Picture } from './picture.ts';
import type { IngestContext } from './run-camera.ts';
import type { FrameTimes } from './stream-clock.ts';

/** The output side of one run: numbers the pictures, counts them, reports the first and each new size. */
export class FrameOutput {
  readonly pool = new PicturePool();
  readonly #run: string;
  readonly #context: IngestContext;
  readonly #slots: FrameSlots | undefined;
  #seq = 0;
  #width = 0;
  #height = 0;
  #decodeMs = 0;
  #stillMs = 0;

  /** @param slots told of every frame published and released. */
  constructor(context: IngestContext, slots?: FrameSlots) {
    this.#run = context.run ?? newRun(context.clock.now());
    this.#context = context;
    this.#slots = slots;
  }

  get frames(): number {
    return this.#seq;
  }

  /** Books the time and the damage of a decoder since the last call. */
  settle(decoder: Decoder): void {
    const { counters } = this.#context;
    counters.decodeMs += decoder.busyMs;
    this.#decodeMs += decoder.busyMs;
    decoder.busyMs = 0;
    if (decoder.damaged > 0) this.damaged(decoder.damaged);
    decoder.damaged = 0;
  }

  damaged(packets = 1): void {
    const { counters } = this.#context;
    counters.damaged = (counters.damaged ?? 0) + packets;
  }

  publish(picture: Picture, codec: string, times: FrameTimes): void {
    const { counters, gate, onDecoded, onState, publish } = this.#context;
    counters.decoded++;
    onDecoded?.call(this.#context, this.#decodeMs);
    this.#decodeMs = 0;
    if (picture.width !== this.#width || picture.height !== this.#height) {
      this.#width = picture.width;
      this.#height = picture.height;
      onState.call(this.#context, { state: 'live', width: this.#width, height: this.#height, codec });
    }
    this.#slots?.take();
    this.#stillMs += gate?.takeStillMs() ?? 0;
    const stillMs = this.#stillMs;
    const frame = new DecodedFrame(this.#run, this.#seq++, picture, { ...times, stillMs }, () => {
      this.pool.give(picture);
      this.#slots?.give();
    });
    publish.call(this.#context, frame);
  }
}

class DecodedFrame implements Frame<Picture> {
  readonly run: string;
  readonly seq: number;
  readonly ptsMs: number;
  readonly capturedAtMs: number;
  readonly arrivedAtMs: number;
  readonly width: number;
  readonly height: number;
  readonly picture: Picture;
  readonly stillMs: number;
  #giveBack: (() => void) | undefined;

  constructor(
    run: string,
    seq: number,
    picture: Picture,
    times: FrameTimes & { stillMs: number },
    giveBack: () => void,
  ) {
    this.run = run;
    this.seq = seq;
    this.ptsMs = times.ptsMs;
    this.capturedAtMs = times.capturedAtMs;
    this.arrivedAtMs = times.arrivedAtMs;
    this.width = picture.width;
    this.height = picture.height;
    this.picture = picture;
    this.stillMs = times.stillMs;
    this.#giveBack = giveBack;
  }

  release(): void {
    const giveBack = this.#giveBack;
    // the picture may carry another frame by now: a second release is a fault of the caller, never passed on
    if (!giveBack) throw new Error(`frame ${this.seq} of run ${this.run} was released twice`);
    this.#giveBack = undefined;
    giveBack();
  }
}

/** A name for one connection, sortable by time and unique among all machines. */
export function newRun(nowMs: number): string {
  const random = Math.floor(Math.random() * 36 ** 4);
  return `${Math.floor(nowMs).toString(36)}${random.toString(36).padStart(4, '0')}`;
}
