import { MinimumFilter } from './minimum-filter.ts';
import { WallOffset } from './wall-offset.ts';

/** Cameras' crystals are off by up to about 100 ppm; twice that follows any of them. */
const CLOCK_DRIFT = 200e-6;
/** B-frames arrive up to this much out of presentation order; a larger step back is a new time line. */
const REORDERING_MS = 1_000;
/** A step forward beyond the time that passed: the camera set its clock, nothing was exposed in between. */
const FORWARD_JUMP_MS = 10_000;
/** Ages of a picture that a camera with a well-set clock can produce; outside, its clock is not believed. */
const LEAST_AGE_MS = -20;
const GREATEST_AGE_MS = 10_000;
/** A change of what the camera's clock says of its timestamps beyond this: the camera set its clock. */
const SENDER_STEP_MS = 1_000;
/** Packets a decoder may hold back, plus room for loss. */
const REMEMBERED_PACKETS = 64;

/** When one packet came: wall clock times in milliseconds since the epoch, unless said otherwise. */
export interface PacketArrival {
  /** The packet's own timestamp, milliseconds; NaN when it has none. */
  readonly ptsMs: number;
  /** When its first part arrived; `arrivedAtMs` when left out. */
  readonly beganAtMs?: number;
  /** When it was complete. */
  readonly arrivedAtMs: number;
  /** The same moment on the monotonic clock. */
  readonly arrivedElapsedMs: number;
  /** What the camera's wall clock said at this timestamp (RTCP), NaN when unknown. */
  readonly sentAtMs: number;
}

/** When one picture was made and arrived. */
export interface FrameTimes {
  /** Media time since the run began, milliseconds; strictly increasing. */
  ptsMs: number;
  /** Wall clock of the exposure, milliseconds since the epoch; never later than `arrivedAtMs`. */
  capturedAtMs: number;
  /** Wall clock of the packet's arrival, milliseconds since the epoch. */
  arrivedAtMs: number;
}

/**
 * Maps the timestamps of a live stream to wall clock.
 *
 * With RTCP sender reports (RFC 3550, section 6.4.1) the camera itself says when a picture was made; that
 * is believed when the age it implies is possible. Without, the exposure is placed by the least delay seen:
 * `began - pts` of the fastest packets, which leaves out the constant part of the delay.
 *
 * When the wall clock is set, everything known moves with it at once: media time takes no notice, and the
 * next picture has the time of the new clock.
 */
export class StreamClock {
  readonly #offset = new MinimumFilter(CLOCK_DRIFT);
  readonly #senderAge = new MinimumFilter(CLOCK_DRIFT);
  readonly #wall = new WallOffset();
  #latestPts = Number.NaN;
  /** The camera's wall clock minus its timestamps. */
  #senderOffset = Number.NaN;

  // a ring of the packets whose pictures the decoder may still hold
  readonly #pts = new Float64Array(REMEMBERED_PACKETS).fill(Number.NaN);
  readonly #arrived = new Float64Array(REMEMBERED_PACKETS);
  readonly #sent = new Float64Array(REMEMBERED_PACKETS);
  #packets = 0;

  #lastRawPts = Number.NaN;
  #base = Number.NaN;
  #last: FrameTimes | undefined;

  packetArrived({
    ptsMs,
    arrivedAtMs,
    beganAtMs = arrivedAtMs,
    arrivedElapsedMs,
    sentAtMs,
  }: PacketArrival): void {
    const stepMs = this.#wall.stepped(arrivedAtMs, arrivedElapsedMs);
    if (stepMs !== 0) this.#wallStepped(stepMs);
    if (!Number.isNaN(ptsMs)) {
      const sample = beganAtMs - ptsMs;
      if (ptsMs < this.#latestPts - REORDERING_MS) {
        this.#offset.restart(sample, arrivedAtMs);
        this.#latestPts = ptsMs;
      } else {
        this.#offset.add(sample, arrivedAtMs);
        this.#latestPts = Number.isNaN(this.#latestPts) ? ptsMs : Math.max(this.#latestPts, ptsMs);
      }
    }
    if (!Number.isNaN(sentAtMs)) this.#senderReported(arrivedAtMs, sentAtMs, ptsMs);
    const at = this.#packets++ % REMEMBERED_PACKETS;
    this.#pts[at] = ptsMs;
    this.#arrived[at] = arrivedAtMs;
    this.#sent[at] = sentAtMs;
  }

  /**
   * The times of a decoded picture; pictures come in presentation order.
   *
   * @param rawPtsMs the picture's timestamp, NaN when it has none (the first of an RTSP session).
   */
  frameTimes(rawPtsMs: number): FrameTimes {
    const packet = this.#packetOf(rawPtsMs);
    const arrivedAtMs = this.#arrived[packet]!;
    const ptsMs = this.#mediaTime(rawPtsMs, arrivedAtMs);
    let capturedAtMs = this.#exposure(rawPtsMs, packet);
    // the first sender report moves the estimate back; time must not run backwards for it
    if (this.#last && capturedAtMs <= this.#last.capturedAtMs) capturedAtMs = this.#last.capturedAtMs + 1;
    capturedAtMs = Math.min(capturedAtMs, arrivedAtMs);
    this.#last = { ptsMs, capturedAtMs, arrivedAtMs };
    return this.#last;
  }

  #wallStepped(stepMs: number): void {
    this.#offset.shift(stepMs);
    this.#senderAge.shift(stepMs); // what the camera says stays: it may be right only now, or no longer
    for (let at = 0; at < REMEMBERED_PACKETS; at++) this.#arrived[at]! += stepMs;
    if (!this.#last) return;
    this.#last.arrivedAtMs += stepMs;
    this.#last.capturedAtMs += stepMs;
  }

  #senderReported(arrivedAtMs: number, sentAtMs: number, ptsMs: number): void {
    const ageMs = arrivedAtMs - sentAtMs;
    const senderOffset = sentAtMs - ptsMs;
    const stepped = Math.abs(senderOffset - this.#senderOffset) > SENDER_STEP_MS;
    if (stepped) this.#senderAge.restart(ageMs, arrivedAtMs);
    else this.#senderAge.add(ageMs, arrivedAtMs);
    if (!Number.isNaN(senderOffset)) this.#senderOffset = senderOffset;
  }

  #packetOf(rawPtsMs: number): number {
    const newest = this.#packets - 1;
    for (let back = 0; back < REMEMBERED_PACKETS && back <= newest; back++) {
      const at = (newest - back) % REMEMBERED_PACKETS;
      if (this.#pts[at] === rawPtsMs) return at;
    }
    return newest % REMEMBERED_PACKETS;
  }

  #mediaTime(rawPtsMs: number, arrivedAtMs: number): number {
    const last = this.#last;
    const lastRaw = this.#lastRawPts;
    if (!Number.isNaN(rawPtsMs)) this.#lastRawPts = rawPtsMs;
    if (!last) {
      // FFmpeg counts an RTSP session from its first packet, the only one that lacks a timestamp
      this.#base = Number.isNaN(rawPtsMs) ? 0 : rawPtsMs;
      return 0;
    }
    const passedMs = Math.max(1, arrivedAtMs - last.arrivedAtMs);
    if (Number.isNaN(rawPtsMs)) return last.ptsMs + passedMs;
    const ptsMs = rawPtsMs - this.#base;
    const jumped =
      rawPtsMs <= lastRaw || ptsMs <= last.ptsMs || ptsMs - last.ptsMs > passedMs + FORWARD_JUMP_MS;
    if (!jumped) return ptsMs;
    this.#base = rawPtsMs - (last.ptsMs + passedMs);
    return last.ptsMs + passedMs;
  }

  #exposure(rawPtsMs: number, packet: number): number {
    const sentAtMs = this.#sent[packet]!;
    const ageMs = this.#senderAge.value;
    if (!Number.isNaN(sentAtMs) && ageMs >= LEAST_AGE_MS && ageMs <= GREATEST_AGE_MS) return sentAtMs;
    if (Number.isNaN(rawPtsMs) || Number.isNaN(this.#offset.value)) return this.#arrived[packet]!;
    return rawPtsMs + this.#offset.value;
  }
}
