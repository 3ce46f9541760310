import type { Layout } from '../layout.ts';
import { type Furniture, LAMP_ARM, LAMP_HEIGHT } from '../models/street.ts';
import type { Batch } from './batch.ts';
import { Bvh } from './bvh.ts';
import { type Camera, NEAR } from './camera.ts';
import { Ground } from './ground.ts';
import { type Light, skyRadiance } from './light.ts';
import { GLASS, GLOW, MATTE, METAL, type Vec3 } from './mesh.ts';
import { fractalNoise, hash2 } from './noise.ts';
import { createTarget, drawTriangle, type Target } from './raster.ts';
import { ShadowMap } from './shadow-map.ts';

/** Samples across and down a pixel. */
export const SAMPLES = 2;
/** How far a shadow map of the whole junction reaches, metres from its middle, and its pixels. */
const SUN_REACH = 95;
const SUN_SIZE = 2048;
const LAMP_RANGE = 24;
const GROUND = -2;

export interface Lamp {
  readonly at: Vec3;
  readonly colour: Vec3;
}

/** All that stands still, seen by one camera in one light: computed once, then used for every picture. */
export interface Background {
  readonly camera: Camera;
  readonly light: Light;
  /** 1 / depth of every sample, `SAMPLES` times as wide and high as the picture. */
  readonly samples: Target;
  /** Linear colour a pixel, 3 numbers: everything but the sun's direct light. */
  readonly ambient: Float32Array;
  /** The sun's direct light, already without what stands still before it. */
  readonly direct: Float32Array;
  /** Colour of the surface itself, for headlights. */
  readonly albedo: Float32Array;
  /** Normal, three a pixel, times 127. */
  readonly normals: Int8Array;
  /** 0 to 255: how much the pixel mirrors (wet road). */
  readonly mirror: Uint8Array;
  /** The static sun shadow, for what moves. */
  readonly shadow: ShadowMap | undefined;
  readonly lamps: readonly Lamp[];
}

export function lampsOf(furniture: readonly Furniture[], light: Light): Lamp[] {
  if (light.lamps === 0) return [];
  const k = 52 * light.lamps;
  return furniture
    .filter(({ kind }) => kind === 'lamp')
    .map(({ x, y, heading }) => ({
      at: [x + Math.cos(heading) * LAMP_ARM, y + Math.sin(heading) * LAMP_ARM, LAMP_HEIGHT] as const,
      colour: [k, 0.74 * k, 0.43 * k] as const,
    }));
}

/** Light of the lamps on a point with a normal; `blocked` tells what stands between. */
export function addLamps(
  lamps: readonly Lamp[],
  px: number,
  py: number,
  pz: number,
  nx: number,
  ny: number,
  nz: number,
  blocked: ((dx: number, dy: number, dz: number, reach: number) => boolean) | undefined,
  out: Float64Array,
): void {
  for (const { at, colour } of lamps) {
    const [dx, dy, dz] = [at[0] - px, at[1] - py, at[2] - pz];
    const square = dx * dx + dy * dy + dz * dz;
    if (square > LAMP_RANGE * LAMP_RANGE) continue;
    const distance = Math.sqrt(square);
    const cosine = (nx * dx + ny * dy + nz * dz) / distance;
    if (cosine <= 0) continue;
    const down = Math.max(0, dz / distance); // lamps shine downwards
    const strength = (cosine * down * (1 - square / (LAMP_RANGE * LAMP_RANGE))) / (square + 4);
    if (strength < 1e-4) continue;
    if (blocked?.(dx / distance, dy / distance, dz / distance, distance - 0.4)) continue;
    out[0]! += colour[0] * strength;
    out[1]! += colour[1] * strength;
    out[2]! += colour[2] * strength;
  }
}

/** `rays`: how many look for the sky from every pixel; fewer than 12 also takes the sun's shadows from a map. */
export function bake(
  scene: Batch,
  layout: Layout,
  furniture: readonly Furniture[],
  camera: Camera,
  light: Light,
  seed: number,
  rays: number,
): Background {
  const { width, height } = camera;
  const fine = camera.scaled(SAMPLES);
  const samples = createTarget(fine.width, fine.height);
  drawGround(samples, fine, layout.reach + 400);
  drawScene(samples, fine, scene);
  const positions = scene.positions.slice(0, scene.triangles * 9);
  const bvh = new Bvh(positions);
  const sunny = light.sunColour[0] > 0;
  let shadow: ShadowMap | undefined;
  if (sunny) {
    shadow = new ShadowMap(light.sun, SUN_REACH, SUN_SIZE);
    shadow.draw(positions, 0, scene.triangles);
  }
  const lamps = lampsOf(furniture, light);
  const ground = new Ground(layout, seed);
  const pixels = width * height;
  const background: Background = {
    camera,
    light,
    samples,
    ambient: new Float32Array(pixels * 3),
    direct: new Float32Array(pixels * 3),
    albedo: new Float32Array(pixels * 3),
    normals: new Int8Array(pixels * 3),
    mirror: new Uint8Array(pixels),
    shadow,
    lamps,
  };
  const dir = new Float64Array(3);
  const albedo = new Float64Array(3);
  const sky = new Float64Array(3);
  const lit = new Float64Array(3);
  const share = 1 / (SAMPLES * SAMPLES);
  const quick = rays < 12;
  const skies = skyLights(bvh, scene, fine, samples, light, rays);
  for (let y = 0; y < fine.height; y++) {
    for (let x = 0; x < fine.width; x++) {
      const i = y * fine.width + x;
      const pixel = Math.floor(y / SAMPLES) * width + Math.floor(x / SAMPLES);
      const triangle = samples.triangle[i]!;
      fine.direction(x + 0.5, y + 0.5, dir);
      const [dx, dy, dz] = [dir[0]!, dir[1]!, dir[2]!];
      const length = Math.sqrt(dx * dx + dy * dy + dz * dz);
      if (triangle === -1) {
        skyPicture(light, dx / length, dy / length, dz / length, sky);
        for (let k = 0; k < 3; k++) background.ambient[pixel * 3 + k]! += sky[k]! * share;
        continue;
      }
      const t = 1 / samples.inverseDepth[i]!;
      const [px, py, pz] = [camera.eye[0] + dx * t, camera.eye[1] + dy * t, camera.eye[2] + dz * t];
      const distance = t * length;
      let [nx, ny, nz] = [0, 0, 1];
      let material = MATTE;
      let wetness = 0;
      if (triangle === GROUND) {
        const footprint = (t * t) / (fine.focal * camera.eye[2]);
        ground.colour(px, py, Math.min(footprint, 3), albedo);
        wetness =
          light.wet * (0.35 + 0.65 * ground.smooth) * (0.55 + 0.6 * fractalNoise(px * 0.35, py * 0.35, 3));
        const dark = 1 - 0.45 * Math.min(1, wetness);
        for (let k = 0; k < 3; k++) albedo[k]! *= dark;
      } else {
        const s = triangle * 4;
        albedo[0] = scene.surfaces[s]!;
        albedo[1] = scene.surfaces[s + 1]!;
        albedo[2] = scene.surfaces[s + 2]!;
        material = scene.surfaces[s + 3]!;
        nx = scene.normals[triangle * 9]!;
        ny = scene.normals[triangle * 9 + 1]!;
        nz = scene.normals[triangle * 9 + 2]!;
        if (material === MATTE) {
          const grain = 0.9 + 0.2 * fractalNoise((px + py) * 1.3, pz * 1.3, 3);
          for (let k = 0; k < 3; k++) albedo[k]! *= grain;
        }
      }
      if (x % SAMPLES === 0 && y % SAMPLES === 0) {
        background.normals[pixel * 3] = nx * 127;
        background.normals[pixel * 3 + 1] = ny * 127;
        background.normals[pixel * 3 + 2] = nz * 127;
        background.mirror[pixel] = Math.min(255, wetness * 255);
      }
      if (triangle !== GROUND && nx * dx + ny * dy + nz * dz > 0) {
        // leaves have two sides
        nx = -nx * 0.4;
        ny = -ny * 0.4;
        nz = Math.abs(nz);
      }
      const clear = Math.exp(-light.mist * distance);
      const [ox, oy, oz] = [px + nx * 0.02, py + ny * 0.02, pz + nz * 0.02];
      lit.fill(0);
      if (material === GLOW) {
        for (let k = 0; k < 3; k++) lit[k] = albedo[k]!;
      } else {
        for (let k = 0; k < 3; k++) lit[k] = skies[pixel * 3 + k]!;
        if (lamps.length > 0)
          addLamps(
            lamps,
            ox,
            oy,
            oz,
            nx,
            ny,
            nz,
            (lx, ly, lz, reach) => bvh.blocked(ox, oy, oz, lx, ly, lz, reach),
            lit,
          );
        for (let k = 0; k < 3; k++) lit[k]! *= albedo[k]!;
        if (material === GLASS || material === METAL || wetness > 0.02)
          mirrored(
            bvh,
            light,
            ox,
            oy,
            oz,
            dx / length,
            dy / length,
            dz / length,
            nx,
            ny,
            nz,
            material === GLASS ? 1 : material === METAL ? 0.5 : wetness,
            x,
            y,
            lit,
          );
      }
      let sun = 0;
      if (sunny && material !== GLOW) {
        const cosine = nx * light.sun[0] + ny * light.sun[1] + nz * light.sun[2];
        if (cosine > 0) {
          const jitter = 0.012;
          const a = light.sun[0] + (hash2(x * 3, y) - 0.5) * jitter * 2;
          const b = light.sun[1] + (hash2(x, y * 3 + 7) - 0.5) * jitter * 2;
          if (quick)
            sun = cosine * (1 - (shadow as ShadowMap).shade(ox + nx * 0.1, oy + ny * 0.1, oz + nz * 0.1));
          else if (!bvh.blocked(ox, oy, oz, a, b, light.sun[2], 150)) sun = cosine;
        }
      }
      for (let k = 0; k < 3; k++) {
        background.ambient[pixel * 3 + k]! += share * (lit[k]! * clear + light.mistColour[k]! * (1 - clear));
        background.direct[pixel * 3 + k]! +=
          share * albedo[k]! * sun * light.sunColour[k]! * clear * (material === GLASS ? 0.3 : 1);
        background.albedo[pixel * 3 + k]! += share * albedo[k]! * (material === GLOW ? 0 : 1);
      }
    }
  }
  return background;
}

/**
 * Light from the sky on every pixel's first sample: a few rays each, then a mean over the neighbours on the same
 * surface, because the sky's light changes slowly while single rays do not.
 */
function skyLights(
  bvh: Bvh,
  scene: Batch,
  fine: Camera,
  samples: Target,
  light: Light,
  rays: number,
): Float32Array {
  const width = fine.width / SAMPLES;
  const height = fine.height / SAMPLES;
  const raw = new Float32Array(width * height * 3);
  const planes = new Float32Array(width * height * 4); // normal, and distance from the origin along it
  const dir = new Float64Array(3);
  const found = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * SAMPLES * samples.width + x * SAMPLES;
      const triangle = samples.triangle[i]!;
      if (triangle === -1) continue;
      fine.direction(x * SAMPLES + 0.5, y * SAMPLES + 0.5, dir);
      const t = 1 / samples.inverseDepth[i]!;
      const px = fine.eye[0] + dir[0]! * t;
      const py = fine.eye[1] + dir[1]! * t;
      const pz = fine.eye[2] + dir[2]! * t;
      let nx = 0;
      let ny = 0;
      let nz = 1;
      if (triangle !== GROUND) {
        nx = scene.normals[triangle * 9]!;
        ny = scene.normals[triangle * 9 + 1]!;
        nz = scene.normals[triangle * 9 + 2]!;
      }
      skyLight(bvh, light, px + nx * 0.03, py + ny * 0.03, pz + nz * 0.03, nx, ny, nz, rays, x, y, found);
      const at = y * width + x;
      raw.set(found, at * 3);
      planes[at * 4] = nx;
      planes[at * 4 + 1] = ny;
      planes[at * 4 + 2] = nz;
      planes[at * 4 + 3] = nx * px + ny * py + nz * pz + 1e-3;
    }
  }
  const smooth = new Float32Array(raw.length);
  const reach = rays >= 12 ? 2 : 3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      if (planes[at + 3] === 0) continue;
      let r = 0;
      let g = 0;
      let b = 0;
      let n = 0;
      for (let v = Math.max(0, y - reach); v <= Math.min(height - 1, y + reach); v++) {
        for (let u = Math.max(0, x - reach); u <= Math.min(width - 1, x + reach); u++) {
          const to = (v * width + u) * 4;
          const alike =
            planes[at]! * planes[to]! + planes[at + 1]! * planes[to + 1]! + planes[at + 2]! * planes[to + 2]!;
          if (alike < 0.9 || Math.abs(planes[at + 3]! - planes[to + 3]!) > 0.15) continue;
          const k = (v * width + u) * 3;
          r += raw[k]!;
          g += raw[k + 1]!;
          b += raw[k + 2]!;
          n++;
        }
      }
      const k = (y * width + x) * 3;
      smooth[k] = r / n;
      smooth[k + 1] = g / n;
      smooth[k + 2] = b / n;
    }
  }
  return smooth;
}

/** Light from the sky on a surface: cosine-weighted rays, those that meet something bring a little of its light. */
function skyLight(
  bvh: Bvh,
  light: Light,
  px: number,
  py: number,
  pz: number,
  nx: number,
  ny: number,
  nz: number,
  rays: number,
  x: number,
  y: number,
  out: Float64Array,
): void {
  let [r, g, b] = [0, 0, 0];
  const found = directionScratch;
  for (let k = 0; k < rays; k++) {
    const u = (k + hash2(x + k * 131, y * 7 + k)) / rays;
    const v = hash2(x * 5 + k * 17, y + k * 71 + 3);
    // a point on the unit sphere added to the normal: directions weighted by their cosine
    const z = 1 - 2 * u;
    const ring = Math.sqrt(Math.max(0, 1 - z * z));
    const angle = 2 * Math.PI * v;
    let [dx, dy, dz] = [nx + ring * Math.cos(angle), ny + ring * Math.sin(angle), nz + z];
    const norm = 1 / (Math.sqrt(dx * dx + dy * dy + dz * dz) || 1);
    dx *= norm;
    dy *= norm;
    dz *= norm;
    if (dz > 0 && !bvh.blocked(px, py, pz, dx, dy, dz, 40)) {
      skyRadiance(light, dz, found);
      r += found[0]!;
      g += found[1]!;
      b += found[2]!;
    } else {
      r += light.bounce[0];
      g += light.bounce[1];
      b += light.bounce[2];
    }
  }
  out[0] = r / rays;
  out[1] = g / rays;
  out[2] = b / rays;
}

const directionScratch = new Float64Array(3);

/** Adds what a smooth surface shows of its surroundings (Schlick 1994 for the Fresnel term). */
function mirrored(
  bvh: Bvh,
  light: Light,
  px: number,
  py: number,
  pz: number,
  dx: number,
  dy: number,
  dz: number,
  nx: number,
  ny: number,
  nz: number,
  gloss: number,
  x: number,
  y: number,
  lit: Float64Array,
): void {
  const rough = gloss === 1 ? 0 : 0.06;
  const [jx, jy] = [nx + (hash2(x * 13, y) - 0.5) * rough, ny + (hash2(x, y * 13) - 0.5) * rough];
  const cosine = dx * jx + dy * jy + dz * nz;
  const [rx, ry, rz] = [dx - 2 * cosine * jx, dy - 2 * cosine * jy, dz - 2 * cosine * nz];
  const fresnel = gloss * (0.04 + 0.96 * (1 - Math.min(1, Math.abs(cosine))) ** 5);
  if (bvh.blocked(px, py, pz, rx, ry, Math.abs(rz), 60)) {
    for (let k = 0; k < 3; k++) lit[k]! += fresnel * (light.bounce[k]! * 0.8 + light.horizon[k]! * 0.06);
    return;
  }
  skyRadiance(light, Math.max(0, rz), directionScratch);
  for (let k = 0; k < 3; k++) lit[k]! += fresnel * directionScratch[k]!;
}

function skyPicture(light: Light, dx: number, dy: number, dz: number, out: Float64Array): void {
  skyRadiance(light, Math.max(dz, 0), out);
  if (dz <= 0.02) return;
  const cover = fractalNoise((dx / dz) * 0.9 + 11, (dy / dz) * 0.9 + 5, 5);
  const cloud = Math.min(1, Math.max(0, (cover - 0.78 + light.clouds * 0.5) * 4)) * Math.min(1, dz * 6);
  for (let k = 0; k < 3; k++) {
    const white = light.horizon[k]! * 0.95 + light.sunColour[k]! * 0.07;
    out[k]! += (white - out[k]!) * cloud * 0.8;
  }
}

/** The ground reaches to the horizon: each ray's way down to it is computed, rather than a triangle drawn. */
function drawGround(target: Target, camera: Camera, reach: number): void {
  const dir = new Float64Array(3);
  for (let y = 0; y < target.height; y++) {
    for (let x = 0; x < target.width; x++) {
      camera.direction(x + 0.5, y + 0.5, dir);
      if (dir[2]! >= 0) continue;
      const t = -camera.eye[2] / dir[2]!;
      if (t > reach) continue;
      target.inverseDepth[y * target.width + x] = 1 / t;
      target.triangle[y * target.width + x] = GROUND;
    }
  }
}

function drawScene(target: Target, camera: Camera, scene: Batch): void {
  const corners = new Float64Array(9);
  const cut = new Float64Array(4 * 3);
  for (let t = 0; t < scene.triangles; t++) {
    let visible = 0;
    for (let k = 0; k < 3; k++) {
      const p = t * 9 + k * 3;
      if (
        camera.project(scene.positions[p]!, scene.positions[p + 1]!, scene.positions[p + 2]!, corners, k * 3)
      )
        visible++;
    }
    if (visible === 3) drawTriangle(target, corners, 0, t, false);
    else if (visible > 0) drawCut(target, camera, scene, t, cut, corners);
  }
}

/** Draws what of a triangle lies beyond the near plane (Sutherland and Hodgman 1974). */
function drawCut(
  target: Target,
  camera: Camera,
  scene: Batch,
  t: number,
  cut: Float64Array,
  corners: Float64Array,
): void {
  const { eye, forward } = camera;
  const depth = (p: number): number =>
    (scene.positions[p]! - eye[0]) * forward[0] +
    (scene.positions[p + 1]! - eye[1]) * forward[1] +
    (scene.positions[p + 2]! - eye[2]) * forward[2];
  let count = 0;
  for (let k = 0; k < 3; k++) {
    const [p, q] = [t * 9 + k * 3, t * 9 + ((k + 1) % 3) * 3];
    const [a, b] = [depth(p) - NEAR * 1.001, depth(q) - NEAR * 1.001];
    if (a >= 0) {
      cut.set([scene.positions[p]!, scene.positions[p + 1]!, scene.positions[p + 2]!], count * 3);
      count++;
    }
    if (a >= 0 !== b >= 0) {
      const f = a / (a - b);
      for (let c = 0; c < 3; c++)
        cut[count * 3 + c] =
          scene.positions[p + c]! + f * (scene.positions[q + c]! - scene.positions[p + c]!);
      count++;
    }
  }
  for (let k = 1; k + 1 < count; k++) {
    let ok = true;
    [0, k, k + 1].forEach((v, n) => {
      ok = camera.project(cut[v * 3]!, cut[v * 3 + 1]!, cut[v * 3 + 2]!, corners, n * 3) && ok;
    });
    if (ok) drawTriangle(target, corners, 0, t, false);
  }
}
