import { type CodedPacket, PacketSizes } from './packet-sizes.ts';
import { PictureChange } from './picture-change.ts';

/** How long nothing must have moved before the picture counts as still, and again after each waking. */
const CLOSE_AFTER_MS = 1_500;
/** Analysed frames that must have confirmed it by then. */
const CLOSE_AFTER_LOOKS = 2;
/** What is still is learned after this long without motion. */
const CALM_MS = 1_000;
/** While the gate is open, not every picture needs comparing. */
const COMPARE_EVERY_MS = 95;
/** While it rests, key frames are compared, which costs one decoded picture each; where they are frequent not all. */
const COMPARE_KEYS_EVERY_MS = 450;
/** A heartbeat may be a little early, and later for being a key frame: fractions of the time between two. */
const EARLY = 0.95;
const LATE = 1.25;
/** Heartbeats without a word from the analysis: then nobody knows whether something moved. */
const MOST_UNHEARD = 5;
/** Timestamps that step back by more than B-frames make them, or forward by more, are a new time line. */
const BACK_MS = 1_000;
const FORWARD_MS = 10_000;
const DEFAULT_INTERVAL_MS = 40;

export interface MotionGateSettings {
  readonly enabled: boolean;
  /** How often a picture that stands still is analysed all the same, seconds of media time. */
  readonly heartbeatSeconds: number;
}

export type GateState = 'off' | 'open' | 'still';

/**
 * Rests the analysis of a camera whose picture stands still. Pure: told of packets, pictures and findings.
 *
 * It closes only when both the analysis and a comparison of pictures have found nothing moving for a while. While
 * closed, pictures are compared with the one shown last: any change opens it, and so does a heartbeat at which
 * the analysis finds something new. Packet sizes take the place of the comparison, so that packets need no
 * decoding, once they have proven on this camera that they tell of motion (`PacketSizes`).
 */
export class MotionGate {
  readonly #change = new PictureChange();
  readonly #sizes = new PacketSizes();
  readonly #onState: (state: GateState) => void;
  #settings: MotionGateSettings;
  #state: GateState;
  /** Packets may go undecoded. */
  #resting = false;
  /** A heartbeat is due: the next picture is shown, whatever it shows. */
  #looking = false;

  // time since the gate was made, counted by packets in milliseconds
  #nowMs = 0;
  #latestPtsMs = Number.NaN;
  #intervalMs = DEFAULT_INTERVAL_MS;
  #keyAtMs = 0;
  #keyIntervalMs = Number.POSITIVE_INFINITY;
  #comparedAtMs = Number.NEGATIVE_INFINITY;
  #picturesCalmSinceMs = 0;
  #findingsCalmSinceMs = 0;
  #shownAtMs = 0;
  /** Closed time that no picture shown has accounted for. */
  #stillMs = 0;
  #calmFindings = 0;
  #unheard = 0;

  /** @param onState called when the state changes. */
  constructor(settings: MotionGateSettings, onState: (state: GateState) => void = () => undefined) {
    this.#settings = settings;
    this.#onState = onState;
    this.#state = settings.enabled ? 'open' : 'off';
  }

  get state(): GateState {
    return this.#state;
  }

  /** Whether packets may go undecoded: the picture stands still, and sizes are relied on to tell when it moves. */
  get resting(): boolean {
    return this.#resting;
  }

  /** Changes of the picture that packet sizes had told of, and had not. */
  get proof(): { readonly told: number; readonly missed: number } {
    return this.#sizes.proof;
  }

  /** Smoothed time between pictures, milliseconds. */
  get frameIntervalMs(): number {
    return this.#intervalMs;
  }

  /** Takes up other settings. */
  set(settings: MotionGateSettings): void {
    const { enabled } = this.#settings;
    this.#settings = settings;
    if (settings.enabled !== enabled) this.open();
  }

  /** Something may be moving. */
  open(): void {
    this.#picturesCalmSinceMs = this.#findingsCalmSinceMs = this.#nowMs;
    this.#calmFindings = 0;
    this.#unheard = 0;
    this.#resting = false;
    this.#looking = false;
    this.#sizes.opened();
    this.#enter(this.#settings.enabled ? 'open' : 'off');
  }

  /** The stream begins anew: what was learned of its packets and pictures no longer holds. */
  restart(): void {
    this.open();
    this.#latestPtsMs = Number.NaN;
    this.#keyIntervalMs = Number.POSITIVE_INFINITY;
    this.#change.reset();
    this.#sizes.restart();
  }

  /**
   * The next packet, in decoding order.
   *
   * `decode` it with all that were held, `hold` it undecoded, or `look`: decode what shows a picture of about now,
   * of a key frame no more than itself.
   */
  packet(packet: CodedPacket): 'decode' | 'hold' | 'look' {
    const stepMs = this.#advance(packet);
    const nowMs = this.#nowMs;
    if (this.#state === 'off') return 'decode';
    if (this.#state === 'open') {
      this.#sizes.open(packet, nowMs, this.#calmForMs() > CALM_MS);
      return 'decode';
    }
    const usual = this.#sizes.still(packet, nowMs, stepMs);
    this.#resting = usual && this.#keysSuffice() && (this.#resting || this.#sizes.silent(nowMs));
    if (!this.#resting) return 'decode';
    if (packet.key && this.#shownAtMs + this.#latestMs() < nowMs + this.#keyIntervalMs) this.#looking = true;
    if (this.#looking) return 'look';
    return packet.key && nowMs - this.#comparedAtMs >= COMPARE_KEYS_EVERY_MS ? 'look' : 'hold';
  }

  /** Whether the next picture is to be handed to `picture`, or may be shown without. */
  get wantsPicture(): boolean {
    if (this.#state === 'open') return this.#nowMs - this.#comparedAtMs >= COMPARE_EVERY_MS;
    return this.#state === 'still';
  }

  /**
   * A decoded picture: whether it is shown to the analysis.
   *
   * @param thumbnail its luma, THUMBNAIL.width x THUMBNAIL.height bytes.
   */
  picture(thumbnail: Uint8Array): boolean {
    if (this.#state === 'off') return true;
    const nowMs = this.#nowMs;
    this.#comparedAtMs = nowMs;
    const changed = this.#change.compare(thumbnail, nowMs - this.#findingsCalmSinceMs > CALM_MS);
    if (this.#state === 'open') {
      if (changed) {
        this.#change.anchor();
        this.#picturesCalmSinceMs = nowMs;
      } else if (this.#calmForMs() >= CLOSE_AFTER_MS && this.#calmFindings >= CLOSE_AFTER_LOOKS)
        this.#close();
      return true;
    }
    if (changed) {
      this.#change.anchor();
      this.#sizes.pictureChanged(nowMs);
      this.open();
      return true;
    }
    const dueMs = this.#settings.heartbeatSeconds * 1000 * EARLY;
    if (!this.#looking && nowMs - this.#shownAtMs < dueMs) return false;
    this.#looking = false;
    this.#shownAtMs = nowMs;
    this.#change.anchor();
    if (++this.#unheard > MOST_UNHEARD) this.open();
    return true;
  }

  /** What the analysis found in a picture it was shown: whether any object is new or moved. */
  observed({ changed }: { changed: boolean }): void {
    this.#unheard = 0;
    if (!changed) {
      this.#calmFindings++;
      return;
    }
    if (this.#state === 'still') this.open();
    this.#sizes.findingChanged();
    this.#findingsCalmSinceMs = this.#nowMs;
    this.#calmFindings = 0;
  }

  /** Media time the gate was closed since the last call, less the one frame interval that passes anyway. */
  takeStillMs(): number {
    const stillMs = Math.max(0, this.#stillMs - this.#intervalMs);
    this.#stillMs = 0;
    return stillMs;
  }

  /** Counts time by the presentation times that move it on; the milliseconds it moved. */
  #advance({ ptsMs, key }: CodedPacket): number {
    let stepMs = 0;
    if (Number.isNaN(ptsMs)) stepMs = this.#intervalMs;
    else {
      const aheadMs = ptsMs - this.#latestPtsMs;
      const another = aheadMs > FORWARD_MS || aheadMs < -BACK_MS;
      if (another) this.open();
      else if (aheadMs > 0) stepMs = aheadMs;
      if (another || !(aheadMs <= 0)) this.#latestPtsMs = ptsMs;
    }
    this.#nowMs += stepMs;
    if (stepMs > 0) this.#intervalMs += (stepMs - this.#intervalMs) / 16;
    if (this.#state === 'still') this.#stillMs += stepMs;
    if (key) {
      this.#keyIntervalMs = this.#nowMs - this.#keyAtMs;
      this.#keyAtMs = this.#nowMs;
    }
    return stepMs;
  }

  /** Key frames come often enough to be the heartbeats: pictures between them are not worth resting for. */
  #keysSuffice(): boolean {
    return Math.max(this.#keyIntervalMs, this.#nowMs - this.#keyAtMs) <= this.#latestMs();
  }

  /** A key frame is shown as a heartbeat when the next would come later than this after the last. */
  #latestMs(): number {
    return this.#settings.heartbeatSeconds * 1000 * LATE;
  }

  #calmForMs(): number {
    return this.#nowMs - Math.max(this.#picturesCalmSinceMs, this.#findingsCalmSinceMs);
  }

  #close(): void {
    this.#shownAtMs = this.#nowMs;
    this.#stillMs = 0;
    this.#change.anchor();
    this.#enter('still');
  }

  #enter(state: GateState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state);
  }
}
