/** Slots made room for at first; a busy scene doubles them. */
const FIRST_SLOTS = 16;

/**
 * What every track looked like lately: the last `depth` vectors of each, in a ring (Wojke et al. 2017, section 2.2).
 *
 * Bounded: `depth x size` numbers a track, however long it lives. Slots are those of the track pool; whoever begins
 * a track in a slot clears it first. In steady state nothing is allocated.
 */
export class Gallery {
  readonly depth: number;
  /** Numbers of a vector; 0 before the first `adopt`. */
  size = 0;
  #slots = 0;
  #vectors = new Float32Array(0);
  #counts = new Int32Array(0);
  #next = new Int32Array(0);

  constructor(depth: number) {
    this.depth = depth;
  }

  /** Takes vectors of `size` numbers from now on; those of another network are worth nothing and are forgotten. */
  adopt(size: number): void {
    if (size === this.size) return;
    this.size = size;
    this.#slots = 0;
    this.#vectors = new Float32Array(0);
    this.#counts = new Int32Array(0);
    this.#next = new Int32Array(0);
  }

  /** Forgets what the track in `slot` looked like. */
  clear(slot: number): void {
    if (slot < this.#slots) this.#counts[slot] = this.#next[slot] = 0;
  }

  /** How many vectors it has of the track in `slot`. */
  count(slot: number): number {
    return slot < this.#slots ? this.#counts[slot] : 0;
  }

  /** Bytes taken, for whoever watches over memory. */
  get bytes(): number {
    return this.#vectors.byteLength + this.#counts.byteLength + this.#next.byteLength;
  }

  /** Adds row `row` of `vectors` to the track in `slot`; the oldest of a full ring gives way. */
  add(slot: number, vectors: Float32Array, row: number): void {
    if (slot >= this.#slots) this.#grow(slot);
    const { size, depth } = this;
    const to = (slot * depth + this.#next[slot]) * size;
    const from = row * size;
    for (let i = 0; i < size; i++) this.#vectors[to + i] = vectors[from + i];
    this.#next[slot] = (this.#next[slot] + 1) % depth;
    if (this.#counts[slot] < depth) this.#counts[slot]++;
  }

  /**
   * Writes the least cosine distance (0 the same, 1 unrelated, 2 opposite) of row `row` of `vectors` to any vector of
   * the track in `slot` into `into[at]`; `Infinity` when there is none. (A number answered would be allocated.)
   */
  distanceInto(into: Float64Array, at: number, slot: number, vectors: Float32Array, row: number): void {
    const { size } = this;
    const held = this.#vectors;
    const to = row * size;
    let best = -Infinity;
    for (let i = this.count(slot) - 1; i >= 0; i--) {
      const from = (slot * this.depth + i) * size;
      let cosine = 0;
      for (let k = 0; k < size; k++) cosine += held[from + k] * vectors[to + k];
      if (cosine > best) best = cosine;
    }
    into[at] = 1 - best;
  }

  #grow(slot: number): void {
    const slots = Math.max(FIRST_SLOTS, 2 * this.#slots, slot + 1);
    const { vectors, counts, next } = {
      vectors: new Float32Array(slots * this.depth * this.size),
      counts: new Int32Array(slots),
      next: new Int32Array(slots),
    };
    vectors.set(this.#vectors);
    counts.set(this.#counts);
    next.set(this.#next);
    this.#vectors = vectors;
    this.#counts = counts;
    this.#next = next;
    this.#slots = slots;
  }
}
