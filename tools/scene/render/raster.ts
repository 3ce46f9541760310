/** What is nearest at each sample: 1 / depth, and which triangle. */
export interface Target {
  readonly width: number;
  readonly height: number;
  /** 0 where there is nothing. */
  readonly inverseDepth: Float32Array;
  /** -1 where there is nothing. */
  readonly triangle: Int32Array;
}

export function createTarget(width: number, height: number): Target {
  return {
    width,
    height,
    inverseDepth: new Float32Array(width * height),
    triangle: new Int32Array(width * height).fill(-1),
  };
}

/** Counts the samples that a thing covers, each once, whatever stands before it. */
export class Coverage {
  readonly #stamps: Uint32Array;
  #token = 0;
  count = 0;

  constructor(samples: number) {
    this.#stamps = new Uint32Array(samples);
  }

  begin(): void {
    this.#token++;
    this.count = 0;
  }

  /** Whether the thing covers a sample. */
  has(sample: number): boolean {
    return this.#stamps[sample] === this.#token;
  }

  add(sample: number): void {
    if (this.#stamps[sample] === this.#token) return;
    this.#stamps[sample] = this.#token;
    this.count++;
  }
}

/**
 * Draws one triangle: `corners[at..at + 9]` are x, y in samples and 1 / depth of its corners.
 *
 * Edge functions over the bounding box (Pineda 1988); 1 / depth is linear on the screen. Faces seen from behind
 * (clockwise on the screen, whose y points down) are left out when `cull`.
 */
export function drawTriangle(
  target: Target,
  corners: Float32Array | Float64Array,
  at: number,
  triangle: number,
  cull: boolean,
  coverage?: Coverage,
): void {
  let x0 = corners[at]!;
  let y0 = corners[at + 1]!;
  let z0 = corners[at + 2]!;
  const x1 = corners[at + 3]!;
  const y1 = corners[at + 4]!;
  const z1 = corners[at + 5]!;
  let x2 = corners[at + 6]!;
  let y2 = corners[at + 7]!;
  let z2 = corners[at + 8]!;
  let area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  if (area > 0) {
    if (cull) return;
  } else {
    [x0, x2] = [x2, x0];
    [y0, y2] = [y2, y0];
    [z0, z2] = [z2, z0];
    area = -area;
  }
  if (area < 1e-9) return;
  const { width, height, inverseDepth } = target;
  const fromX = Math.max(0, Math.ceil(Math.min(x0, x1, x2) - 0.5));
  const toX = Math.min(width - 1, Math.floor(Math.max(x0, x1, x2) - 0.5));
  const fromY = Math.max(0, Math.ceil(Math.min(y0, y1, y2) - 0.5));
  const toY = Math.min(height - 1, Math.floor(Math.max(y0, y1, y2) - 0.5));
  if (fromX > toX || fromY > toY) return;
  const inverse = 1 / area;
  // weights of the second and the third corner, and their steps to the right and down
  const b1x = (y2 - y0) * inverse;
  const b1y = (x0 - x2) * inverse;
  const b2x = (y0 - y1) * inverse;
  const b2y = (x1 - x0) * inverse;
  const zx = (z1 - z0) * b1x + (z2 - z0) * b2x;
  for (let y = fromY; y <= toY; y++) {
    const dy = y + 0.5 - y0;
    const dx = fromX + 0.5 - x0;
    let b1 = dx * b1x + dy * b1y;
    let b2 = dx * b2x + dy * b2y;
    let z = z0 + (z1 - z0) * b1 + (z2 - z0) * b2;
    let i = y * width + fromX;
    for (let x = fromX; x <= toX; x++, i++, b1 += b1x, b2 += b2x, z += zx) {
      if (b1 < 0 || b2 < 0 || b1 + b2 > 1) continue;
      coverage?.add(i);
      if (z <= inverseDepth[i]!) continue;
      inverseDepth[i] = z;
      target.triangle[i] = triangle;
    }
  }
}
