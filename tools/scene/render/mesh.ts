/** What a surface does with light. */
export const MATTE = 0;
export const PAINT = 1;
export const GLASS = 2;
export const GLOW = 3;
export const METAL = 4;

export type Vec3 = readonly [number, number, number];

/**
 * Triangles that share no vertices. Metres, in the space of the thing itself (x forward, y to its left, z up, the
 * origin on the ground in the middle of its footprint); counter-clockwise seen from outside.
 */
export interface Mesh {
  readonly triangles: number;
  /** 9 a triangle. */
  readonly positions: Float32Array;
  /** 9 a triangle, unit length. */
  readonly normals: Float32Array;
  /** Which colour of the palette, one a triangle. */
  readonly slots: Uint8Array;
}

/** Linear red, green, blue and the material: 4 numbers a slot. */
export type Palette = Float32Array;

/** An sRGB colour such as 0xff8800 as linear light. */
export function linear(hex: number): Vec3 {
  return [toLinear((hex >> 16) & 255), toLinear((hex >> 8) & 255), toLinear(hex & 255)];
}

function toLinear(byte: number): number {
  const v = byte / 255; // IEC 61966-2-1
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

export function palette(slots: readonly (readonly [Vec3, number])[]): Palette {
  const out = new Float32Array(slots.length * 4);
  slots.forEach(([colour, material], i) => {
    out.set(colour, i * 4);
    out[i * 4 + 3] = material;
  });
  return out;
}

/** Collects triangles; `build` gives them normals. */
export class MeshBuilder {
  readonly #positions: number[] = [];
  readonly #slots: number[] = [];

  triangle(a: Vec3, b: Vec3, c: Vec3, slot: number): this {
    this.#positions.push(a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]);
    this.#slots.push(slot);
    return this;
  }

  /** Corners counter-clockwise, seen from outside. */
  quad(a: Vec3, b: Vec3, c: Vec3, d: Vec3, slot: number): this {
    return this.triangle(a, b, c, slot).triangle(a, c, d, slot);
  }

  /** An upright box from one corner to the opposite one. */
  box(from: Vec3, to: Vec3, slot: number, top = slot): this {
    const [x0, y0, z0] = from;
    const [x1, y1, z1] = to;
    this.quad([x0, y0, z0], [x1, y0, z0], [x1, y0, z1], [x0, y0, z1], slot);
    this.quad([x1, y0, z0], [x1, y1, z0], [x1, y1, z1], [x1, y0, z1], slot);
    this.quad([x1, y1, z0], [x0, y1, z0], [x0, y1, z1], [x1, y1, z1], slot);
    this.quad([x0, y1, z0], [x0, y0, z0], [x0, y0, z1], [x0, y1, z1], slot);
    this.quad([x0, y0, z1], [x1, y0, z1], [x1, y1, z1], [x0, y1, z1], top);
    return this.quad([x0, y1, z0], [x1, y1, z0], [x1, y0, z0], [x0, y0, z0], slot);
  }

  /**
   * A skin over rings of points, each ring counter-clockwise seen from the ring that follows it; the last ring's
   * end and the first's are closed when `capped`.
   */
  skin(
    rings: readonly (readonly Vec3[])[],
    slot: number | ((ring: number, side: number) => number),
    capped = true,
  ): this {
    const slotAt = typeof slot === 'number' ? () => slot : slot;
    for (let r = 0; r + 1 < rings.length; r++) {
      const near = rings[r] as readonly Vec3[];
      const far = rings[r + 1] as readonly Vec3[];
      for (let i = 0; i < near.length; i++) {
        const j = (i + 1) % near.length;
        this.quad(near[i] as Vec3, near[j] as Vec3, far[j] as Vec3, far[i] as Vec3, slotAt(r, i));
      }
    }
    if (!capped) return this;
    const first = rings[0] as readonly Vec3[];
    const last = rings[rings.length - 1] as readonly Vec3[];
    for (let i = 1; i + 1 < first.length; i++) {
      this.triangle(first[0] as Vec3, first[i + 1] as Vec3, first[i] as Vec3, slotAt(0, i));
      this.triangle(last[0] as Vec3, last[i] as Vec3, last[i + 1] as Vec3, slotAt(rings.length - 2, i));
    }
    return this;
  }

  /** A tube along the way from `a` to `b`, its ends as wide as told; closed. */
  tube(a: Vec3, b: Vec3, radiusA: number, radiusB: number, sides: number, slot: number): this {
    const [u, v] = across([b[0] - a[0], b[1] - a[1], b[2] - a[2]]);
    return this.skin([circle(a, u, v, radiusA, sides), circle(b, u, v, radiusB, sides)], slot);
  }

  /** An ellipsoid with half axes `r`. */
  ellipsoid(centre: Vec3, r: Vec3, sides: number, rings: number, slot: number): this {
    const skin: Vec3[][] = [];
    for (let i = 0; i <= rings; i++) {
      const polar = (Math.PI * i) / rings;
      const z = -Math.cos(polar);
      const around = Math.max(Math.sin(polar), 1e-3);
      skin.push(
        Array.from({ length: sides }, (_, j): Vec3 => {
          const angle = (2 * Math.PI * j) / sides;
          return [
            centre[0] + r[0] * around * Math.cos(angle),
            centre[1] + r[1] * around * Math.sin(angle),
            centre[2] + r[2] * z,
          ];
        }),
      );
    }
    return this.skin(skin, slot, false);
  }

  /** Faces whose angle is less than `creaseDegrees` look like one rounded surface. */
  build(creaseDegrees: number): Mesh {
    const triangles = this.#slots.length;
    const positions = Float32Array.from(this.#positions);
    const faces = new Float64Array(triangles * 3); // length: twice the area, so that large faces weigh more
    for (let t = 0; t < triangles; t++) {
      const p = t * 9;
      const ux = positions[p + 3]! - positions[p]!;
      const uy = positions[p + 4]! - positions[p + 1]!;
      const uz = positions[p + 5]! - positions[p + 2]!;
      const vx = positions[p + 6]! - positions[p]!;
      const vy = positions[p + 7]! - positions[p + 1]!;
      const vz = positions[p + 8]! - positions[p + 2]!;
      faces[t * 3] = uy * vz - uz * vy;
      faces[t * 3 + 1] = uz * vx - ux * vz;
      faces[t * 3 + 2] = ux * vy - uy * vx;
    }
    const sharing = new Map<string, number[]>();
    const keyOf = (i: number): string =>
      `${Math.round(positions[i]! * 1e3)},${Math.round(positions[i + 1]! * 1e3)},${Math.round(positions[i + 2]! * 1e3)}`;
    for (let t = 0; t < triangles; t++) {
      for (let corner = 0; corner < 3; corner++) {
        const key = keyOf(t * 9 + corner * 3);
        const list = sharing.get(key);
        if (list) list.push(t);
        else sharing.set(key, [t]);
      }
    }
    const normals = new Float32Array(triangles * 9);
    const least = Math.cos((creaseDegrees * Math.PI) / 180);
    for (let t = 0; t < triangles; t++) {
      const [fx, fy, fz] = [faces[t * 3]!, faces[t * 3 + 1]!, faces[t * 3 + 2]!];
      const length = Math.sqrt(fx * fx + fy * fy + fz * fz) || 1;
      for (let corner = 0; corner < 3; corner++) {
        let [x, y, z] = [0, 0, 0];
        for (const other of sharing.get(keyOf(t * 9 + corner * 3)) as number[]) {
          const [ox, oy, oz] = [faces[other * 3]!, faces[other * 3 + 1]!, faces[other * 3 + 2]!];
          const otherLength = Math.sqrt(ox * ox + oy * oy + oz * oz) || 1;
          if (fx * ox + fy * oy + fz * oz < least * length * otherLength) continue;
          x += ox;
          y += oy;
          z += oz;
        }
        const norm = Math.sqrt(x * x + y * y + z * z) || 1;
        normals[t * 9 + corner * 3] = x / norm;
        normals[t * 9 + corner * 3 + 1] = y / norm;
        normals[t * 9 + corner * 3 + 2] = z / norm;
      }
    }
    return { triangles, positions, normals, slots: Uint8Array.from(this.#slots) };
  }
}

/** Two unit vectors across `along` and each other: u x v points along. */
function across(along: Vec3): [Vec3, Vec3] {
  const [x, y, z] = along;
  const length = Math.sqrt(x * x + y * y + z * z) || 1;
  const [dx, dy, dz] = [x / length, y / length, z / length];
  const u: Vec3 = Math.abs(dz) > 0.9 ? unit([0, dz, -dy]) : unit([dy, -dx, 0]);
  return [u, [dy * u[2] - dz * u[1], dz * u[0] - dx * u[2], dx * u[1] - dy * u[0]]];
}

function unit([x, y, z]: Vec3): Vec3 {
  const length = Math.sqrt(x * x + y * y + z * z) || 1;
  return [x / length, y / length, z / length];
}

function circle(centre: Vec3, u: Vec3, v: Vec3, radius: number, sides: number): Vec3[] {
  return Array.from({ length: sides }, (_, i): Vec3 => {
    const angle = (2 * Math.PI * i) / sides;
    const [c, s] = [Math.cos(angle) * radius, Math.sin(angle) * radius];
    return [
      centre[0] + u[0] * c + v[0] * s,
      centre[1] + u[1] * c + v[1] * s,
      centre[2] + u[2] * c + v[2] * s,
    ];
  });
}
