/**
 * A bounding volume hierarchy over triangles, for rays. Split at the median of the widest axis; flat arrays.
 * Möller and Trumbore 1997 for the triangles.
 */
export class Bvh {
  readonly #positions: Float32Array;
  readonly #order: Uint32Array;
  /** 6 a node: min x, y, z, max x, y, z. */
  #bounds: Float32Array;
  /** 2 a node: a leaf's first triangle and count; an inner node's right child and 0 (its left child follows it). */
  #nodes: Int32Array;
  #used = 0;
  readonly #stack = new Int32Array(64);

  /** `positions`: 9 numbers a triangle. */
  constructor(positions: Float32Array) {
    const triangles = positions.length / 9;
    this.#positions = positions;
    this.#order = Uint32Array.from({ length: triangles }, (_, i) => i);
    this.#bounds = new Float32Array(Math.max(1, triangles) * 12);
    this.#nodes = new Int32Array(Math.max(1, triangles) * 4);
    const centres = new Float32Array(triangles * 3);
    for (let i = 0; i < centres.length; i++) {
      const t = Math.floor(i / 3) * 9 + (i % 3);
      centres[i] = (positions[t]! + positions[t + 3]! + positions[t + 6]!) / 3;
    }
    this.#build(0, triangles, centres);
  }

  #build(from: number, to: number, centres: Float32Array): number {
    const node = this.#used++;
    const b = node * 6;
    const low = [Infinity, Infinity, Infinity];
    const high = [-Infinity, -Infinity, -Infinity];
    for (let k = 0; k < 3; k++) {
      let [min, max] = [Infinity, -Infinity];
      for (let i = from; i < to; i++) {
        const t = this.#order[i]!;
        for (let corner = 0; corner < 3; corner++) {
          const v = this.#positions[t * 9 + corner * 3 + k]!;
          if (v < min) min = v;
          if (v > max) max = v;
        }
        const c = centres[t * 3 + k]!;
        if (c < low[k]!) low[k] = c;
        if (c > high[k]!) high[k] = c;
      }
      this.#bounds[b + k] = min;
      this.#bounds[b + 3 + k] = max;
    }
    if (to - from <= 4) {
      this.#nodes[node * 2] = from;
      this.#nodes[node * 2 + 1] = to - from;
      return node;
    }
    const extents = [high[0]! - low[0]!, high[1]! - low[1]!, high[2]! - low[2]!];
    const axis = extents.indexOf(Math.max(...extents));
    const middle = (from + to) >> 1;
    this.#order.subarray(from, to).sort((p, q) => centres[p * 3 + axis]! - centres[q * 3 + axis]! || p - q);
    this.#build(from, middle, centres);
    this.#nodes[node * 2] = this.#build(middle, to, centres);
    this.#nodes[node * 2 + 1] = 0;
    return node;
  }

  /** Whether something lies within `reach` metres of the point in that direction (unit length). */
  blocked(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, reach: number): boolean {
    const positions = this.#positions;
    const bounds = this.#bounds;
    const nodes = this.#nodes;
    const stack = this.#stack;
    const order = this.#order;
    const [ix, iy, iz] = [1 / (dx || 1e-12), 1 / (dy || 1e-12), 1 / (dz || 1e-12)];
    let depth = 0;
    stack[depth++] = 0;
    while (depth > 0) {
      const node = stack[--depth]!;
      const b = node * 6;
      const ax = (bounds[b]! - ox) * ix;
      const bx = (bounds[b + 3]! - ox) * ix;
      const ay = (bounds[b + 1]! - oy) * iy;
      const by = (bounds[b + 4]! - oy) * iy;
      const az = (bounds[b + 2]! - oz) * iz;
      const bz = (bounds[b + 5]! - oz) * iz;
      const near = Math.max(Math.min(ax, bx), Math.min(ay, by), Math.min(az, bz), 0);
      const far = Math.min(Math.max(ax, bx), Math.max(ay, by), Math.max(az, bz), reach);
      if (near > far) continue;
      const count = nodes[node * 2 + 1]!;
      if (count === 0) {
        stack[depth++] = nodes[node * 2]!;
        stack[depth++] = node + 1;
        continue;
      }
      const first = nodes[node * 2]!;
      for (let k = first; k < first + count; k++) {
        const p = order[k]! * 9;
        const px = positions[p]!;
        const py = positions[p + 1]!;
        const pz = positions[p + 2]!;
        const ux = positions[p + 3]! - px;
        const uy = positions[p + 4]! - py;
        const uz = positions[p + 5]! - pz;
        const vx = positions[p + 6]! - px;
        const vy = positions[p + 7]! - py;
        const vz = positions[p + 8]! - pz;
        const hx = dy * vz - dz * vy;
        const hy = dz * vx - dx * vz;
        const hz = dx * vy - dy * vx;
        const det = ux * hx + uy * hy + uz * hz;
        if (det > -1e-12 && det < 1e-12) continue;
        const f = 1 / det;
        const sx = ox - px;
        const sy = oy - py;
        const sz = oz - pz;
        const u = f * (sx * hx + sy * hy + sz * hz);
        if (u < 0 || u > 1) continue;
        const qx = sy * uz - sz * uy;
        const qy = sz * ux - sx * uz;
        const qz = sx * uy - sy * ux;
        const v = f * (dx * qx + dy * qy + dz * qz);
        if (v < 0 || u + v > 1) continue;
        const t = f * (vx * qx + vy * qy + vz * qz);
        if (t > 1e-3 && t < reach) return true;
      }
    }
    return false;
  }
}
