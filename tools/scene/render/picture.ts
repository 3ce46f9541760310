import { addLamps, type Background, type Lamp, SAMPLES } from './bake.ts';
import type { Batch } from './batch.ts';
import { NEAR } from './camera.ts';
import { skyRadiance } from './light.ts';
import { GLASS, GLOW, METAL, PAINT, type Vec3 } from './mesh.ts';
import { hash2 } from './noise.ts';
import { Coverage, createTarget, drawTriangle, type Target } from './raster.ts';
import { ShadowMap } from './shadow-map.ts';

const TILE = 16;
/** What may differ from the still picture in a tile: a mover itself, its shadow, the ground about it. */
const DRAWN = 1;
const SHADED = 2;
const LIT = 4;
const SHADOW_REACH = 70;
const SHADOW_SIZE = 2048;
/** How far headlights reach, metres. */
const BEAM_RANGE = 26;
/** Contact shadows reach this far beyond a thing's footprint, metres. */
const CONTACT = 0.9;

/** Something that moves, as far as light and truth are concerned. Owners of triangles are counted from 1. */
export interface Mover {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  readonly length: number;
  readonly width: number;
  readonly height: number;
  /** Its headlights are on. */
  readonly beams: boolean;
}

/** Where a thing is in the picture; pixels. */
export interface Sighting {
  /** All of the thing that lies within the picture, hidden or not; empty (width 0) when nothing does. */
  whole: { x: number; y: number; w: number; h: number };
  /** What can be seen of it. */
  seen: { x: number; y: number; w: number; h: number };
  /** Share of the thing that can be seen, 0 to 1: of what stands before it and of the picture's edges. */
  visible: number;
}

/** Draws what moves into a baked background. */
export class PictureRenderer {
  readonly #background: Background;
  readonly #target: Target;
  readonly #coverage: Coverage;
  readonly #shadow: ShadowMap | undefined;
  /** Linear light of the finished picture, three a pixel. */
  readonly light: Float32Array;
  readonly #base: Float32Array;
  readonly #contact: Float32Array;
  readonly #beams: Float32Array;
  readonly #tiles: Uint8Array;
  readonly #tilesWide: number;
  readonly #tilesHigh: number;
  #corners = new Float32Array(9 * 4096);

  constructor(background: Background) {
    const { width, height } = background.camera;
    this.#background = background;
    const { samples } = background;
    this.#target = createTarget(samples.width, samples.height);
    this.#target.inverseDepth.set(samples.inverseDepth);
    this.#coverage = new Coverage(samples.width * samples.height);
    this.#shadow = background.shadow
      ? new ShadowMap(background.light.sun, SHADOW_REACH, SHADOW_SIZE)
      : undefined;
    this.#base = new Float32Array(width * height * 3);
    for (let i = 0; i < this.#base.length; i++)
      this.#base[i] = background.ambient[i]! + background.direct[i]!;
    halos(background, this.#base);
    this.light = new Float32Array(this.#base.length);
    this.#contact = new Float32Array(width * height).fill(1);
    this.#beams = new Float32Array(width * height * 3);
    this.#tilesWide = Math.ceil(width / TILE);
    this.#tilesHigh = Math.ceil(height / TILE);
    this.#tiles = new Uint8Array(this.#tilesWide * this.#tilesHigh);
  }

  /** Fills `light` with the picture of these movers; their triangles in `batch` are owned by their place + 1. */
  render(batch: Batch, movers: readonly Mover[]): Sighting[] {
    const { camera } = this.#background;
    this.light.set(this.#base);
    this.#tiles.fill(0);
    const sightings = this.#rasterise(batch, movers.length);
    if (this.#shadow) {
      this.#shadow.clear();
      this.#shadow.draw(batch.positions, 0, batch.triangles);
    }
    for (const mover of movers) {
      this.#markShadow(mover);
      this.#markContact(mover);
      if (mover.beams) this.#markBeam(mover);
    }
    this.#compose(batch, movers);
    if (this.#background.light.wet > 0.05) this.#reflect(batch, sightings);
    for (const mover of movers) if (mover.beams) this.#flare(mover);
    this.#restore(camera.width, camera.height);
    return sightings;
  }

  #rasterise(batch: Batch, movers: number): Sighting[] {
    const fine = this.#background.camera.scaled(SAMPLES);
    const target = this.#target;
    if (this.#corners.length < batch.triangles * 9) this.#corners = new Float32Array(batch.owners.length * 9);
    const corners = this.#corners;
    const sightings: Sighting[] = Array.from({ length: movers }, () => ({
      whole: { x: 0, y: 0, w: 0, h: 0 },
      seen: { x: 0, y: 0, w: 0, h: 0 },
      visible: 0,
    }));
    let t = 0;
    while (t < batch.triangles) {
      const owner = batch.owners[t]!;
      let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
      let whole = true;
      const first = t;
      for (; t < batch.triangles && batch.owners[t] === owner; t++) {
        for (let k = 0; k < 9; k += 3) {
          const p = t * 9 + k;
          if (
            !fine.project(batch.positions[p]!, batch.positions[p + 1]!, batch.positions[p + 2]!, corners, p)
          ) {
            corners[p + 2] = -1;
            whole = false;
            continue;
          }
          if (corners[p]! < left) left = corners[p]!;
          if (corners[p]! > right) right = corners[p]!;
          if (corners[p + 1]! < top) top = corners[p + 1]!;
          if (corners[p + 1]! > bottom) bottom = corners[p + 1]!;
        }
      }
      if (!(right > 0 && left < target.width && bottom > 0 && top < target.height)) continue;
      this.#coverage.begin();
      for (let s = first; s < t; s++) {
        const p = s * 9;
        if (corners[p + 2]! < 0 || corners[p + 5]! < 0 || corners[p + 8]! < 0) continue;
        drawTriangle(target, corners, p, s, true, this.#coverage);
      }
      this.#markBox(left / SAMPLES, top / SAMPLES, right / SAMPLES, bottom / SAMPLES, DRAWN);
      const sighting = sightings[owner - 1];
      if (!sighting || !whole) continue;
      const inside =
        (Math.min(right, target.width) - Math.max(left, 0)) *
        (Math.min(bottom, target.height) - Math.max(top, 0));
      const cut = left < 0 || top < 0 || right > target.width || bottom > target.height;
      const edges = cut ? this.#covered(left, top, right, bottom) : [left, top, right, bottom];
      if (!edges) continue;
      const [x0, y0, x1, y1] = edges as [number, number, number, number];
      sighting.whole = { x: x0 / SAMPLES, y: y0 / SAMPLES, w: (x1 - x0) / SAMPLES, h: (y1 - y0) / SAMPLES };
      // drawn samples, scaled up by what of the box lies outside of the picture
      sighting.visible = (this.#coverage.count * ((right - left) * (bottom - top))) / Math.max(inside, 1e-6);
    }
    sightings.forEach((sighting, i) => {
      this.#measure(batch, sighting, i + 1);
    });
    return sightings;
  }

  /** The bounds of the samples that the thing just drawn covers; of a long one that is cut, less than its cut bounds. */
  #covered(left: number, top: number, right: number, bottom: number): number[] | undefined {
    const { width, height } = this.#target;
    let [x0, y0, x1, y1] = [width, height, -1, -1];
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x++) {
        if (!this.#coverage.has(y * width + x)) continue;
        if (x < x0) x0 = x;
        if (x > x1) x1 = x;
        if (y < y0) y0 = y;
        if (y > y1) y1 = y;
      }
    }
    return x1 < 0 ? undefined : [x0, y0, x1 + 1, y1 + 1];
  }

  /** Counts the samples in which an owner is nearest; turns `visible` from its own samples into a share. */
  #measure(batch: Batch, sighting: Sighting, owner: number): void {
    const { whole } = sighting;
    if (whole.w === 0) return;
    const { width, height, triangle } = this.#target;
    const x0 = Math.max(0, Math.floor(whole.x * SAMPLES));
    const x1 = Math.min(width - 1, Math.ceil((whole.x + whole.w) * SAMPLES));
    const y0 = Math.max(0, Math.floor(whole.y * SAMPLES));
    const y1 = Math.min(height - 1, Math.ceil((whole.y + whole.h) * SAMPLES));
    let seen = 0;
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const t = triangle[y * width + x]!;
        if (t < 0 || batch.owners[t] !== owner) continue;
        seen++;
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
      }
    }
    sighting.visible = sighting.visible > 0 ? Math.min(1, seen / sighting.visible) : 0;
    if (seen === 0) return;
    sighting.seen = {
      x: left / SAMPLES,
      y: top / SAMPLES,
      w: (right + 1 - left) / SAMPLES,
      h: (bottom + 1 - top) / SAMPLES,
    };
  }

  #markBox(left: number, top: number, right: number, bottom: number, mark: number): void {
    const x0 = Math.max(0, Math.floor(left / TILE));
    const x1 = Math.min(this.#tilesWide - 1, Math.floor(right / TILE));
    const y0 = Math.max(0, Math.floor(top / TILE));
    const y1 = Math.min(this.#tilesHigh - 1, Math.floor(bottom / TILE));
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) this.#tiles[y * this.#tilesWide + x]! |= mark;
    }
  }

  /** Marks the picture's part that may show the hull of these points of the world; none of it when all are behind the camera. */
  #markPoints(points: readonly Vec3[], mark: number): readonly [number, number, number, number] {
    const { camera } = this.#background;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    const add = (x: number, y: number, z: number): boolean => {
      if (!camera.project(x, y, z, projected, 0)) return false;
      left = Math.min(left, projected[0]!);
      right = Math.max(right, projected[0]!);
      top = Math.min(top, projected[1]!);
      bottom = Math.max(bottom, projected[1]!);
      return true;
    };
    const behind = points.filter(([x, y, z]) => !add(x, y, z));
    if (behind.length === points.length) return [0, 0, -1, -1];
    for (const [bx, by, bz] of behind) {
      const from = camera.depth(bx, by, bz);
      for (const [x, y, z] of points) {
        const to = camera.depth(x, y, z);
        if (to <= NEAR) continue;
        // where the way between them comes before the camera
        const t = (NEAR * 1.001 - from) / (to - from);
        add(bx + (x - bx) * t, by + (y - by) * t, bz + (z - bz) * t);
      }
    }
    this.#markBox(left, top, right, bottom, mark);
    return [
      Math.max(0, Math.floor(left)),
      Math.max(0, Math.floor(top)),
      Math.min(camera.width - 1, Math.ceil(right)),
      Math.min(camera.height - 1, Math.ceil(bottom)),
    ];
  }

  #markShadow(mover: Mover): void {
    const { sun, sunColour } = this.#background.light;
    if (sunColour[0] === 0) return;
    const reach = Math.min(30, mover.height / sun[2]);
    const points: Vec3[] = [];
    const half = Math.max(mover.length, mover.width) / 2 + 0.2;
    for (const [u, v] of [
      [-half, -half],
      [half, -half],
      [half, half],
      [-half, half],
    ] as const) {
      const [x, y] = [mover.x + u, mover.y + v];
      points.push([x, y, 0], [x, y, mover.height], [x - sun[0] * reach, y - sun[1] * reach, 0]);
    }
    this.#markPoints(points, SHADED);
  }

  /** Darkens the ground under and close around a thing: less of the sky reaches it. */
  #markContact(mover: Mover): void {
    const { camera, samples, normals } = this.#background;
    const [c, s] = [Math.cos(mover.heading), Math.sin(mover.heading)];
    const [hl, hw] = [mover.length / 2, mover.width / 2];
    const reach = Math.min(CONTACT, mover.height * 0.5);
    const points: Vec3[] = [];
    for (const [u, v] of [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ] as const) {
      const [a, b] = [u * (hl + reach), v * (hw + reach)];
      points.push([mover.x + c * a - s * b, mover.y + s * a + c * b, 0]);
    }
    const [x0, y0, x1, y1] = this.#markPoints(points, LIT);
    const strength = mover.height > 1.2 && mover.length > 1 ? 0.72 : 0.5;
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const i = y * camera.width + x;
        if (normals[i * 3 + 2]! < 120) continue;
        const inverse = samples.inverseDepth[y * SAMPLES * samples.width + x * SAMPLES]!;
        if (inverse === 0) continue;
        camera.direction(x + 0.5, y + 0.5, ray);
        const [px, py] = [
          camera.eye[0] + ray[0]! / inverse - mover.x,
          camera.eye[1] + ray[1]! / inverse - mover.y,
        ];
        const a = Math.max(0, Math.abs(c * px + s * py) - hl * 0.85);
        const b = Math.max(0, Math.abs(c * py - s * px) - hw * 0.85);
        const away = Math.sqrt(a * a + b * b) / reach;
        if (away >= 1) continue;
        this.#contact[i]! *= 1 - strength * (1 - away) * (1 - away);
      }
    }
  }

  /** Headlights on what stands still. */
  #markBeam(mover: Mover): void {
    const { camera, samples, normals } = this.#background;
    const [c, s] = [Math.cos(mover.heading), Math.sin(mover.heading)];
    const points: Vec3[] = [];
    for (const [along, aside] of [
      [0.5, 1.2],
      [0.5, -1.2],
      [BEAM_RANGE, 7],
      [BEAM_RANGE, -7],
    ] as const) {
      const a = mover.length / 2 + along;
      for (const z of [0, 1.2]) points.push([mover.x + c * a - s * aside, mover.y + s * a + c * aside, z]);
    }
    const [x0, y0, x1, y1] = this.#markPoints(points, LIT);
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const i = y * camera.width + x;
        const inverse = samples.inverseDepth[y * SAMPLES * samples.width + x * SAMPLES]!;
        if (inverse === 0) continue;
        camera.direction(x + 0.5, y + 0.5, ray);
        const px = camera.eye[0] + ray[0]! / inverse;
        const py = camera.eye[1] + ray[1]! / inverse;
        const pz = camera.eye[2] + ray[2]! / inverse;
        const strength = beam(
          mover,
          c,
          s,
          px,
          py,
          pz,
          normals[i * 3]! / 127,
          normals[i * 3 + 1]! / 127,
          normals[i * 3 + 2]! / 127,
        );
        if (strength === 0) continue;
        this.#beams[i * 3]! += strength;
        this.#beams[i * 3 + 1]! += strength * 0.94;
        this.#beams[i * 3 + 2]! += strength * 0.8;
      }
    }
  }

  #compose(batch: Batch, movers: readonly Mover[]): void {
    const { camera, ambient, direct, albedo, samples, normals } = this.#background;
    const { width, height, eye } = camera;
    const shader = new Shader(this.#background, batch, this.#corners, movers, this.#shadow);
    const out = shader.out;
    const sun = this.#shadow;
    const light = this.light;
    const base = this.#base;
    const contact = this.#contact;
    const beams = this.#beams;
    const triangles = this.#target.triangle;
    const depths = this.#target.inverseDepth;
    const fineWidth = samples.width;
    const share = 1 / (SAMPLES * SAMPLES);
    for (let tile = 0; tile < this.#tiles.length; tile++) {
      const marks = this.#tiles[tile]!;
      if (marks === 0) continue;
      const tx = (tile % this.#tilesWide) * TILE;
      const ty = Math.floor(tile / this.#tilesWide) * TILE;
      const x1 = Math.min(width, tx + TILE);
      const y1 = Math.min(height, ty + TILE);
      const drawn = (marks & DRAWN) !== 0;
      const shaded = (marks & SHADED) !== 0 && sun !== undefined;
      for (let y = ty; y < y1; y++) {
        for (let x = tx; x < x1; x++) {
          const i = y * width + x;
          const k = i * 3;
          let moving = 0;
          let r = 0;
          let g = 0;
          let b = 0;
          if (drawn) {
            let last = -1;
            for (let s = 0; s < SAMPLES * SAMPLES; s++) {
              const sx = x * SAMPLES + (s % SAMPLES);
              const sy = y * SAMPLES + Math.floor(s / SAMPLES);
              const sample = sy * fineWidth + sx;
              const t = triangles[sample]!;
              if (t < 0) continue;
              moving++;
              // samples of one triangle within a pixel look the same
              if (t !== last) shader.shade(t, sx + 0.5, sy + 0.5, depths[sample]!);
              last = t;
              r += out[0]!;
              g += out[1]!;
              b += out[2]!;
            }
          }
          const still = 1 - moving * share;
          let open = 1;
          let hidden = 0;
          if (still > 0) {
            if (contact[i]! < 1 && normals[k + 2]! > 100) open = contact[i]!;
            if (shaded && direct[k]! > 1e-4) {
              const inverse = samples.inverseDepth[y * SAMPLES * fineWidth + x * SAMPLES]!;
              if (inverse > 0) {
                camera.direction(x + 0.5, y + 0.5, ray);
                hidden = sun.shade(
                  eye[0] + ray[0]! / inverse,
                  eye[1] + ray[1]! / inverse,
                  eye[2] + ray[2]! / inverse,
                  1.1,
                );
              }
            }
          }
          if (moving === 0 && open === 1 && hidden === 0 && beams[k] === 0) continue;
          for (let c = 0; c < 3; c++) {
            const dimmed = ambient[k + c]! * (open - 1) - direct[k + c]! * hidden;
            light[k + c] = (base[k + c]! + dimmed + beams[k + c]! * albedo[k + c]!) * still;
          }
          light[k]! += r * share;
          light[k + 1]! += g * share;
          light[k + 2]! += b * share;
        }
      }
    }
  }

  /** A wet road shows what stands on it upside down, blurred. */
  #reflect(batch: Batch, sightings: readonly Sighting[]): void {
    const { camera, mirror } = this.#background;
    const { width, height } = camera;
    const { triangle, width: wide } = this.#target;
    sightings.forEach(({ seen }, n) => {
      if (seen.w === 0) return;
      const base = Math.floor(seen.y + seen.h) - 1;
      const reach = Math.min(seen.h * 0.75, height - 1 - base);
      for (let d = 1; d < reach; d++) {
        const fade = (1 - d / reach) ** 1.5;
        const y = base + d;
        for (let x = Math.max(0, Math.floor(seen.x)); x < Math.min(width, seen.x + seen.w); x++) {
          const to = y * width + x;
          if (mirror[to] === 0 || triangle[y * SAMPLES * wide + x * SAMPLES]! >= 0) continue;
          const sx = Math.min(width - 1, Math.max(0, x + Math.round((hash2(x, y) - 0.5) * 2.4)));
          const sy = base - d + Math.round((hash2(y, x) - 0.5) * 4);
          if (sy < 0 || sy > base) continue;
          const source = triangle[sy * SAMPLES * wide + sx * SAMPLES]!;
          if (source < 0 || batch.owners[source] !== n + 1) continue;
          const k = 0.3 * fade * (mirror[to]! / 255);
          for (let c = 0; c < 3; c++) {
            const shown = this.light[(sy * width + sx) * 3 + c]!;
            this.light[to * 3 + c]! += k * (shown - this.light[to * 3 + c]! * 0.6);
          }
        }
      }
    });
  }

  /** The dazzle of headlights that point at the camera, and the glow of tail lamps. */
  #flare(mover: Mover): void {
    const { camera, light, mirror } = this.#background;
    const [c, s] = [Math.cos(mover.heading), Math.sin(mover.heading)];
    const dark = light.condition === 'night' ? 1 : light.condition === 'dusk' ? 0.45 : 0.3;
    for (const end of [1, -1]) {
      for (const side of [1, -1]) {
        const [a, b] = [end * (mover.length / 2 + 0.02), side * mover.width * 0.36];
        const at: Vec3 = [mover.x + c * a - s * b, mover.y + s * a + c * b, end > 0 ? 0.68 : 0.85];
        const [ex, ey, ez] = [camera.eye[0] - at[0], camera.eye[1] - at[1], camera.eye[2] - at[2]];
        const distance = Math.sqrt(ex * ex + ey * ey + ez * ez);
        const facing = (end * (c * ex + s * ey)) / distance;
        if (facing <= 0.05 || !camera.project(at[0], at[1], at[2], projected, 0)) continue;
        const [px, py, inverse] = [projected[0]!, projected[1]!, projected[2]!];
        const { samples } = this.#background;
        const [ix, iy] = [Math.floor(px), Math.floor(py)];
        if (ix < 0 || iy < 0 || ix >= camera.width || iy >= camera.height) continue;
        // hidden lamps do not dazzle
        if (this.#target.inverseDepth[iy * SAMPLES * samples.width + ix * SAMPLES]! > inverse * 1.06)
          continue;
        const strength = dark * facing * (end > 0 ? 1.5 : 0.35);
        const radius = (end > 0 ? 0.85 : 0.5) * camera.focal * inverse + 3;
        const colour: Vec3 = end > 0 ? [1, 0.93, 0.78] : [1, 0.1, 0.06];
        this.#glow(px, py, radius, radius, strength, colour, undefined);
        if (light.wet > 0.05 && end > 0)
          this.#glow(
            px,
            py + at[2] * 2 * camera.focal * inverse,
            radius * 0.8,
            radius * 3.2,
            strength * 0.5,
            colour,
            mirror,
          );
      }
    }
  }

  #glow(
    px: number,
    py: number,
    rx: number,
    ry: number,
    strength: number,
    colour: Vec3,
    mask: Uint8Array | undefined,
  ): void {
    const { width, height } = this.#background.camera;
    for (let y = Math.max(0, Math.floor(py - ry)); y <= Math.min(height - 1, py + ry); y++) {
      for (let x = Math.max(0, Math.floor(px - rx)); x <= Math.min(width - 1, px + rx); x++) {
        const [u, v] = [(x + 0.5 - px) / rx, (y + 0.5 - py) / ry];
        const square = u * u + v * v;
        if (square >= 1) continue;
        const k = strength * (1 - square) ** 4 * (mask ? mask[y * width + x]! / 255 : 1);
        for (let c = 0; c < 3; c++) this.light[(y * width + x) * 3 + c]! += k * colour[c]!;
      }
    }
  }

  /** Takes the movers out of the depth buffer, and their shadows and beams with them. */
  #restore(width: number, height: number): void {
    const { samples } = this.#background;
    const { triangle, inverseDepth } = this.#target;
    for (let ty = 0; ty < this.#tilesHigh; ty++) {
      const row = ty * this.#tilesWide;
      for (let tx = 0; tx < this.#tilesWide; tx++) {
        if (this.#tiles[row + tx] === 0) continue;
        const from = tx;
        while (tx + 1 < this.#tilesWide && this.#tiles[row + tx + 1] !== 0) tx++;
        const x0 = from * TILE;
        const x1 = Math.min(width, (tx + 1) * TILE);
        for (let y = ty * TILE; y < Math.min(height, (ty + 1) * TILE); y++) {
          this.#contact.fill(1, y * width + x0, y * width + x1);
          this.#beams.fill(0, (y * width + x0) * 3, (y * width + x1) * 3);
          for (let s = 0; s < SAMPLES; s++) {
            const at = (y * SAMPLES + s) * samples.width;
            triangle.fill(-1, at + x0 * SAMPLES, at + x1 * SAMPLES);
            inverseDepth.set(
              samples.inverseDepth.subarray(at + x0 * SAMPLES, at + x1 * SAMPLES),
              at + x0 * SAMPLES,
            );
          }
        }
      }
    }
  }
}

const projected = new Float64Array(3);
const ray = new Float64Array(3);

/** How strongly a vehicle's headlights light a point with a normal. */
function beam(
  m: Mover,
  c: number,
  s: number,
  px: number,
  py: number,
  pz: number,
  nx: number,
  ny: number,
  nz: number,
): number {
  const [ox, oy, oz] = [m.x + c * (m.length / 2), m.y + s * (m.length / 2), 0.7];
  const [dx, dy, dz] = [px - ox, py - oy, pz - oz];
  const along = dx * c + dy * s;
  if (along < 0.8 || along > BEAM_RANGE) return 0;
  const aside = Math.abs(dy * c - dx * s);
  const spread = 0.9 + along * 0.22;
  if (aside > spread) return 0;
  const distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
  const cosine = -(nx * dx + ny * dy + nz * dz) / distance;
  if (cosine <= 0) return 0;
  const edge = 1 - (aside / spread) ** 2;
  const cut = pz > 0.7 ? Math.max(0, 1 - (pz - 0.7) / (0.35 + along * 0.05)) : 1; // dipped
  const fade = (1 - along / BEAM_RANGE) * Math.min(1, (along - 0.8) / 2);
  return (34 * (cosine + 0.04) * edge * cut * fade) / (distance * distance * 0.35 + 9);
}

/** The halos of street lamps, in the static picture. */
function halos(background: Background, light: Float32Array): void {
  const { camera, lamps, samples } = background;
  for (const { at, colour } of lamps) {
    if (!camera.project(at[0], at[1], at[2], projected, 0)) continue;
    const [px, py, inverse] = [projected[0]!, projected[1]!, projected[2]!];
    const [ix, iy] = [Math.floor(px), Math.floor(py)];
    if (ix < 0 || iy < 0 || ix >= camera.width || iy >= camera.height) continue;
    if (samples.inverseDepth[iy * SAMPLES * samples.width + ix * SAMPLES]! > inverse * 1.06) continue;
    const radius = 1.1 * camera.focal * inverse + 3;
    for (let y = Math.max(0, Math.floor(py - radius)); y <= Math.min(camera.height - 1, py + radius); y++) {
      for (let x = Math.max(0, Math.floor(px - radius)); x <= Math.min(camera.width - 1, px + radius); x++) {
        const square = ((x + 0.5 - px) ** 2 + (y + 0.5 - py) ** 2) / (radius * radius);
        if (square >= 1) continue;
        const k = 0.012 * (1 - square) ** 4;
        for (let c = 0; c < 3; c++) light[(y * camera.width + x) * 3 + c]! += k * colour[c]!;
      }
    }
  }
}

/** Lights one sample of something that moves. */
class Shader {
  readonly out = new Float64Array(3);
  readonly #background: Background;
  readonly #batch: Batch;
  readonly #corners: Float32Array;
  readonly #shadow: ShadowMap | undefined;
  readonly #lamps: readonly (readonly Lamp[])[];
  readonly #beams: readonly (readonly Mover[])[];
  readonly #sky: Vec3;

  constructor(
    background: Background,
    batch: Batch,
    corners: Float32Array,
    movers: readonly Mover[],
    shadow: ShadowMap | undefined,
  ) {
    this.#background = background;
    this.#batch = batch;
    this.#corners = corners;
    this.#shadow = shadow;
    const near = (m: Mover, x: number, y: number, range: number): boolean =>
      (m.x - x) ** 2 + (m.y - y) ** 2 < range * range;
    this.#lamps = movers.map((m) => background.lamps.filter(({ at }) => near(m, at[0], at[1], 20)));
    this.#beams = movers.map((m) =>
      movers.filter((other) => other.beams && other !== m && near(m, other.x, other.y, BEAM_RANGE)),
    );
    const { zenith, horizon } = background.light;
    this.#sky = [(zenith[0] + horizon[0]) / 2, (zenith[1] + horizon[1]) / 2, (zenith[2] + horizon[2]) / 2];
  }

  /** Lights triangle `t` at a sample; the result is in `out`. */
  shade(t: number, sx: number, sy: number, inverseDepth: number): void {
    const { camera, light, shadow } = this.#background;
    const { out } = this;
    const corners = this.#corners;
    const normals = this.#batch.normals;
    const q = t * 9;
    const [ax, ay] = [corners[q]!, corners[q + 1]!];
    const [bx, by] = [corners[q + 3]! - ax, corners[q + 4]! - ay];
    const [cx, cy] = [corners[q + 6]! - ax, corners[q + 7]! - ay];
    const inverse = 1 / (bx * cy - cx * by);
    const b1 = ((sx - ax) * cy - (sy - ay) * cx) * inverse;
    const b2 = ((sy - ay) * bx - (sx - ax) * by) * inverse;
    const b0 = 1 - b1 - b2;
    let nx = normals[q]! * b0 + normals[q + 3]! * b1 + normals[q + 6]! * b2;
    let ny = normals[q + 1]! * b0 + normals[q + 4]! * b1 + normals[q + 7]! * b2;
    let nz = normals[q + 2]! * b0 + normals[q + 5]! * b1 + normals[q + 8]! * b2;
    const norm = 1 / (Math.sqrt(nx * nx + ny * ny + nz * nz) || 1);
    nx *= norm;
    ny *= norm;
    nz *= norm;
    camera.direction(sx / SAMPLES, sy / SAMPLES, ray);
    const depth = 1 / inverseDepth;
    const [rx, ry, rz] = [ray[0]!, ray[1]!, ray[2]!];
    const [px, py, pz] = [camera.eye[0] + rx * depth, camera.eye[1] + ry * depth, camera.eye[2] + rz * depth];
    const length = Math.sqrt(rx * rx + ry * ry + rz * rz);
    const [dx, dy, dz] = [rx / length, ry / length, rz / length];
    const surfaces = this.#batch.surfaces;
    const [red, green, blue, material] = [
      surfaces[t * 4]!,
      surfaces[t * 4 + 1]!,
      surfaces[t * 4 + 2]!,
      surfaces[t * 4 + 3]!,
    ];
    if (material === GLOW) {
      out[0] = red;
      out[1] = green;
      out[2] = blue;
    } else {
      const up = nz * 0.5 + 0.5;
      const open = (0.45 + 0.55 * Math.min(1, Math.max(0, pz) / 0.9)) * (0.6 + 0.4 * up);
      let sun = 0;
      let hidden = 1;
      const { sunColour } = light;
      if (this.#shadow && shadow) {
        const cosine = nx * light.sun[0] + ny * light.sun[1] + nz * light.sun[2];
        if (cosine > -0.1) {
          const [ox, oy, oz] = [px + nx * 0.08, py + ny * 0.08, pz + nz * 0.08];
          hidden = Math.max(shadow.shade(ox, oy, oz, 1), this.#shadow.shade(ox, oy, oz, 1));
          if (cosine > 0) sun = cosine * (1 - hidden);
        }
      }
      for (let k = 0; k < 3; k++)
        out[k] =
          (light.bounce[k]! + (this.#sky[k]! - light.bounce[k]!) * up) * open * 0.92 + sun * sunColour[k]!;
      const owner = this.#batch.owners[t]! - 1;
      const lamps = this.#lamps[owner];
      if (lamps && lamps.length > 0) addLamps(lamps, px, py, pz, nx, ny, nz, undefined, out);
      const beams = this.#beams[owner];
      if (beams) {
        for (const m of beams) {
          const strength = beam(m, Math.cos(m.heading), Math.sin(m.heading), px, py, pz, nx, ny, nz);
          out[0]! += strength;
          out[1]! += strength * 0.94;
          out[2]! += strength * 0.8;
        }
      }
      out[0]! *= red;
      out[1]! *= green;
      out[2]! *= blue;
      if (material === PAINT || material === GLASS || material === METAL) {
        const cosine = dx * nx + dy * ny + dz * nz;
        const facing = 1 - Math.min(1, Math.abs(cosine));
        const base = material === GLASS ? 0.09 : material === METAL ? 0.35 : 0.045;
        const fresnel = base + (1 - base) * facing ** 5 * (material === METAL ? 0.5 : 0.85);
        const [mx, my, mz] = [dx - 2 * cosine * nx, dy - 2 * cosine * ny, dz - 2 * cosine * nz];
        // houses all around hide the lowest part of the sky
        const skyline = 0.16 + 0.16 * hash2(Math.floor(Math.atan2(my, mx) * 4), 7);
        skyRadiance(light, mz, skyScratch);
        const shown = mz > skyline ? 1 : mz > 0 ? 0.3 : 0.6;
        for (let k = 0; k < 3; k++) out[k]! += fresnel * skyScratch[k]! * shown;
        if (hidden < 1) {
          const spark = mx * light.sun[0] + my * light.sun[1] + mz * light.sun[2];
          if (spark > 0.9) {
            const k = spark ** 180 * 2.2 * (1 - hidden) * (material === METAL ? 0.5 : 1);
            for (let c = 0; c < 3; c++) out[c]! += k * sunColour[c]!;
          }
        }
      }
    }
    const clear = Math.exp(-light.mist * depth * length);
    for (let k = 0; k < 3; k++) out[k] = out[k]! * clear + light.mistColour[k]! * (1 - clear);
  }
}

const skyScratch = new Float64Array(3);
