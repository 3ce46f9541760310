/** Enough that a bin of a crowd is narrower than a person; more would cost more to set up than they save. */
const BINS = 64;

/**
 * The boxes of one frame, sorted into bins by their left edges: which of them may meet a given box is then known without
 * looking at all of them. Work arrays only grow.
 */
export class LeftBins {
  /** Positions in the list that was sorted, bin after bin, within a bin in the list's order. */
  order = new Int32Array(0);
  /** Of the last `seek`: where in `order` the boxes that may meet it begin and end. */
  from = 0;
  to = 0;
  readonly #starts = new Int32Array(BINS + 1);
  #binOf = new Uint8Array(0);
  #least = 0;
  #scale = 0;
  #widest = 0;

  /**
   * Sorts anew.
   *
   * @param corners x1, y1, x2, y2 of each box, pixels
   * @param items which boxes; null for the first `count`
   */
  sort(corners: Float64Array, items: Int32Array | null, count: number): void {
    if (this.order.length < count) {
      this.order = new Int32Array(2 * count);
      this.#binOf = new Uint8Array(2 * count);
    }
    let least = Infinity;
    let most = -Infinity;
    let widest = 0;
    for (let i = 0; i < count; i++) {
      const at = (items === null ? i : items[i]) * 4;
      const left = corners[at];
      if (left < least) least = left;
      if (left > most) most = left;
      if (corners[at + 2] - left > widest) widest = corners[at + 2] - left;
    }
    this.#least = least;
    this.#scale = BINS / (most - least);
    this.#widest = widest;
    const starts = this.#starts.fill(0);
    for (let i = 0; i < count; i++) {
      const bin = this.#bin(corners[(items === null ? i : items[i]) * 4]);
      this.#binOf[i] = bin;
      starts[bin]++;
    }
    for (let bin = 1; bin < BINS; bin++) starts[bin] += starts[bin - 1];
    starts[BINS] = count;
    // from the last to the first, so that the boxes of one bin keep their order; each start ends where it belongs
    for (let i = count - 1; i >= 0; i--) this.order[--starts[this.#binOf[i]]] = i;
  }

  /** Sets `from` and `to` to the boxes whose left edge lets them meet what reaches from `left` to `right`. */
  seek(left: number, right: number): void {
    this.from = this.#starts[this.#bin(left - this.#widest)];
    this.to = this.#starts[this.#bin(right) + 1];
  }

  #bin(left: number): number {
    // what is no number, as when all boxes begin at the same place, comes to 0
    return Math.max(0, Math.min(BINS - 1, (left - this.#least) * this.#scale)) | 0;
  }
}
