import { SizeRange } from './size-range.ts';

/** After a packet out of range sizes are silent again when none followed for this long. */
const SILENT_AFTER_MS = 1_000;
/** A packet out of range tells of a change of the picture that came at most this long after it, or before it. */
const TELLS_BEFORE_MS = 600;
const TELLS_AFTER_MS = 400;
/** Sizes that are out of range for more of the still time than this part of it tell by chance. */
const MOST_ALARMED = 0.25;
/** Sizes need not tell of a change in which the analysis finds nothing new within this time: a lamp, a twitch. */
const MATTERS_WITHIN_MS = 2_000;
/** How often in a row sizes must have told of a change before they are relied on; doubled by each they miss. */
const PROOFS = 2;
const MOST_PROOFS = 16;
/** B-frames come after the picture they are shown before; a larger step back is a new time line. */
const REORDERING_MS = 1_000;
const MOST_UNEXPLAINED = 64;

/** What can be told of a packet without decoding it. */
export interface CodedPacket {
  readonly bytes: number;
  readonly key: boolean;
  /** Nothing is predicted from it, as far as the container says. */
  readonly disposable: boolean;
  /** Presentation time in milliseconds on any time line; NaN when unknown. */
  readonly ptsMs: number;
}

/**
 * The sizes of one camera's packets while its picture stands still, and whether they can be relied on to tell when
 * it moves. Times are milliseconds of media time on one clock.
 *
 * Whether they tell depends on the encoder and on the scene, so they have to prove it: changes of the picture
 * that were seen without them count for them or against.
 */
export class PacketSizes {
  /** Changes of the picture that sizes had told of, and had not. */
  readonly proof = { told: 0, missed: 0 };
  // by kind of packet: their sizes differ, motion or not
  readonly #forward = new SizeRange();
  readonly #backward = new SizeRange();
  readonly #disposable = new SizeRange();
  #latestPtsMs = Number.NaN;
  #outOfRangeAtMs = Number.NEGATIVE_INFINITY;
  /** Packets out of range, of which it is not yet known whether something moves. */
  readonly #unexplained: { range: SizeRange; bytes: number }[] = [];
  /** When the picture changed without a word from the sizes; -1 when there is nothing to judge. */
  #changedAtMs = -1;
  #changeMatters = false;
  /** Still time since sizes were last judged, and the part of it shortly after packets out of range. */
  #watchedMs = 0;
  #alarmedMs = 0;
  #toldInARow = 0;
  #proofsNeeded = PROOFS;

  /** Whether they take the place of looking: proven, and silent. */
  silent(nowMs: number): boolean {
    if (this.#toldInARow < this.#proofsNeeded || !this.#forward.known) return false;
    if (nowMs - this.#outOfRangeAtMs < SILENT_AFTER_MS) return false;
    // nothing came of them: they belong to the range
    for (const { range, bytes } of this.#unexplained) range.add(bytes);
    this.#unexplained.length = 0;
    return true;
  }

  /** A packet while the gate is open. @param calm nothing has moved for a while: this is how still packets are. */
  open(packet: CodedPacket, nowMs: number, calm: boolean): void {
    const range = this.#rangeOf(packet);
    if (this.#changedAtMs >= 0) this.#judge(range, packet.bytes, nowMs);
    if (calm) range?.add(packet.bytes);
  }

  /** A packet while the picture stands still; false when its size tells of motion. */
  still(packet: CodedPacket, nowMs: number, stepMs: number): boolean {
    const range = this.#rangeOf(packet);
    this.#watchedMs += stepMs;
    if (nowMs - this.#outOfRangeAtMs <= TELLS_BEFORE_MS) this.#alarmedMs += stepMs;
    if (!range) return true;
    if (range.contains(packet.bytes)) {
      range.add(packet.bytes);
      return true;
    }
    this.#outOfRangeAtMs = nowMs;
    if (this.#unexplained.length < MOST_UNEXPLAINED) this.#unexplained.push({ range, bytes: packet.bytes });
    return false;
  }

  /** The still picture has changed. */
  pictureChanged(nowMs: number): void {
    this.#changeMatters = false;
    if (nowMs - this.#outOfRangeAtMs <= TELLS_BEFORE_MS) this.#told();
    else this.#changedAtMs = nowMs;
  }

  /** The analysis has found something new. */
  findingChanged(): void {
    this.#changeMatters = true;
  }

  /** The gate has opened: packets out of range are explained, and those to come are not of a still picture. */
  opened(): void {
    this.#unexplained.length = 0;
    this.#outOfRangeAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The stream begins anew, perhaps with another encoder. What was proven is still believed. */
  restart(): void {
    this.opened();
    this.#latestPtsMs = Number.NaN;
    this.#changedAtMs = -1;
    for (const range of [this.#forward, this.#backward, this.#disposable]) range.clear();
  }

  /** Key frames say nothing: the whole picture is in them, moving or not. */
  #rangeOf({ key, disposable, ptsMs }: CodedPacket): SizeRange | undefined {
    const backward = ptsMs < this.#latestPtsMs && ptsMs > this.#latestPtsMs - REORDERING_MS;
    if (!backward && !Number.isNaN(ptsMs)) this.#latestPtsMs = ptsMs;
    if (key) return undefined;
    if (disposable) return this.#disposable;
    return backward ? this.#backward : this.#forward;
  }

  /** After a change of the picture of which no packet had told: does this one tell of it late? */
  #judge(range: SizeRange | undefined, bytes: number, nowMs: number): void {
    const agoMs = nowMs - this.#changedAtMs;
    if (agoMs <= TELLS_AFTER_MS) {
      if (range && !range.contains(bytes)) this.#told();
    } else if (this.#changeMatters) this.#missed();
    else if (agoMs > MATTERS_WITHIN_MS) this.#changedAtMs = -1;
  }

  #told(): void {
    const byChance = this.#alarmedMs > this.#watchedMs * MOST_ALARMED;
    this.#judged();
    if (byChance) return;
    this.proof.told++;
    this.#toldInARow++;
  }

  #missed(): void {
    this.#judged();
    this.proof.missed++;
    this.#toldInARow = 0;
    this.#proofsNeeded = Math.min(this.#proofsNeeded * 2, MOST_PROOFS);
  }

  #judged(): void {
    this.#changedAtMs = -1;
    this.#watchedMs = this.#alarmedMs = 0;
  }
}
