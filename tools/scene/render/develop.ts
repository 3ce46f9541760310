import type { Random } from '../random.ts';
import type { Light } from './light.ts';

const CURVE = 4096;
const CURVE_TOP = 8;

/** What a camera makes of light: exposure, film curve, vignette, a shaken lens, the sensor's noise, rain before it. */
export class Developer {
  readonly #curve = new Uint8Array(CURVE);
  readonly #vignette: Float32Array;
  readonly #width: number;
  readonly #height: number;
  readonly #light: Light;
  /** Ready-made noise, read from a new place for every picture. */
  readonly #grain: Int8Array;

  constructor(width: number, height: number, light: Light, random: Random) {
    this.#width = width;
    this.#height = height;
    this.#light = light;
    for (let i = 0; i < CURVE; i++) {
      // Narkowicz 2015, a fit of the ACES film curve; then IEC 61966-2-1
      const x = (i / CURVE) * CURVE_TOP;
      const film = Math.min(1, (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14));
      this.#curve[i] = Math.round(
        255 * (film <= 0.0031308 ? 12.92 * film : 1.055 * film ** (1 / 2.4) - 0.055),
      );
    }
    this.#vignette = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = [(x + 0.5) / width - 0.5, (y + 0.5) / height - 0.5];
        this.#vignette[y * width + x] = (1 - 0.55 * (u * u + v * v)) * light.exposure * (CURVE / CURVE_TOP);
      }
    }
    this.#grain = Int8Array.from({ length: 1 << 18 }, () =>
      Math.round(Math.max(-127, Math.min(127, random.normal() * 32))),
    );
  }

  /**
   * Turns linear light (3 numbers a pixel) into RGB bytes. `shiftX`, `shiftY`: how far the picture has moved right and
   * down, pixels. `frame` chooses the noise; noise and rain are the same for the same number.
   */
  develop(
    linear: Float32Array,
    shiftX: number,
    shiftY: number,
    frame: number,
    rainFrame: number,
    out: Uint8Array,
  ): void {
    const width = this.#width;
    const height = this.#height;
    const curve = this.#curve;
    const vignette = this.#vignette;
    if (shiftX === 0 && shiftY === 0) {
      for (let i = 0, k = 0; i < width * height; i++, k += 3) {
        const v = vignette[i]!;
        out[k] = curve[Math.min(CURVE - 1, (linear[k]! * v) | 0)]!;
        out[k + 1] = curve[Math.min(CURVE - 1, (linear[k + 1]! * v) | 0)]!;
        out[k + 2] = curve[Math.min(CURVE - 1, (linear[k + 2]! * v) | 0)]!;
      }
    } else {
      this.#shifted(linear, shiftX, shiftY, out);
    }
    if (this.#light.rain > 0) this.#rain(rainFrame, out);
    if (this.#light.noise > 0) this.#noise(frame, out);
  }

  #shifted(linear: Float32Array, shiftX: number, shiftY: number, out: Uint8Array): void {
    const width = this.#width;
    const height = this.#height;
    const [ox, oy] = [Math.floor(-shiftX), Math.floor(-shiftY)];
    const [fx, fy] = [-shiftX - ox, -shiftY - oy];
    for (let y = 0; y < height; y++) {
      const y0 = Math.min(height - 1, Math.max(0, y + oy)) * width;
      const y1 = Math.min(height - 1, Math.max(0, y + oy + 1)) * width;
      for (let x = 0; x < width; x++) {
        const x0 = Math.min(width - 1, Math.max(0, x + ox));
        const x1 = Math.min(width - 1, Math.max(0, x + ox + 1));
        const v = this.#vignette[y * width + x]!;
        for (let c = 0; c < 3; c++) {
          const top = linear[(y0 + x0) * 3 + c]! * (1 - fx) + linear[(y0 + x1) * 3 + c]! * fx;
          const bottom = linear[(y1 + x0) * 3 + c]! * (1 - fx) + linear[(y1 + x1) * 3 + c]! * fx;
          out[(y * width + x) * 3 + c] =
            this.#curve[Math.min(CURVE - 1, ((top + (bottom - top) * fy) * v) | 0)]!;
        }
      }
    }
  }

  #noise(frame: number, out: Uint8Array): void {
    const grain = this.#grain;
    const mask = grain.length - 1;
    const strength = this.#light.noise / 32;
    let at = (Math.imul(frame + 1, 0x9e3779b1) >>> 8) & mask;
    for (let k = 0; k < out.length; k += 3) {
      // brightness carries most of a sensor's noise, and each colour a little of its own
      const n = grain[(at = (at + 1) & mask)]! * strength;
      const m = grain[(at + 7777) & mask]! * strength * 0.4;
      out[k] = clamp(out[k]! + n + m);
      out[k + 1] = clamp(out[k + 1]! + n);
      out[k + 2] = clamp(out[k + 2]! + n - m);
    }
  }

  /** Falling drops, streaked by the exposure. */
  #rain(frame: number, out: Uint8Array): void {
    const width = this.#width;
    const height = this.#height;
    const drops = Math.round(this.#light.rain * 340 * ((width * height) / (1280 * 720)));
    let state = Math.imul(frame + 11, 0x85ebca6b) >>> 0;
    const next = (): number => {
      state ^= state << 13;
      state >>>= 0;
      state ^= state >>> 17;
      state ^= state << 5;
      state >>>= 0;
      return state / 0x100000000;
    };
    for (let i = 0; i < drops; i++) {
      const near = next();
      const length = (10 + 46 * near * near) * (height / 720);
      let x = next() * width;
      let y = next() * (height + length) - length;
      const lean = 0.06 + 0.05 * near;
      const strength = 0.1 + 0.16 * near;
      for (let k = 0; k < length; k++, y++, x -= lean) {
        const [ix, iy] = [Math.floor(x), Math.floor(y)];
        if (ix < 0 || iy < 0 || ix >= width || iy >= height) continue;
        const fade = strength * (1 - Math.abs((2 * k) / length - 1));
        const p = (iy * width + ix) * 3;
        for (let c = 0; c < 3; c++) out[p + c] = out[p + c]! + (205 - out[p + c]!) * fade;
      }
    }
  }
}

function clamp(v: number): number {
  return Math.min(255, Math.max(0, v));
}
