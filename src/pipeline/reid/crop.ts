import type { InputSize } from '../letterbox.ts';

/** A picture as bytes in planes B, G, R. */
export interface PlanarPicture {
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** How every pixel of one axis of the crop is made of the picture's: `count` weights from `first` on. */
class Taps {
  first = new Int32Array(0);
  count = new Int32Array(0);
  weights = new Float32Array(0);
  /** Weights set aside for each pixel. */
  width = 0;

  /**
   * Bilinear between pixels where the crop is enlarged. Where it is reduced, each of its pixels is the mean of what it
   * covers, so that every pixel of the picture counts (without that, stripes turn into noise).
   *
   * @param limit the picture's extent: nothing beyond it is read
   */
  fill(from: number, extent: number, limit: number, size: number): void {
    const scale = extent / size;
    const reach = scale > 1 ? (scale + 1) / 2 : 1;
    this.width = Math.ceil(2 * reach) + 1;
    if (this.first.length < size) {
      this.first = new Int32Array(size);
      this.count = new Int32Array(size);
    }
    if (this.weights.length < size * this.width) this.weights = new Float32Array(size * this.width);
    for (let i = 0; i < size; i++) {
      const centre = from + (i + 0.5) * scale - 0.5;
      const first = Math.max(0, Math.min(limit - 1, Math.floor(centre - reach) + 1));
      const last = Math.max(first, Math.min(limit - 1, Math.ceil(centre + reach) - 1));
      const at = i * this.width;
      let sum = 0;
      for (let k = first; k <= last; k++) {
        // how much of pixel k is covered; at the rim, and beside each other when enlarged, in proportion
        const weight = Math.max(0, Math.min(1, reach - Math.abs(k - centre)));
        this.weights[at + k - first] = weight;
        sum += weight;
      }
      // beside the picture's edge only a part is inside
      if (sum > 0) for (let k = 0; k <= last - first; k++) this.weights[at + k] /= sum;
      else this.weights[at] = 1;
      this.first[i] = first;
      this.count[i] = last - first + 1;
    }
  }
}

/** Cuts boxes out of pictures and resizes them; keeps its work arrays. */
export class Cropper {
  readonly #across = new Taps();
  readonly #down = new Taps();
  /** The rows that the box covers, at the width of the crop. */
  #rows = new Float32Array(0);
  #line = new Float32Array(0);

  /**
   * Writes the box as a picture of `size`, its aspect not kept (as re-identification networks are trained), into
   * planes of `into`, rows without gaps. Box: x, y of the top-left corner, width, height in pixels of `picture`,
   * inside it.
   */
  crop(
    picture: PlanarPicture,
    x: number,
    y: number,
    width: number,
    height: number,
    size: InputSize,
    into: readonly [Uint8Array, Uint8Array, Uint8Array],
  ): void {
    const across = this.#across;
    const down = this.#down;
    across.fill(x, width, picture.width, size.width);
    down.fill(y, height, picture.height, size.height);
    const top = down.first[0];
    const bottom = down.first[size.height - 1] + down.count[size.height - 1];
    const cells = (bottom - top) * size.width;
    if (this.#rows.length < cells) this.#rows = new Float32Array(Math.max(cells, 2 * this.#rows.length));
    if (this.#line.length < size.width) this.#line = new Float32Array(size.width);
    for (let channel = 0; channel < 3; channel++) {
      this.#narrow(picture.planes[channel], picture.stride, top, bottom, size.width);
      this.#shorten(into[channel], top, size);
    }
  }

  #narrow(plane: Uint8Array, stride: number, top: number, bottom: number, columns: number): void {
    const { first, count, weights, width } = this.#across;
    const rows = this.#rows;
    let to = 0;
    for (let row = top; row < bottom; row++) {
      const base = row * stride;
      for (let col = 0; col < columns; col++) {
        const from = base + first[col];
        const at = col * width;
        const taps = count[col];
        let sum = 0;
        for (let k = 0; k < taps; k++) sum += plane[from + k] * weights[at + k];
        rows[to++] = sum;
      }
    }
  }

  #shorten(into: Uint8Array, top: number, size: InputSize): void {
    const { first, count, weights, width } = this.#down;
    const rows = this.#rows;
    const line = this.#line;
    const columns = size.width;
    for (let row = 0; row < size.height; row++) {
      line.fill(0.5, 0, columns); // rounds when it becomes bytes
      for (let k = 0; k < count[row]; k++) {
        const weight = weights[row * width + k];
        const from = (first[row] + k - top) * columns;
        for (let col = 0; col < columns; col++) line[col] += weight * rows[from + col];
      }
      const to = row * columns;
      for (let col = 0; col < columns; col++) into[to + col] = line[col];
    }
  }
}
