/** The rows of a file of the MOTChallenge, sorted by frame; rows of one frame keep the order in which they came. */
export interface MotRows {
  readonly count: number;
  /** From 1. */
  readonly frames: Int32Array;
  /** -1 in detections. */
  readonly ids: Float64Array;
  /** `count x 4`: x, y of the top-left corner, width, height; pixels. */
  readonly boxes: Float64Array;
  /** In ground truth 0 marks a row that does not count; 1 where the file has none. */
  readonly confidences: Float64Array;
  /** MOT16 and later number the classes from 1 (pedestrian); -1 where the file has none. */
  readonly classes: Int32Array;
  /** Share of the object that can be seen, 0..1; 1 where the file has none. */
  readonly visibilities: Float64Array;
  /** The largest frame number; 0 of no rows. */
  readonly lastFrame: number;
}

/** Collects rows in any order of frames. */
export class MotRowsBuilder {
  #count = 0;
  #frames = new Int32Array(1024);
  #ids = new Float64Array(1024);
  #boxes = new Float64Array(1024 * 4);
  #confidences = new Float64Array(1024);
  #classes = new Int32Array(1024);
  #visibilities = new Float64Array(1024);

  get count(): number {
    return this.#count;
  }

  /** Box: x, y of the top-left corner, width, height; pixels. */
  add(
    frame: number,
    id: number,
    x: number,
    y: number,
    width: number,
    height: number,
    confidence: number,
    classId = -1,
    visibility = 1,
  ): void {
    if (this.#count === this.#frames.length) this.#grow();
    const i = this.#count++;
    this.#frames[i] = frame;
    this.#ids[i] = id;
    this.#boxes[i * 4] = x;
    this.#boxes[i * 4 + 1] = y;
    this.#boxes[i * 4 + 2] = width;
    this.#boxes[i * 4 + 3] = height;
    this.#confidences[i] = confidence;
    this.#classes[i] = classId;
    this.#visibilities[i] = visibility;
  }

  /** For each row, in order of frames and within a frame of addition, the number under which it was added. */
  order(): Int32Array {
    const frames = this.#frames.subarray(0, this.#count);
    let last = 0;
    for (const frame of frames) if (frame > last) last = frame;
    const next = new Int32Array(last + 2); // where the next row of each frame belongs
    for (const frame of frames) next[frame + 1]++;
    for (let frame = 1; frame <= last; frame++) next[frame] += next[frame - 1];
    const order = new Int32Array(this.#count);
    for (let i = 0; i < this.#count; i++) order[next[frames[i]]++] = i;
    return order;
  }

  /** @param order as `order()` gives it, where the caller has it already */
  build(order = this.order()): MotRows {
    const boxes = new Float64Array(this.#count * 4);
    for (let i = 0; i < order.length; i++) {
      const from = order[i] * 4;
      for (let k = 0; k < 4; k++) boxes[i * 4 + k] = this.#boxes[from + k];
    }
    return {
      count: this.#count,
      frames: Int32Array.from(order, (i) => this.#frames[i]),
      ids: Float64Array.from(order, (i) => this.#ids[i]),
      boxes,
      confidences: Float64Array.from(order, (i) => this.#confidences[i]),
      classes: Int32Array.from(order, (i) => this.#classes[i]),
      visibilities: Float64Array.from(order, (i) => this.#visibilities[i]),
      lastFrame: order.length === 0 ? 0 : this.#frames[order[order.length - 1]],
    };
  }

  #grow(): void {
    const wider = <T extends Int32Array | Float64Array>(old: T): T => {
      const array = new (old.constructor as new (length: number) => T)(2 * old.length);
      array.set(old);
      return array;
    };
    this.#frames = wider(this.#frames);
    this.#ids = wider(this.#ids);
    this.#boxes = wider(this.#boxes);
    this.#confidences = wider(this.#confidences);
    this.#classes = wider(this.#classes);
    this.#visibilities = wider(this.#visibilities);
  }
}
