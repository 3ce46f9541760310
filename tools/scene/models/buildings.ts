import { type Corner, halfWidth, type Layout } from '../layout.ts';
import type { Random } from '../random.ts';
import { type Batch, place } from '../render/batch.ts';
import { GLASS, GLOW, linear, MATTE, MeshBuilder, type Palette, palette, type Vec3 } from '../render/mesh.ts';

const WALL = 0;
const TRIM = 1;
const PANE = 2;
const LIT = 3;
const ROOF = 4;
const SHOP = 5;
const SIGN = 6;
const DOOR = 7;

const WALLS = [
  0xd9cdb8, 0xc9b79c, 0xb5684a, 0xa5533c, 0xe4ddcf, 0xb9b4aa, 0x8f9ba3, 0xcfa987, 0xd8bfa0, 0x9c8672,
  0xe8d9b5, 0x7f8c8a,
];
const AWNINGS = [0xb03a2e, 0x1f618d, 0x1e8449, 0xb7950b, 0x6c3483, 0x2e4053, 0xca6f1e];
const FLOOR_HEIGHT = 3.2;
const BASE_HEIGHT = 4.1;

/** Rows of houses around the corners, their fronts on the outer edge of the pavement. */
export function addBuildings(batch: Batch, layout: Layout, night: boolean, random: Random): void {
  const inner: [number, number] = [
    halfWidth(layout.northSouth) + layout.pavement,
    halfWidth(layout.eastWest) + layout.pavement,
  ];
  for (const [name, kind] of Object.entries(layout.corners) as [Corner, string][]) {
    const [sx, sy] = [name.includes('east') ? 1 : -1, name.includes('north') ? 1 : -1];
    const back = kind === 'plaza' ? 24 : kind === 'park' ? 36 : 0;
    const depth = 13;
    // along the east-west road, then along the north-south road behind that row
    row(batch, night, random, inner[0] + (back === 0 ? 0 : back), layout.reach + 40, (from, to, place) =>
      place(sx * from, sx * to, sy * (inner[1] + (back === 0 ? 0 : 0)), sy * (inner[1] + depth)),
    );
    if (back > 0) {
      row(batch, night, random, inner[0] - 2, inner[0] + back, (from, to, place) =>
        place(sx * from, sx * to, sy * (inner[1] + back), sy * (inner[1] + back + depth)),
      );
    }
    row(
      batch,
      night,
      random,
      inner[1] + (back === 0 ? depth + 0.5 : back + depth + 0.5),
      layout.reach + 40,
      (from, to, place) => place(sx * inner[0], sx * (inner[0] + depth), sy * from, sy * to),
    );
  }
  // what closes the view at the far ends of the roads
  const far = layout.reach + 42;
  for (const s of [1, -1]) {
    house(
      batch,
      night,
      random,
      [Math.min(s * far, s * (far + 14)), -16],
      [Math.max(s * far, s * (far + 14)), 16],
    );
    house(
      batch,
      night,
      random,
      [-16, Math.min(s * far, s * (far + 14))],
      [16, Math.max(s * far, s * (far + 14))],
    );
  }
}

function row(
  batch: Batch,
  night: boolean,
  random: Random,
  from: number,
  to: number,
  at: (from: number, to: number, place: (x0: number, x1: number, y0: number, y1: number) => void) => void,
): void {
  for (let p = from; p < to; ) {
    const width = random.between(9, 17);
    at(p, p + width, (x0, x1, y0, y1) => {
      house(batch, night, random, [Math.min(x0, x1), Math.min(y0, y1)], [Math.max(x0, x1), Math.max(y0, y1)]);
    });
    p += width + (random.chance(0.12) ? 3 : 0.02);
  }
}

function house(
  batch: Batch,
  night: boolean,
  random: Random,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  const [w, d] = [to[0] - from[0], to[1] - from[1]];
  const floors = random.whole(2, 5);
  const height = BASE_HEIGHT + floors * FLOOR_HEIGHT;
  const b = new MeshBuilder();
  const [x, y] = [w / 2, d / 2];
  b.box([-x, -y, 0], [x, y, height], WALL, ROOF);
  b.box([-x - 0.25, -y - 0.25, height], [x + 0.25, y + 0.25, height + 0.45], TRIM, ROOF);
  b.box([-x - 0.12, -y - 0.12, BASE_HEIGHT - 0.3], [x + 0.12, y + 0.12, BASE_HEIGHT], TRIM);
  if (random.chance(0.45)) pitched(b, x, y, height + 0.4, random.between(2, 3.6));
  else b.box([-x * 0.3, -y * 0.3, height], [x * 0.1, y * 0.2, height + 2.4], WALL, ROOF);
  const style = {
    spacing: random.between(2.1, 3.1),
    tall: random.between(1.4, 1.9),
    wide: random.between(0.9, 1.5),
    shops: random.chance(0.75),
  };
  const wall = (origin: Vec3, along: Vec3, length: number): void =>
    front(b, origin, along, length, floors, style, night, random);
  wall([-x, -y, 0], [1, 0, 0], w);
  wall([x, y, 0], [-1, 0, 0], w);
  wall([x, -y, 0], [0, 1, 0], d);
  wall([-x, y, 0], [0, -1, 0], d);
  batch.add(
    b.build(10),
    place((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, 0, 0),
    colours(night, random),
    0,
  );
}

function pitched(b: MeshBuilder, x: number, y: number, z: number, rise: number): void {
  const a: Vec3 = [-x - 0.3, -y - 0.3, z];
  const e: Vec3 = [x + 0.3, -y - 0.3, z];
  const f: Vec3 = [x + 0.3, y + 0.3, z];
  const g: Vec3 = [-x - 0.3, y + 0.3, z];
  if (x > y) {
    const [p, q]: [Vec3, Vec3] = [
      [-x + y * 0.5, 0, z + rise],
      [x - y * 0.5, 0, z + rise],
    ];
    b.quad(a, e, q, p, ROOF).quad(f, g, p, q, ROOF).triangle(e, f, q, ROOF).triangle(g, a, p, ROOF);
  } else {
    const [p, q]: [Vec3, Vec3] = [
      [0, -y + x * 0.5, z + rise],
      [0, y - x * 0.5, z + rise],
    ];
    b.quad(e, f, q, p, ROOF).quad(g, a, p, q, ROOF).triangle(a, e, p, ROOF).triangle(f, g, q, ROOF);
  }
}

interface Style {
  readonly spacing: number;
  readonly tall: number;
  readonly wide: number;
  readonly shops: boolean;
}

/** The windows, shops and doors of one wall; seen from outside, `along` points to the right. */
function front(
  b: MeshBuilder,
  origin: Vec3,
  along: Vec3,
  length: number,
  floors: number,
  style: Style,
  night: boolean,
  random: Random,
): void {
  const out: Vec3 = [along[1], -along[0], 0];
  const at = (u: number, n: number, z: number): Vec3 => [
    origin[0] + along[0] * u + out[0] * n,
    origin[1] + along[1] * u + out[1] * n,
    z,
  ];
  const slab = (u0: number, u1: number, z0: number, z1: number, proud: number, slot: number): void => {
    b.quad(at(u0, proud, z0), at(u1, proud, z0), at(u1, proud, z1), at(u0, proud, z1), slot);
    b.quad(at(u0, 0, z1), at(u0, proud, z1), at(u1, proud, z1), at(u1, 0, z1), slot);
    b.quad(at(u0, 0, z0), at(u0, proud, z0), at(u0, proud, z1), at(u0, 0, z1), slot);
    b.quad(at(u1, proud, z0), at(u1, 0, z0), at(u1, 0, z1), at(u1, proud, z1), slot);
  };
  const pane = (share: number): number => (night && random.chance(share) ? LIT : PANE);
  const columns = Math.max(1, Math.floor((length - 0.8) / style.spacing));
  const step = length / columns;
  for (let floor = 0; floor < floors; floor++) {
    const z = BASE_HEIGHT + floor * FLOOR_HEIGHT + 0.75;
    for (let c = 0; c < columns; c++) {
      const u = (c + 0.5) * step;
      const half = style.wide / 2;
      slab(u - half - 0.1, u + half + 0.1, z - 0.14, z + style.tall + 0.1, 0.05, TRIM);
      slab(u - half, u + half, z, z + style.tall, 0.07, pane(0.32));
      slab(u - half - 0.16, u + half + 0.16, z - 0.2, z - 0.08, 0.18, TRIM);
    }
  }
  if (!style.shops) {
    for (let c = 0; c < columns; c++) {
      const u = (c + 0.5) * step;
      if (c === Math.floor(columns / 2)) slab(u - 0.6, u + 0.6, 0, 2.4, 0.06, DOOR);
      else slab(u - style.wide / 2, u + style.wide / 2, 1.1, 2.9, 0.06, pane(0.3));
    }
    return;
  }
  const shops = Math.max(1, Math.round(length / 5.5));
  const shop = length / shops;
  for (let s = 0; s < shops; s++) {
    const [u0, u1] = [s * shop + 0.4, (s + 1) * shop - 0.4];
    slab(u0, u1 - 1.3, 0.45, 2.75, 0.06, pane(0.75));
    slab(u1 - 1.1, u1, 0.05, 2.6, 0.05, random.chance(0.5) ? DOOR : pane(0.6));
    slab(u0, u1, 2.95, 3.6, 0.12, SIGN);
    if (random.chance(0.45)) {
      b.quad(at(u0, 1.3, 2.35), at(u1, 1.3, 2.35), at(u1, 0.05, 2.95), at(u0, 0.05, 2.95), SHOP);
      b.quad(at(u0, 0.05, 2.94), at(u1, 0.05, 2.94), at(u1, 1.3, 2.34), at(u0, 1.3, 2.34), SHOP);
    }
  }
}

function colours(night: boolean, random: Random): Palette {
  const wall = linear(random.pick(WALLS));
  const trim = random.chance(0.6)
    ? linear(0xe6e1d6)
    : ([wall[0] * 0.7, wall[1] * 0.7, wall[2] * 0.7] as const);
  const awning = linear(random.pick(AWNINGS));
  const warm = random.between(0.8, 1.3);
  return palette([
    [wall, MATTE],
    [trim, MATTE],
    [linear(0x1b242c), GLASS],
    [[0.95 * warm, 0.66 * warm, 0.34 * warm], night ? GLOW : GLASS],
    [linear(random.pick([0x6a4a3c, 0x55504c, 0x7a3f2e, 0x4b5258])), MATTE],
    [awning, MATTE],
    night && random.chance(0.6)
      ? [[awning[0] * 2 + 0.25, awning[1] * 2 + 0.22, awning[2] * 2 + 0.2], GLOW]
      : [linear(random.pick([0x2b2f33, 0x5a2020, 0x1f3b2d, 0x22344f, 0xd8d2c4])), MATTE],
    [linear(random.pick([0x3d2b1f, 0x2c3e50, 0x4a1c1c, 0x1e3527])), MATTE],
  ]);
}
