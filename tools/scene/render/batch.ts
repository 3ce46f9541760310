import type { Mesh, Palette } from './mesh.ts';

/** Where a part stands: the columns are its x, y and z axes (at right angles, any length) and its origin. */
export type Placement = Float64Array;

/** 12 numbers: the axes and the origin, three each. */
export function place(
  x: number,
  y: number,
  z: number,
  heading: number,
  scale = 1,
  out = new Float64Array(12),
): Placement {
  const [c, s] = [Math.cos(heading) * scale, Math.sin(heading) * scale];
  out[0] = c;
  out[1] = s;
  out[2] = 0;
  out[3] = -s;
  out[4] = c;
  out[5] = 0;
  out[6] = 0;
  out[7] = 0;
  out[8] = scale;
  out[9] = x;
  out[10] = y;
  out[11] = z;
  return out;
}

/** `inner` within `outer`. */
export function within(outer: Placement, inner: Placement, out = new Float64Array(12)): Placement {
  for (let column = 0; column < 4; column++) {
    const [x, y, z] = [inner[column * 3]!, inner[column * 3 + 1]!, inner[column * 3 + 2]!];
    for (let k = 0; k < 3; k++) {
      out[column * 3 + k] =
        outer[k]! * x + outer[3 + k]! * y + outer[6 + k]! * z + (column === 3 ? outer[9 + k]! : 0);
    }
  }
  return out;
}

/** The triangles of many things in world coordinates. Grows, and keeps its memory from picture to picture. */
export class Batch {
  triangles = 0;
  positions = new Float32Array(9 * 4096);
  normals = new Float32Array(9 * 4096);
  /** Linear red, green, blue and the material, four a triangle. */
  surfaces = new Float32Array(4 * 4096);
  /** Which thing a triangle belongs to. */
  owners = new Uint16Array(4096);

  clear(): void {
    this.triangles = 0;
  }

  add(mesh: Mesh, placement: Placement, palette: Palette, owner: number): void {
    this.#reserve(this.triangles + mesh.triangles);
    const m = placement;
    const squares = [0, 3, 6].map((c) => m[c]! * m[c]! + m[c + 1]! * m[c + 1]! + m[c + 2]! * m[c + 2]!);
    const [sx, sy, sz] = [1 / squares[0]!, 1 / squares[1]!, 1 / squares[2]!];
    let at = this.triangles * 9;
    for (let i = 0; i < mesh.triangles * 9; i += 3, at += 3) {
      const x = mesh.positions[i]!;
      const y = mesh.positions[i + 1]!;
      const z = mesh.positions[i + 2]!;
      this.positions[at] = m[0]! * x + m[3]! * y + m[6]! * z + m[9]!;
      this.positions[at + 1] = m[1]! * x + m[4]! * y + m[7]! * z + m[10]!;
      this.positions[at + 2] = m[2]! * x + m[5]! * y + m[8]! * z + m[11]!;
      // a normal turns with the inverse of the scale
      const nx = mesh.normals[i]! * sx;
      const ny = mesh.normals[i + 1]! * sy;
      const nz = mesh.normals[i + 2]! * sz;
      const wx = m[0]! * nx + m[3]! * ny + m[6]! * nz;
      const wy = m[1]! * nx + m[4]! * ny + m[7]! * nz;
      const wz = m[2]! * nx + m[5]! * ny + m[8]! * nz;
      const norm = 1 / (Math.sqrt(wx * wx + wy * wy + wz * wz) || 1);
      this.normals[at] = wx * norm;
      this.normals[at + 1] = wy * norm;
      this.normals[at + 2] = wz * norm;
    }
    for (let t = 0; t < mesh.triangles; t++) {
      const slot = mesh.slots[t]! * 4;
      const to = (this.triangles + t) * 4;
      this.surfaces[to] = palette[slot]!;
      this.surfaces[to + 1] = palette[slot + 1]!;
      this.surfaces[to + 2] = palette[slot + 2]!;
      this.surfaces[to + 3] = palette[slot + 3]!;
      this.owners[this.triangles + t] = owner;
    }
    this.triangles += mesh.triangles;
  }

  #reserve(triangles: number): void {
    if (triangles <= this.owners.length) return;
    const room = Math.max(triangles, this.owners.length * 2);
    const grown = <T extends Float32Array | Uint16Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.positions = grown(new Float32Array(room * 9), this.positions);
    this.normals = grown(new Float32Array(room * 9), this.normals);
    this.surfaces = grown(new Float32Array(room * 4), this.surfaces);
    this.owners = grown(new Uint16Array(room), this.owners);
  }
}
