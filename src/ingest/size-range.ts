/** Packets remembered: seconds of one kind at usual frame rates. */
const WINDOW = 32;
/** Fewer say nothing about the range. */
const ENOUGH = 8;
/** A packet this much larger than the range, or smaller by as much, lies outside. */
const FACTOR = 1.3;
/** The smallest packets hold little more than headers: their ratios mean nothing. Bytes. */
const SLACK = 24;

/**
 * The range of sizes of a still picture's packets.
 *
 * Both ends count. An encoder that aims at a quality spends more on what moves; one that aims at a bit rate
 * spends its bits on refining what stands still, and its packets shrink when something moves. One outlier at
 * either end is left out.
 */
export class SizeRange {
  readonly #sizes = new Float64Array(WINDOW);
  #added = 0;
  #low = 0;
  #high = 0;
  #stale = false;

  get known(): boolean {
    return this.#added >= ENOUGH;
  }

  add(bytes: number): void {
    this.#sizes[this.#added++ % WINDOW] = bytes;
    this.#stale = true;
  }

  /** Whether a packet of `bytes` is like those before it; while too few are known every one is. */
  contains(bytes: number): boolean {
    if (!this.known) return true;
    if (this.#stale) this.#measure();
    return bytes <= this.#high * FACTOR + SLACK && bytes >= this.#low / FACTOR - SLACK;
  }

  clear(): void {
    this.#added = 0;
  }

  /** The second smallest and the second largest of the window. */
  #measure(): void {
    this.#stale = false;
    let lowest = Number.POSITIVE_INFINITY;
    let low = lowest;
    let highest = Number.NEGATIVE_INFINITY;
    let high = highest;
    const count = Math.min(this.#added, WINDOW);
    for (let i = 0; i < count; i++) {
      const bytes = this.#sizes[i]!;
      if (bytes < lowest) {
        low = lowest;
        lowest = bytes;
      } else if (bytes < low) low = bytes;
      if (bytes > highest) {
        high = highest;
        highest = bytes;
      } else if (bytes > high) high = bytes;
    }
    this.#low = low;
    this.#high = high;
  }
}
