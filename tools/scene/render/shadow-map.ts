import type { Vec3 } from './mesh.ts';
import { createTarget, drawTriangle, type Target } from './raster.ts';

/** How far the sun's rays reach: added to depths so that 0 stays "nothing". */
const OFFSET = 1000;
/** A surface does not shade itself within this, metres. */
const BIAS = 0.06;

/** What the sun sees of a square of the ground, in parallel projection. */
export class ShadowMap {
  readonly #target: Target;
  readonly #sun: Vec3;
  readonly #u: Vec3;
  readonly #v: Vec3;
  readonly #scale: number;
  readonly #half: number;
  readonly #corners = new Float64Array(9);

  /** `sun`: unit vector towards it; `reach`: half the side of the square around the origin, metres. */
  constructor(sun: Vec3, reach: number, size: number) {
    this.#target = createTarget(size, size);
    this.#sun = sun;
    const flat = Math.sqrt(sun[0] * sun[0] + sun[1] * sun[1]) || 1;
    this.#u = [-sun[1] / flat, sun[0] / flat, 0];
    const [s, u] = [this.#sun, this.#u];
    this.#v = [s[1] * u[2] - s[2] * u[1], s[2] * u[0] - s[0] * u[2], s[0] * u[1] - s[1] * u[0]];
    this.#scale = size / (2 * reach);
    this.#half = size / 2;
  }

  clear(): void {
    this.#target.inverseDepth.fill(0);
  }

  /** Adds triangles, 9 numbers each, in world coordinates. */
  draw(positions: Float32Array, from: number, to: number): void {
    const corners = this.#corners;
    for (let t = from; t < to; t++) {
      for (let k = 0; k < 3; k++) {
        const p = t * 9 + k * 3;
        const [x, y, z] = [positions[p]!, positions[p + 1]!, positions[p + 2]!];
        corners[k * 3] = this.#half + this.#scale * (x * this.#u[0] + y * this.#u[1]);
        corners[k * 3 + 1] = this.#half + this.#scale * (x * this.#v[0] + y * this.#v[1] + z * this.#v[2]);
        corners[k * 3 + 2] = OFFSET + x * this.#sun[0] + y * this.#sun[1] + z * this.#sun[2];
      }
      drawTriangle(this.#target, corners, 0, 0, false);
    }
  }

  /** The share of the sun that is hidden from a point, 0 to 1, over five neighbours. */
  shade(x: number, y: number, z: number, spread = 1.3): number {
    const sun = this.#sun;
    const depth = OFFSET + x * sun[0] + y * sun[1] + z * sun[2] + BIAS;
    const a = this.#half + this.#scale * (x * this.#u[0] + y * this.#u[1]);
    const b = this.#half + this.#scale * (x * this.#v[0] + y * this.#v[1] + z * this.#v[2]);
    const { width, inverseDepth } = this.#target;
    if (a < 3 || b < 3 || a >= width - 3 || b >= width - 3) return 0;
    let hidden = 0;
    if (inverseDepth[(b | 0) * width + (a | 0)]! > depth) hidden++;
    if (inverseDepth[((b - 0.5 * spread) | 0) * width + ((a - spread) | 0)]! > depth) hidden++;
    if (inverseDepth[((b + 0.5 * spread) | 0) * width + ((a + spread) | 0)]! > depth) hidden++;
    if (inverseDepth[((b + spread) | 0) * width + ((a - 0.5 * spread) | 0)]! > depth) hidden++;
    if (inverseDepth[((b - spread) | 0) * width + ((a + 0.5 * spread) | 0)]! > depth) hidden++;
    return hidden / 5;
  }
}
