import { AV_NOPTS_VALUE, AV_PKT_FLAG_CORRUPT, AV_PKT_FLAG_DISPOSABLE } from 'node-av/constants';
import type { Packet, Stream } from 'node-av/lib';
import { Decoder, type PicturePool } from './decoder.ts';
import { HeldPackets } from './held-packets.ts';
import type { MotionGate } from './motion-gate.ts';
import type { Picture } from './picture.ts';
import type { IngestCounters } from './run-camera.ts';
import { Thumbnail } from './thumbnail.ts';

/**
 * Waking decodes at once what was held, on a thread that other cameras share: for at most a frame interval, or this.
 * What would take longer is decoded ahead, packet by packet.
 */
const MAX_CATCH_UP_MS = 60;
/** Before anything was measured: a still picture of 1080p. */
const DEFAULT_PACKET_MS = 3;

export interface GatedDecoderOptions {
  readonly stream: Stream;
  readonly pool: PicturePool;
  /** Monotonic milliseconds. */
  elapsed(): number;
  readonly gate: MotionGate | undefined;
  readonly counters: IngestCounters;
}

/**
 * A decoder that rests while the gate finds that the picture stands still.
 *
 * Used as a `Decoder` is: `send` one packet, then `receive` until it returns null. What it returns is to be
 * published. Without a gate that is every picture.
 */
export class GatedDecoder {
  readonly decoder: Decoder;
  readonly #pool: PicturePool;
  readonly #elapsed: () => number;
  readonly #gate: MotionGate | undefined;
  readonly #counters: IngestCounters;
  readonly #tickMs: number;
  readonly #held = new HeldPackets();
  readonly #thumbnail = new Thumbnail();
  /** Pictures come from the decoder one by one; else only `#single`. */
  #streaming = true;
  #single: Picture | null = null;
  /** Pictures up to this timestamp were shown and come a second time, on the way to what follows. */
  #repeatsUntil: bigint | undefined;
  #width = 0;
  #height = 0;
  #packetMs = DEFAULT_PACKET_MS;
  /** Key frames of this stream yield a picture without what comes after them. */
  #keysStandAlone = true;
  /** The decoder is past the first of the held packets, or was emptied: it goes on only from a held key frame. */
  #detached = false;
  /** The first of the held packets is a key frame whose picture was seen already. */
  #keyShown = false;

  constructor({ stream, pool, elapsed, gate, counters }: GatedDecoderOptions) {
    this.decoder = new Decoder(stream, pool, elapsed);
    this.#pool = pool;
    this.#elapsed = elapsed;
    this.#gate = gate;
    this.#counters = counters;
    const { num, den } = stream.timeBase;
    this.#tickMs = (num / den) * 1000;
  }

  /** Hands over one packet, or null to get what is left at the end. */
  send(packet: Packet | null): void {
    const gate = this.#gate;
    this.#dropSingle();
    this.#streaming = true;
    if (!gate) {
      this.decoder.send(packet);
      return;
    }
    if (!packet) {
      this.#end(gate);
      return;
    }
    const verdict = gate.packet({
      bytes: packet.size,
      key: packet.isKeyframe,
      disposable: (packet.flags & AV_PKT_FLAG_DISPOSABLE) !== 0,
      ptsMs: packet.pts === AV_NOPTS_VALUE ? Number.NaN : Number(packet.pts) * this.#tickMs,
    });
    if (verdict === 'decode') {
      if (this.#held.count === 0 && !this.#detached) this.decoder.send(packet);
      else this.#catchUp(packet);
      return;
    }
    this.#streaming = false;
    const fresh = packet.isKeyframe && this.#keysStandAlone && (packet.flags & AV_PKT_FLAG_CORRUPT) === 0;
    if (fresh && (this.#held.count > 0 || this.#detached || verdict === 'hold')) {
      // whatever came before it is not needed any more
      this.#skipHeld();
      this.#detached = true;
    }
    if (verdict === 'hold') this.#hold(packet);
    else if (fresh) this.#lookAtKey(packet);
    else this.#catchUp(packet);
  }

  /** The next picture to publish in presentation order, or null when another packet is needed. Give it back to the pool. */
  receive(): Picture | null {
    if (!this.#streaming) {
      const picture = this.#single;
      this.#single = null;
      return picture;
    }
    for (let picture = this.decoder.receive(); picture; picture = this.decoder.receive()) {
      if (!this.#gate || (!this.#repeats(picture) && this.#judge(picture, this.#gate))) return picture;
      this.#withhold(picture);
    }
    return null;
  }

  close(): void {
    this.#dropSingle();
    this.#skipHeld();
    this.#thumbnail.close();
    this.decoder.close();
  }

  #end(gate: MotionGate): void {
    if (this.#held.count > 0 || this.#detached || gate.resting) {
      this.#skipHeld();
      this.#streaming = false;
    } else this.decoder.send(null);
  }

  #hold(packet: Packet): void {
    if (!this.#held.push(packet)) {
      this.#catchUp(packet);
      return;
    }
    const mostMs = Math.min(MAX_CATCH_UP_MS, (this.#gate as MotionGate).frameIntervalMs);
    if (!this.#held.full && this.#held.count * this.#packetMs <= mostMs) return;
    const last = this.#decodeHeld(1);
    if (last) this.#withhold(last);
  }

  /**
   * Shows the picture of a key frame, and nothing of what was held before it. A decoder that holds pictures back
   * to sort them yields it only at a stream's end: then that is feigned, and the key frame held to begin from.
   */
  #lookAtKey(packet: Packet): void {
    if (this.#detached) this.decoder.restartAt(packet);
    const startedMs = this.#elapsed();
    this.decoder.send(packet);
    let picture = this.#newest(null);
    if (picture?.bestEffortTimestamp === packet.pts) this.#detached = false;
    else {
      this.decoder.send(null);
      picture = this.#newest(picture);
      this.#held.push(packet);
      this.#detached = true;
      this.#keyShown = picture !== null;
      // recovery points and the like need what follows: no more looks at those
      if (!picture) this.#keysStandAlone = false;
    }
    this.#measure(1, startedMs);
    this.#show(picture);
    this.#repeatsUntil = this.#detached ? picture?.bestEffortTimestamp : undefined;
  }

  /** Decodes what was held and `packet`; of all their pictures only the last may be shown. */
  #catchUp(packet: Packet): void {
    this.#streaming = false;
    const before = this.#decodeHeld(this.#held.count);
    if (this.#detached) this.#begin(packet);
    this.decoder.send(packet);
    this.#show(this.#newest(before));
  }

  /** Decodes the oldest `count` of the held; their last picture, the caller's to give back. */
  #decodeHeld(count: number): Picture | null {
    const startedMs = this.#elapsed();
    let picture: Picture | null = null;
    for (let i = 0; i < count; i++) {
      const packet = this.#held.shift();
      if (!packet) break;
      if (this.#detached) this.#begin(packet);
      this.decoder.send(packet);
      packet.free();
      picture = this.#newest(picture);
    }
    if (count > 0) this.#measure(count, startedMs);
    return picture;
  }

  #begin(packet: Packet): void {
    this.decoder.restartAt(packet);
    this.#detached = false;
    this.#keyShown = false;
  }

  /** The last picture the decoder yields now, else `before`. */
  #newest(before: Picture | null): Picture | null {
    let newest = before;
    for (let picture = this.decoder.receive(); picture; picture = this.decoder.receive()) {
      if (newest) this.#withhold(newest);
      newest = picture;
    }
    return newest;
  }

  #show(picture: Picture | null): void {
    if (!picture) return;
    if (!this.#repeats(picture) && this.#judge(picture, this.#gate as MotionGate)) this.#single = picture;
    else this.#withhold(picture);
  }

  #repeats(picture: Picture): boolean {
    if (this.#repeatsUntil === undefined) return false;
    if (picture.bestEffortTimestamp <= this.#repeatsUntil) return true;
    this.#repeatsUntil = undefined;
    return false;
  }

  #judge(picture: Picture, gate: MotionGate): boolean {
    if (!gate.wantsPicture) return true;
    if (picture.width !== this.#width || picture.height !== this.#height) {
      if (this.#width > 0) gate.restart();
      this.#width = picture.width;
      this.#height = picture.height;
    }
    const thumbnail = this.#thumbnail.of(picture);
    return thumbnail ? gate.picture(thumbnail) : true;
  }

  #withhold(picture: Picture): void {
    if (!this.#repeats(picture)) this.#counters.withheld = (this.#counters.withheld ?? 0) + 1;
    this.#pool.give(picture);
  }

  #dropSingle(): void {
    if (this.#single) this.#pool.give(this.#single);
    this.#single = null;
  }

  #skipHeld(): void {
    const shown = this.#keyShown ? 1 : 0;
    this.#keyShown = false;
    const skipped = this.#held.clear() - shown;
    if (skipped > 0) this.#counters.skipped = (this.#counters.skipped ?? 0) + skipped;
  }

  /** Smoothed time to decode one held packet. */
  #measure(packets: number, startedMs: number): void {
    this.#packetMs += ((this.#elapsed() - startedMs) / packets - this.#packetMs) / 8;
  }
}
