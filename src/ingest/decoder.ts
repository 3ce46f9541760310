import { AV_FRAME_FLAG_CORRUPT, AV_NOPTS_VALUE, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import {
  Frame as AvFrame,
  Codec,
  CodecContext,
  type CodecParameters,
  type Packet,
  type Stream,
} from 'node-av/lib';
import { EngineError } from '../errors.ts';
import type { Picture } from './picture.ts';

/**
 * Decodes one video stream on the calling thread.
 *
 * Synchronous on purpose: a worker thread owns its cameras whole, and a hand-over costs more than it wins.
 * The caller alternates: `send` one packet, then `receive` until it returns null.
 */
export class Decoder {
  readonly codec: string;
  /** Packets refused, and pictures dropped or patched up, because of damage. */
  damaged = 0;
  /** Milliseconds this thread spent decoding. */
  busyMs = 0;
  readonly #context = new CodecContext();
  readonly #pool: PicturePool;
  readonly #elapsed: () => number;
  #keyFrameSeen = false;
  /** Pictures before it need what was never decoded. Undefined: none do. */
  #startsAt: bigint | undefined;

  /**
   * @param elapsed monotonic milliseconds.
   * @throws EngineError STREAM_UNSUPPORTED for a codec FFmpeg cannot decode.
   */
  constructor(stream: Stream, pool: PicturePool, elapsed: () => number) {
    this.#pool = pool;
    this.#elapsed = elapsed;
    const codec = Codec.findDecoder(stream.codecpar.codecId);
    this.codec = codec?.name ?? `codec ${stream.codecpar.codecId}`;
    if (!codec || !this.#open(codec, stream.codecpar, stream)) {
      this.#context.freeContext();
      throw new EngineError(
        'STREAM_UNSUPPORTED',
        `cannot decode ${this.codec}: set the camera to H.264 or H.265`,
      );
    }
  }

  #open(codec: Codec, parameters: CodecParameters, stream: Stream): boolean {
    this.#context.allocContext3(codec);
    if (this.#context.parametersToContext(parameters) < 0) return false;
    this.#context.pktTimebase = stream.timeBase;
    this.#context.threadCount = 1;
    return this.#context.open2Sync(codec, null) >= 0;
  }

  /** Hands over one packet, or null to get what is left at the end. */
  send(packet: Packet | null): void {
    // before the first key frame there is nothing to predict from: it would come out grey
    if (packet && !this.#keyFrameSeen) {
      if (!packet.isKeyframe) return;
      this.#keyFrameSeen = true;
    }
    if (packet?.isKeyframe && packet.pts !== this.#startsAt) this.#startsAt = undefined;
    const startedMs = this.#elapsed();
    const result = this.#context.sendPacketSync(packet);
    this.busyMs += this.#elapsed() - startedMs;
    if (result < 0 && result !== AVERROR_EAGAIN && result !== AVERROR_EOF) this.damaged++;
  }

  /** The next picture in presentation order, or null when another packet is needed. Give it back to the pool. */
  receive(): Picture | null {
    if (!this.#keyFrameSeen) return null;
    const picture = this.#pool.take();
    for (;;) {
      const startedMs = this.#elapsed();
      const result = this.#context.receiveFrameSync(picture);
      this.busyMs += this.#elapsed() - startedMs;
      if (result >= 0 && this.#startsAt !== undefined && picture.bestEffortTimestamp < this.#startsAt) {
        picture.unref();
        continue;
      }
      if (result >= 0 && !picture.hasFlags(AV_FRAME_FLAG_CORRUPT)) {
        // what was lost of it was filled in from its neighbours: worth showing, and worth telling
        if (picture.decodeErrorFlags !== 0) this.damaged++;
        return picture;
      }
      if (result < 0 && (result === AVERROR_EAGAIN || result === AVERROR_EOF)) break;
      this.damaged++;
      if (result < 0) break;
      picture.unref();
    }
    this.#pool.give(picture);
    return null;
  }

  /**
   * Forgets what it holds: the next packet is `key`, wherever in the stream. Also ends the draining that `send(null)`
   * began.
   */
  restartAt(key: Packet): void {
    this.#context.flushBuffers();
    this.#startsAt = key.pts === AV_NOPTS_VALUE ? undefined : key.pts;
  }

  close(): void {
    this.#context.freeContext();
  }
}

/** The shells of pictures, used again: allocating one costs more than emptying it. */
export class PicturePool {
  readonly #idle: Picture[] = [];
  #closed = false;

  take(): Picture {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const picture = new AvFrame();
    picture.alloc();
    return picture;
  }

  give(picture: Picture): void {
    if (this.#closed) {
      picture.free();
      return;
    }
    picture.unref();
    this.#idle.push(picture);
  }

  /** Frees the idle ones; those still out are freed when they come back. */
  close(): void {
    this.#closed = true;
    for (const picture of this.#idle.splice(0)) picture.free();
  }
}
