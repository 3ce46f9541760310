import {
  AV_LOG_QUIET,
  AVDISCARD_ALL,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FormatContext, Log, Packet, type Stream } from 'node-av/lib';
import type { Clock } from '../clock.ts';
import type { EngineError } from '../errors.ts';

// FFmpeg prints to standard error on its own, URLs with passwords among it; what matters comes back as numbers
Log.setLevel(AV_LOG_QUIET);

/** A source that yields only damaged packets is given up after this many in a row. */
const MAX_DAMAGED_IN_A_ROW = 250;
const WATCH_INTERVAL_MS = 250;

export interface StreamRequest {
  /** As FFmpeg takes it, credentials included. */
  readonly url: string;
  readonly options: Readonly<Record<string, string>>;
  /** Read ahead for codec parameters: needed by some file formats, slow and lossy on a live source. */
  readonly probe: boolean;
  /** Limits for a live source; without them it may take what it needs. */
  readonly limits?: { readonly openMs: number; readonly silenceMs: number };
  /** Turns FFmpeg's number into an error that says what to do. */
  readonly error: (avError: number, step: 'open' | 'read', timedOut: boolean) => EngineError;
  /** The error for a source without a video stream. */
  readonly noVideo: () => EngineError;
}

/**
 * The video stream of one opened source, demuxed.
 *
 * A native read that is in flight must end before its context is closed; `close` sees to that.
 */
export class VideoStream {
  readonly stream: Stream;
  readonly #context: FormatContext;
  readonly #request: StreamRequest;
  readonly #watch: Watch;
  readonly #packet = new Packet();
  #reading: Promise<number> | undefined;
  #closed = false;

  private constructor(context: FormatContext, stream: Stream, request: StreamRequest, watch: Watch) {
    this.#context = context;
    this.stream = stream;
    this.#request = request;
    this.#watch = watch;
    this.#packet.alloc();
  }

  /**
   * Opens a source and finds its video stream.
   *
   * @throws the request's errors; the abort reason when `signal` aborts, which also ends a later `read`.
   */
  static async open(request: StreamRequest, clock: Clock, signal: AbortSignal): Promise<VideoStream> {
    signal.throwIfAborted();
    const context = new FormatContext();
    // a context that openInput allocates itself is deaf to interrupt()
    context.allocContext();
    const watch = new Watch(clock, signal, () => context.interrupt());
    try {
      if (request.limits) watch.limit(request.limits.openMs);
      using options = Dictionary.fromObject({ ...request.options });
      const opened = await context.openInput(request.url, null, options);
      signal.throwIfAborted();
      if (opened < 0) throw request.error(opened, 'open', watch.expired);
      if (request.probe) {
        const probed = await context.findStreamInfo(null);
        signal.throwIfAborted();
        if (probed < 0) throw request.error(probed, 'open', watch.expired);
      }
      const stream = selectVideo(context);
      if (!stream) throw request.noVideo();
      if (request.limits) watch.limit(request.limits.silenceMs);
      return new VideoStream(context, stream, request, watch);
    } catch (error) {
      watch.stop();
      await context.closeInput();
      throw error;
    }
  }

  /**
   * The next video packet, valid until the next call; null at the end.
   *
   * @param onDamaged called for each packet that had to be skipped.
   */
  async read(onDamaged: () => void): Promise<Packet | null> {
    for (let damaged = 0; ; ) {
      this.#packet.unref();
      this.#reading = this.#context.readFrame(this.#packet);
      const result = await this.#reading;
      this.#reading = undefined;
      this.#watch.signal.throwIfAborted();
      if (result >= 0) {
        if (this.#packet.streamIndex !== this.stream.index) continue;
        this.#watch.heard();
        return this.#packet;
      }
      if (result === AVERROR_EOF && !this.#watch.expired) return null;
      if (result === AVERROR_EAGAIN && !this.#watch.expired) continue;
      if (result === AVERROR_INVALIDDATA && !this.#watch.expired && damaged++ < MAX_DAMAGED_IN_A_ROW) {
        onDamaged();
        continue;
      }
      throw this.#request.error(result, 'read', this.#watch.expired);
    }
  }

  /** Ends a read in flight and frees everything. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.stop();
    if (this.#reading) {
      this.#context.interrupt();
      await this.#reading;
    }
    this.#packet.free();
    await this.#context.closeInput();
  }
}

/** The video stream to show; the packets of all others are thrown away by the demuxer. */
function selectVideo(context: FormatContext): Stream | undefined {
  const index = context.findBestStream(AVMEDIA_TYPE_VIDEO, -1, -1);
  for (const stream of context.streams) if (stream.index !== index) stream.discard = AVDISCARD_ALL;
  return context.streams.find((stream) => stream.index === index);
}

/** Interrupts native calls when nothing was heard for too long, or on abort. */
class Watch {
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #interrupt: () => void;
  #timer: NodeJS.Timeout | undefined;
  #heardAtMs: number;
  #checkedAtMs: number;
  #limitMs = Number.POSITIVE_INFINITY;
  #interrupted = false;

  constructor(clock: Clock, signal: AbortSignal, interrupt: () => void) {
    this.#clock = clock;
    this.signal = signal;
    this.#interrupt = interrupt;
    this.#heardAtMs = this.#checkedAtMs = clock.elapsed();
    signal.addEventListener('abort', interrupt);
  }

  /**
   * Whether it was silent for too long. Also when FFmpeg's own socket timeout, which is about as long, ended the
   * call before this thread came to it: its error then says something misleading.
   */
  get expired(): boolean {
    return this.#interrupted || this.#clock.elapsed() - this.#heardAtMs >= this.#limitMs;
  }

  /** From now on, `limitMs` without `heard` is too long. */
  limit(limitMs: number): void {
    this.#limitMs = limitMs;
    clearInterval(this.#timer);
    this.heard();
    this.#checkedAtMs = this.#heardAtMs;
    this.#timer = setInterval(() => this.#check(limitMs), WATCH_INTERVAL_MS);
  }

  heard(): void {
    this.#heardAtMs = this.#clock.elapsed();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.signal.removeEventListener('abort', this.#interrupt);
  }

  #check(limitMs: number): void {
    const nowMs = this.#clock.elapsed();
    // while this thread was busy nothing could be heard: that is not the camera's silence
    const busyMs = nowMs - this.#checkedAtMs - WATCH_INTERVAL_MS;
    if (busyMs > WATCH_INTERVAL_MS) this.#heardAtMs = Math.min(nowMs, this.#heardAtMs + busyMs);
    this.#checkedAtMs = nowMs;
    if (nowMs - this.#heardAtMs < limitMs) return;
    this.#interrupted = true;
    this.#interrupt();
  }
}
