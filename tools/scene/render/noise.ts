/** A number in [0, 1) that looks random but follows from two whole numbers. */
export function hash2(x: number, y: number): number {
  let h = Math.imul(x | 0, 0x27d4eb2d) ^ Math.imul(y | 0, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 0x100000000;
}

/** Smooth value noise in [0, 1) with features of size 1. */
export function valueNoise(x: number, y: number): number {
  const [ix, iy] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - ix, y - iy];
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const top = hash2(ix, iy) + (hash2(ix + 1, iy) - hash2(ix, iy)) * sx;
  const bottom = hash2(ix, iy + 1) + (hash2(ix + 1, iy + 1) - hash2(ix, iy + 1)) * sx;
  return top + (bottom - top) * sy;
}

/** Several octaves of value noise, in [0, 1). */
export function fractalNoise(x: number, y: number, octaves: number): number {
  let [sum, weight, total] = [0, 1, 0];
  let scale = 1;
  for (let i = 0; i < octaves; i++) {
    sum += weight * valueNoise(x * scale + i * 17, y * scale - i * 31);
    total += weight;
    weight /= 2;
    scale *= 2.03;
  }
  return sum / total;
}
