import type { Random } from '../random.ts';
import {
  GLASS,
  GLOW,
  linear,
  MATTE,
  METAL,
  type Mesh,
  MeshBuilder,
  PAINT,
  type Palette,
  palette,
  type Vec3,
} from '../render/mesh.ts';
import type { AgentKind, Size } from '../traffic-types.ts';

const BODY = 0;
const WINDOW = 1;
const TRIM = 2;
const TYRE = 3;
const RIM = 4;
const HEADLAMP = 5;
const TAIL_LAMP = 6;
const PLATE = 7;
const SECOND = 8;
const SIGN = 9;

/** A cross-section: its place from the rear (0) to the front (1), heights in metres, and how wide it is (1: full). */
interface Station {
  readonly s: number;
  readonly bottom: number;
  readonly belt: number;
  readonly roof: number;
  readonly width: number;
  /** What the part from here to the next station has of glass. */
  readonly glass?: 'sides' | 'screen';
}

const st = (
  s: number,
  bottom: number,
  belt: number,
  roof: number,
  width: number,
  glass?: Station['glass'],
): Station => ({
  s,
  bottom,
  belt,
  roof,
  width,
  glass,
});

/** Body shapes, drawn for 1.5 m of height. */
const HATCHBACK = [
  st(0, 0.42, 0.8, 0.82, 0.82),
  st(0.02, 0.3, 0.93, 0.97, 0.95),
  st(0.05, 0.24, 0.97, 1.03, 0.98, 'screen'),
  st(0.15, 0.22, 0.99, 1.42, 1),
  st(0.18, 0.22, 0.99, 1.45, 1, 'sides'),
  st(0.36, 0.2, 0.98, 1.5, 1),
  st(0.385, 0.2, 0.98, 1.5, 1, 'sides'),
  st(0.54, 0.2, 0.97, 1.48, 1, 'sides'),
  st(0.6, 0.2, 0.96, 1.43, 1, 'screen'),
  st(0.76, 0.22, 0.95, 1.0, 0.99),
  st(0.88, 0.22, 0.88, 0.93, 0.97),
  st(0.97, 0.26, 0.74, 0.8, 0.92),
  st(1, 0.36, 0.6, 0.64, 0.8),
];
const SALOON = [
  st(0, 0.42, 0.8, 0.84, 0.82),
  st(0.02, 0.3, 0.92, 0.97, 0.95),
  st(0.06, 0.24, 0.95, 1.02, 0.98),
  st(0.16, 0.22, 0.97, 1.06, 1, 'screen'),
  st(0.28, 0.22, 0.98, 1.4, 1, 'sides'),
  st(0.42, 0.2, 0.97, 1.46, 1),
  st(0.44, 0.2, 0.97, 1.46, 1, 'sides'),
  st(0.58, 0.2, 0.96, 1.44, 1, 'screen'),
  st(0.72, 0.22, 0.94, 1.0, 0.99),
  st(0.87, 0.22, 0.87, 0.92, 0.97),
  st(0.97, 0.26, 0.74, 0.79, 0.92),
  st(1, 0.36, 0.58, 0.62, 0.8),
];
const ESTATE = [
  st(0, 0.42, 0.85, 0.87, 0.84),
  st(0.015, 0.32, 0.96, 1.0, 0.96),
  st(0.03, 0.28, 1.0, 1.08, 0.98, 'screen'),
  st(0.08, 0.26, 1.02, 1.44, 1),
  st(0.11, 0.26, 1.02, 1.47, 1, 'sides'),
  st(0.28, 0.25, 1.01, 1.5, 1),
  st(0.3, 0.25, 1.01, 1.5, 1, 'sides'),
  st(0.46, 0.25, 1.0, 1.5, 1),
  st(0.48, 0.25, 1.0, 1.5, 1, 'sides'),
  st(0.6, 0.25, 0.99, 1.46, 1, 'screen'),
  st(0.73, 0.26, 0.98, 1.05, 1),
  st(0.9, 0.26, 0.94, 1.0, 0.98),
  st(0.98, 0.3, 0.8, 0.85, 0.93),
  st(1, 0.4, 0.62, 0.66, 0.82),
];
const VAN = [
  st(0, 0.35, 0.7, 1.4, 0.96),
  st(0.01, 0.28, 0.75, 1.48, 1),
  st(0.66, 0.26, 0.78, 1.5, 1, 'sides'),
  st(0.8, 0.26, 0.76, 1.44, 1, 'screen'),
  st(0.92, 0.28, 0.74, 0.86, 0.97),
  st(0.985, 0.3, 0.6, 0.68, 0.94),
  st(1, 0.36, 0.5, 0.54, 0.86),
];

/** A skin over the stations; y is the half width. */
function shell(b: MeshBuilder, stations: readonly Station[], size: Size, boxy: boolean): void {
  const [scale, half] = [size.height / 1.5, size.width / 2];
  const rings = stations.map(({ s, bottom, belt, roof, width }): Vec3[] => {
    const x = (s - 0.5) * size.length;
    const w = half * width;
    const cabin = roof - belt > 0.15;
    const edge = boxy ? w * 0.94 : cabin ? w * (1 - 0.42 * (roof - belt)) : w * 0.93;
    const [zb, zm, zt, zr] = [bottom, bottom * 0.45 + belt * 0.55, belt, roof - (cabin ? 0.05 : 0.03)];
    const right: [number, number][] = [
      [w * 0.93, zb],
      [w, zm],
      [w * 0.975, zt],
      [edge, zr],
      [edge * 0.8, roof],
    ];
    const left = right.toReversed().map(([y, z]): [number, number] => [-y, z]);
    return [...right, ...left].map(([y, z]): Vec3 => [x, y, z * scale]);
  });
  b.skin(rings, (ring, side) => {
    const glass = stations[ring]?.glass;
    if (glass && (side === 2 || side === 6)) return WINDOW;
    if (glass === 'screen' && side >= 3 && side <= 5) return WINDOW;
    return side === 9 ? TRIM : BODY;
  });
}

function wheel(b: MeshBuilder, x: number, side: number, half: number, radius: number, width = 0.22): void {
  const outer = side * (half + 0.015);
  const inner = side * (half - width);
  const arch = side * (half + 0.003);
  b.tube([x, side * (half - 0.1), radius], [x, arch, radius], radius * 1.17, radius * 1.17, 12, TRIM);
  b.tube([x, inner, radius], [x, outer, radius], radius, radius, 12, TYRE);
  b.tube(
    [x, outer - side * 0.02, radius],
    [x, outer + side * 0.008, radius],
    radius * 0.6,
    radius * 0.52,
    8,
    RIM,
  );
}

function bothSides(draw: (side: 1 | -1) => void): void {
  draw(1);
  draw(-1);
}

/** A box across y from `near` to `far` on one side. */
function sideBox(
  b: MeshBuilder,
  side: number,
  x0: number,
  x1: number,
  near: number,
  far: number,
  z0: number,
  z1: number,
  slot: number,
): void {
  const [y0, y1] = side > 0 ? [near, far] : [-far, -near];
  b.box([x0, y0, z0], [x1, y1, z1], slot);
}

function carMesh(shape: readonly Station[], size: Size): Mesh {
  const b = new MeshBuilder();
  shell(b, shape, size, false);
  const [l, w, k] = [size.length / 2, size.width / 2, size.height / 1.5];
  const radius = 0.31 * Math.min(1.15, k);
  bothSides((side) => {
    wheel(b, -l + size.length * 0.19, side, w * 0.985, radius);
    wheel(b, l - size.length * 0.18, side, w * 0.985, radius);
    sideBox(b, side, l - 0.2, l - 0.03, w * 0.5, w * 0.86, 0.58 * k, 0.71 * k, HEADLAMP);
    sideBox(b, side, -l + 0.01, -l + 0.14, w * 0.58, w * 0.9, 0.76 * k, 0.92 * k, TAIL_LAMP);
    sideBox(b, side, l * 0.36, l * 0.36 + 0.14, w, w + 0.16, 0.96 * k, 1.08 * k, BODY);
  });
  b.box([l - 0.12, -w * 0.45, 0.4 * k], [l - 0.005, w * 0.45, 0.56 * k], TRIM);
  b.box([l - 0.08, -0.25, 0.42 * k], [l + 0.005, 0.25, 0.52 * k], PLATE);
  b.box([-l - 0.005, -0.26, 0.6 * k], [-l + 0.08, 0.26, 0.71 * k], PLATE);
  return b.build(38);
}

function vanMesh(size: Size): Mesh {
  const b = new MeshBuilder();
  shell(b, VAN, size, true);
  const [l, w, h] = [size.length / 2, size.width / 2, size.height];
  bothSides((side) => {
    wheel(b, -l + size.length * 0.2, side, w * 0.99, 0.34);
    wheel(b, l - size.length * 0.16, side, w * 0.99, 0.34);
    sideBox(b, side, l - 0.28, l - 0.04, w * 0.55, w * 0.9, h * 0.33, h * 0.42, HEADLAMP);
    sideBox(b, side, -l - 0.01, -l + 0.08, w * 0.82, w * 0.98, h * 0.3, h * 0.52, TAIL_LAMP);
    sideBox(b, side, l * 0.62, l * 0.62 + 0.16, w, w + 0.2, h * 0.52, h * 0.66, TRIM);
  });
  b.box([-l - 0.012, -w * 0.8, h * 0.6], [-l + 0.05, -0.04, h * 0.86], WINDOW);
  b.box([-l - 0.012, 0.04, h * 0.6], [-l + 0.05, w * 0.8, h * 0.86], WINDOW);
  b.box([l - 0.1, -w * 0.5, h * 0.24], [l - 0.005, w * 0.5, h * 0.33], TRIM);
  b.box([-l - 0.015, -0.26, h * 0.24], [-l + 0.05, 0.26, h * 0.29], PLATE);
  return b.build(30);
}

function busMesh(size: Size): Mesh {
  const b = new MeshBuilder();
  const [l, w, h] = [size.length / 2, size.width / 2, size.height];
  const ring = (x: number, k: number): Vec3[] => {
    const y = w * k;
    const right: [number, number][] = [
      [y * 0.96, 0.3],
      [y, 0.5],
      [y, h - 0.28],
      [y * 0.9, h - 0.06],
      [y * 0.6, h],
    ];
    const left = right.toReversed().map(([p, z]): [number, number] => [-p, z]);
    return [...right, ...left].map(([p, z]): Vec3 => [x, p, z]);
  };
  b.skin([ring(-l, 0.93), ring(-l + 0.12, 1), ring(l - 0.2, 1), ring(l, 0.92)], (_, side) =>
    side === 9 ? TRIM : side === 0 || side === 8 ? SECOND : BODY,
  );
  const panes = Math.round(size.length / 1.6);
  const pane = (size.length - 0.7) / panes;
  bothSides((side) => {
    for (let i = 0; i < panes; i++) {
      const x = -l + 0.35 + i * pane;
      const door = side < 0 && (i === panes - 1 || i === Math.floor(panes / 2));
      sideBox(b, side, x + 0.05, x + pane - 0.05, w - 0.05, w + 0.012, door ? 0.42 : 1.25, h - 0.5, WINDOW);
    }
    sideBox(b, side, -l + 0.2, l - 0.3, w - 0.05, w + 0.008, 0.72, 0.84, SECOND);
    for (const x of [-l + size.length * 0.26, l - size.length * 0.2]) wheel(b, x, side, w, 0.48, 0.3);
    sideBox(b, side, l - 0.12, l + 0.02, w * 0.6, w * 0.88, 0.62, 0.82, HEADLAMP);
    sideBox(b, side, -l - 0.02, -l + 0.1, w * 0.68, w * 0.88, 0.8, 1.25, TAIL_LAMP);
    sideBox(b, side, l - 0.1, l + 0.14, w + 0.02, w + 0.22, h - 1.1, h - 0.55, TRIM);
  });
  b.box([l - 0.1, -w * 0.86, 1.1], [l + 0.02, w * 0.86, h - 0.62], WINDOW);
  b.box([l - 0.1, -w * 0.7, h - 0.56], [l + 0.025, w * 0.7, h - 0.26], SIGN);
  b.box([-l - 0.02, -w * 0.75, 1.5], [-l + 0.1, w * 0.75, h - 0.6], WINDOW);
  b.box([l - 0.06, -0.26, 0.4], [l + 0.015, 0.26, 0.52], PLATE);
  b.box([-l + 1.5, -w * 0.5, h - 0.02], [-l + 4.2, w * 0.5, h + 0.16], SECOND); // air conditioning
  return b.build(30);
}

function truckMesh(size: Size, flatbed: boolean): Mesh {
  const b = new MeshBuilder();
  const [l, w, h] = [size.length / 2, size.width / 2, size.height];
  const cab = l - Math.min(2.1, size.length * 0.27);
  const cabHeight = Math.min(h * 0.86, 2.75);
  const ring = (x: number, k: number, top: number): Vec3[] => {
    const y = w * 0.95 * k;
    const right: [number, number][] = [
      [y * 0.97, 0.45],
      [y, 0.8],
      [y, top * 0.62],
      [y * 0.93, top - 0.12],
      [y * 0.7, top],
    ];
    const left = right.toReversed().map(([p, z]): [number, number] => [-p, z]);
    return [...right, ...left].map(([p, z]): Vec3 => [x, p, z]);
  };
  b.skin(
    [
      ring(cab, 1, cabHeight),
      ring(l - 0.55, 1, cabHeight),
      ring(l - 0.1, 0.98, cabHeight * 0.72),
      ring(l, 0.92, cabHeight * 0.5),
    ],
    (r, side) => {
      if (r === 1 && side >= 3 && side <= 5) return WINDOW;
      return side === 9 ? TRIM : BODY;
    },
  );
  b.box([l - 0.5, -w * 0.82, cabHeight * 0.58], [l - 0.06, w * 0.82, cabHeight * 0.72], WINDOW);
  b.box([-l, -w * 0.4, 0.5], [cab + 0.2, w * 0.4, 0.85], TRIM);
  if (flatbed) {
    b.box([-l, -w, 0.95], [cab - 0.15, w, 1.15], TRIM);
    b.box([-l, -w, 1.15], [cab - 0.15, -w + 0.06, 1.6], SECOND);
    b.box([-l, w - 0.06, 1.15], [cab - 0.15, w, 1.6], SECOND);
    b.box([-l + 0.3, -w * 0.8, 1.15], [-l + size.length * 0.35, w * 0.8, h * 0.8], RIM);
  } else {
    b.box([-l, -w, 0.95], [cab - 0.15, w, h], SECOND);
    b.box([-l - 0.01, -0.03, 1.0], [-l + 0.05, 0.03, h - 0.1], TRIM);
  }
  bothSides((side) => {
    const axles = size.length > 8 ? [-l + 1.2, -l + 2.3, l - 1.3] : [-l + 1.6, l - 1.2];
    for (const x of axles) wheel(b, x, side, w * 0.97, 0.46, 0.3);
    sideBox(b, side, cab + 0.45, l - 0.75, w * 0.9, w * 0.963, cabHeight * 0.58, cabHeight * 0.84, WINDOW);
    sideBox(b, side, l - 0.12, l + 0.02, w * 0.6, w * 0.86, 0.6, 0.8, HEADLAMP);
    sideBox(b, side, -l - 0.03, -l + 0.05, w * 0.7, w * 0.95, 0.75, 0.93, TAIL_LAMP);
    sideBox(b, side, l - 0.6, l - 0.45, w, w + 0.24, cabHeight * 0.55, cabHeight * 0.8, TRIM);
  });
  b.box([l - 0.06, -w * 0.5, 0.55], [l + 0.012, w * 0.5, 1.1], TRIM);
  b.box([-l - 0.02, -0.26, 0.55], [-l + 0.05, 0.26, 0.66], PLATE);
  return b.build(30);
}

/** Paints of the cars on European roads, the frequent ones more than once. */
const PAINTS = [
  0xd8dadb, 0xe9eaea, 0xf2f2ef, 0x9a9fa3, 0x7c8186, 0x54595e, 0x2b2e31, 0x17191b, 0x1d2127, 0x3a4048,
  0x1f3f73, 0x2c5c9e, 0x15294a, 0xa11d20, 0xc0272d, 0x7a1820, 0x2f5a3a, 0xb98b3c, 0xd9a441, 0x6d4a33,
  0x8fa6b8, 0xc9c2b2, 0xd4571f, 0x3b7f86,
];
const FLEET = [0xf4f4f2, 0xf4f4f2, 0xe2e3e3, 0x2c4f8c, 0xd8a21c, 0x9aa0a5, 0x8e1f22, 0x2f6b45];
const BUSES: readonly (readonly [number, number])[] = [
  [0xb3282d, 0xf0ede4],
  [0x2e6f4f, 0xf1efe6],
  [0xe5b32b, 0x37404a],
  [0x2d5fa3, 0xeceff2],
  [0xeceae2, 0xb3282d],
];

export interface VehicleLook {
  readonly mesh: Mesh;
  /** By day; with its lamps on; and braking, the lamps on or not. */
  palette(lamps: boolean, braking: boolean): Palette;
}

const meshes = new Map<string, Mesh>();

/** What a vehicle looks like: its shape and paint follow from `random`. */
export function vehicleLook(
  kind: Exclude<AgentKind, 'person' | 'bicycle'>,
  size: Size,
  random: Random,
): VehicleLook {
  const shape = random.whole(0, 2);
  const key = `${kind} ${shape} ${size.length} ${size.width} ${size.height}`;
  let mesh = meshes.get(key);
  if (!mesh) {
    mesh = meshOf(kind, size, shape);
    if (meshes.size > 400) meshes.clear();
    meshes.set(key, mesh);
  }
  let body = random.pick(kind === 'car' ? PAINTS : FLEET);
  let second = random.pick([0xe8e8e6, 0xd7d9da, 0xf3f1ea, 0x8b9095, 0x3d6ea8, 0xc23b2e, 0x4c8a55, 0xe0b23a]);
  if (kind === 'bus') [body, second] = random.pick(BUSES) as [number, number];
  const palettes = new Map<number, Palette>();
  return {
    mesh,
    palette: (lamps, braking) => {
      const state = (lamps ? 1 : 0) + (braking ? 2 : 0);
      let found = palettes.get(state);
      if (!found) {
        found = paletteOf(body, second, kind, lamps, braking);
        palettes.set(state, found);
      }
      return found;
    },
  };
}

function meshOf(kind: AgentKind, size: Size, shape: number): Mesh {
  if (kind === 'bus') return busMesh(size);
  if (kind === 'truck') return truckMesh(size, shape === 2);
  if (kind === 'van') return vanMesh(size);
  if (size.height > 1.62) return carMesh(ESTATE, size);
  return carMesh([HATCHBACK, SALOON, ESTATE][shape]!, size);
}

function paletteOf(body: number, second: number, kind: AgentKind, lamps: boolean, braking: boolean): Palette {
  const red = linear(0xc01818);
  const glow = (colour: Vec3, factor: number): Vec3 => [
    colour[0] * factor,
    colour[1] * factor,
    colour[2] * factor,
  ];
  return palette([
    [linear(body), PAINT],
    [linear(0x14181c), GLASS],
    [linear(0x1c1d1f), MATTE],
    [linear(0x161616), MATTE],
    [linear(0x8d9196), METAL],
    lamps ? [[6, 5.6, 4.6], GLOW] : [linear(0xd5d9dc), GLASS],
    braking ? [[3.2, 0.16, 0.1], GLOW] : lamps ? [glow(red, 1.6), GLOW] : [glow(red, 0.7), PAINT],
    [linear(0xe9e6d2), MATTE],
    [linear(second), kind === 'truck' ? MATTE : PAINT],
    [[1.6, 0.85, 0.18], GLOW],
  ]);
}
