/** Slots made room for at first; a busy scene doubles them. */
const FIRST_SLOTS = 16;

/**
 * What every track looks like on the whole: one vector each, the exponential moving average of its detections',
 * brought back to length 1 (Aharon et al. 2022, BoT-SORT, section 3.3).
 *
 * Slots are those of the track pool; whoever begins a track in a slot clears it first. In steady state nothing is
 * allocated.
 */
export class AppearanceMean {
  /** Share of the past in the average, 0..1. */
  readonly memory: number;
  /** Numbers of a vector; 0 before the first `adopt`. */
  size = 0;
  #slots = 0;
  #vectors = new Float32Array(0);
  #known = new Uint8Array(0);

  constructor(memory: number) {
    this.memory = memory;
  }

  /** Takes vectors of `size` numbers from now on; those of another network are worth nothing and are forgotten. */
  adopt(size: number): void {
    if (size === this.size) return;
    this.size = size;
    this.#slots = 0;
    this.#vectors = new Float32Array(0);
    this.#known = new Uint8Array(0);
  }

  /** Forgets what the track in `slot` looked like. */
  clear(slot: number): void {
    if (slot < this.#slots) this.#known[slot] = 0;
  }

  has(slot: number): boolean {
    return slot < this.#slots && this.#known[slot] === 1;
  }

  /** Takes row `row` of `vectors` into the average of the track in `slot`. */
  add(slot: number, vectors: Float32Array, row: number): void {
    if (slot >= this.#slots) this.#grow(slot);
    const { size } = this;
    const mean = this.#vectors;
    const to = slot * size;
    const from = row * size;
    const memory = this.#known[slot] === 1 ? this.memory : 0;
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const value = memory * mean[to + i] + (1 - memory) * vectors[from + i];
      mean[to + i] = value;
      sum += value * value;
    }
    const length = Math.sqrt(sum);
    // two opposite halves have no direction between them: then the newest stands for all
    if (length > 0) for (let i = 0; i < size; i++) mean[to + i] /= length;
    else for (let i = 0; i < size; i++) mean[to + i] = vectors[from + i];
    this.#known[slot] = 1;
  }

  /**
   * Writes the cosine distance of row `row` of `vectors` to the track in `slot` into `into[at]`; `Infinity` when it is
   * not known. (A number answered would be allocated.)
   */
  distanceInto(into: Float64Array, at: number, slot: number, vectors: Float32Array, row: number): void {
    const { size } = this;
    const mean = this.#vectors;
    if (!this.has(slot)) {
      into[at] = Infinity;
      return;
    }
    let cosine = 0;
    for (let i = 0; i < size; i++) cosine += mean[slot * size + i] * vectors[row * size + i];
    into[at] = 1 - cosine;
  }

  #grow(slot: number): void {
    const slots = Math.max(FIRST_SLOTS, 2 * this.#slots, slot + 1);
    const vectors = new Float32Array(slots * this.size);
    const known = new Uint8Array(slots);
    vectors.set(this.#vectors);
    known.set(this.#known);
    this.#vectors = vectors;
    this.#known = known;
    this.#slots = slots;
  }
}
