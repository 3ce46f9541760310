/** How many frames back the direction of an object is taken from (delta t of OC-SORT). */
const STEPS = 3;
/** Numbers of one observation: frame, cx, cy. */
const FIELDS = 3;
const RING = STEPS + 1;

/**
 * Where each track was really seen in its last few frames, one ring a slot: OC-SORT trusts what was observed more than
 * what a filter made of it. Pixels of the source frame.
 */
export class Observations {
  /** By slot: the box last seen, x, y, width, height. */
  boxes = new Float64Array(0);
  /** By slot: how many observations there are. */
  counts = new Int32Array(0);
  #rings = new Float64Array(0);

  reserve(slots: number): void {
    if (this.counts.length >= slots) return;
    const grown = (from: Float64Array, length: number): Float64Array<ArrayBuffer> => {
      const into = new Float64Array(length);
      into.set(from);
      return into;
    };
    this.boxes = grown(this.boxes, slots * 4);
    this.#rings = grown(this.#rings, slots * RING * FIELDS);
    const counts = new Int32Array(slots);
    counts.set(this.counts);
    this.counts = counts;
  }

  begin(slot: number): void {
    this.counts[slot] = 0;
  }

  add(slot: number, frame: number, x: number, y: number, width: number, height: number): void {
    const at = (slot * RING + (this.counts[slot]++ % RING)) * FIELDS;
    this.#rings[at] = frame;
    this.#rings[at + 1] = x + width / 2;
    this.#rings[at + 2] = y + height / 2;
    this.boxes[slot * 4] = x;
    this.boxes[slot * 4 + 1] = y;
    this.boxes[slot * 4 + 2] = width;
    this.boxes[slot * 4 + 3] = height;
  }

  /**
   * How well going to (`cx`, `cy`) continues the direction in which the track went: from 0.5, straight on, to -0.5, back the
   * way it came; 0 while it has no direction (Cao et al. 2023, observation-centric momentum).
   */
  momentum(slot: number, cx: number, cy: number): number {
    const count = this.counts[slot];
    if (count < 2) return 0;
    const last = (slot * RING + ((count - 1) % RING)) * FIELDS;
    const from = this.#earlier(slot, count, this.#rings[last] - STEPS);
    const wentX = this.#rings[last + 1] - this.#rings[from + 1];
    const wentY = this.#rings[last + 2] - this.#rings[from + 2];
    const goesX = cx - this.#rings[from + 1];
    const goesY = cy - this.#rings[from + 2];
    // not Math.hypot, which allocates
    const lengths = Math.sqrt((wentX * wentX + wentY * wentY) * (goesX * goesX + goesY * goesY));
    if (lengths === 0) return 0;
    const cosine = Math.max(-1, Math.min(1, (wentX * goesX + wentY * goesY) / lengths));
    return 0.5 - Math.acos(cosine) / Math.PI;
  }

  /** The latest observation up to `frame`, else the oldest kept; never the last one. */
  #earlier(slot: number, count: number, frame: number): number {
    const kept = Math.min(count, RING);
    for (let back = 2; back < kept; back++) {
      const at = (slot * RING + ((count - back) % RING)) * FIELDS;
      if (this.#rings[at] <= frame) return at;
    }
    return (slot * RING + ((count - kept) % RING)) * FIELDS;
  }
}
