/** Size of the grey thumbnail that pictures are compared by, pixels. */
export const THUMBNAIL = { width: 64, height: 36 } as const;

/** Blocks of 2 x 2 thumbnail pixels: the sum of four takes off rounding and what noise is left. */
const COLUMNS = THUMBNAIL.width / 2;
const ROWS = THUMBNAIL.height / 2;
const BLOCKS = COLUMNS * ROWS;

/** Grey levels by which a block must differ, plus what it differs by anyway. */
const LEAST_CHANGE = 3;
const NOISE_FACTOR = 3;
/** Noise is never taken for more: somebody who walks through swaying leaves still stands out. */
const MOST_NOISE = 7;
/** One block may change by this many times its limit, two by half of that: a person far away fills one. */
const STRONG = 2;
/** Light that changes everywhere at once is no motion up to this many levels: a cloud, not a lamp. */
const MOST_LIGHT = 12;
const LEARNING = 0.02;

/**
 * Says whether a picture differs from the one that was analysed last.
 *
 * Compared are block means of the luma, after a common change of light is taken off, each block against the
 * noise it was seen to have: an encoder's pulse at key frames, leaves, a flickering screen.
 */
export class PictureChange {
  readonly #anchor = new Int16Array(BLOCKS);
  readonly #blocks = new Int16Array(BLOCKS);
  readonly #noise = new Float32Array(BLOCKS);
  readonly #histogram = new Int32Array(512);
  #known = false;

  /**
   * Whether it differs from the anchor.
   *
   * @param thumbnail luma, THUMBNAIL.width x THUMBNAIL.height bytes without gaps.
   * @param learn what differs now is noise.
   */
  compare(thumbnail: Uint8Array, learn: boolean): boolean {
    this.#sum(thumbnail);
    if (!this.#known) {
      this.anchor();
      return true;
    }
    const light = this.#commonChange();
    let changed = 0;
    let strongly = 0;
    for (let i = 0; i < BLOCKS; i++) {
      const levels = Math.abs(this.#blocks[i]! - this.#anchor[i]! - light) / 4;
      const limit = LEAST_CHANGE + NOISE_FACTOR * Math.min(this.#noise[i]!, MOST_NOISE);
      if (levels > limit) changed++;
      if (levels > limit * STRONG) strongly++;
      if (learn) this.#noise[i] = this.#noise[i]! + (levels - this.#noise[i]!) * LEARNING;
    }
    return strongly > 0 || changed > 1 || Math.abs(light) > MOST_LIGHT * 4;
  }

  /** From now on pictures are compared with the one that was compared last. */
  anchor(): void {
    this.#anchor.set(this.#blocks);
    this.#known = true;
  }

  reset(): void {
    this.#known = false;
    this.#noise.fill(0);
  }

  #sum(thumbnail: Uint8Array): void {
    const { width } = THUMBNAIL;
    for (let row = 0, block = 0; row < ROWS; row++) {
      for (let column = 0, at = 2 * row * width; column < COLUMNS; column++, at += 2, block++) {
        this.#blocks[block] =
          thumbnail[at]! + thumbnail[at + 1]! + thumbnail[at + width]! + thumbnail[at + width + 1]!;
      }
    }
  }

  /** The median change, in sums of four levels, to a whole level. */
  #commonChange(): number {
    const histogram = this.#histogram.fill(0);
    for (let i = 0; i < BLOCKS; i++) histogram[((this.#blocks[i]! - this.#anchor[i]!) >> 2) + 256]!++;
    let level = 0;
    for (let seen = histogram[0]!; seen <= BLOCKS / 2; seen += histogram[level]!) level++;
    // the shift rounds down: a change of less than a level is none
    return level === 256 || level === 255 ? 0 : (level - 256) * 4 + 2;
  }
}
