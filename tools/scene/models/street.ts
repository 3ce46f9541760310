import type { Random } from '../random.ts';
import { type Batch, place } from '../render/batch.ts';
import {
  GLASS,
  GLOW,
  linear,
  MATTE,
  METAL,
  type Mesh,
  MeshBuilder,
  type Palette,
  palette,
  type Vec3,
} from '../render/mesh.ts';

export interface Furniture {
  readonly kind: 'lamp' | 'signal' | 'tree' | 'bench' | 'bin' | 'bollard' | 'bus-stop';
  readonly x: number;
  readonly y: number;
  /** Where it faces: a lamp's arm, a signal's lights, a bench's seat; radians. */
  readonly heading: number;
}

/** Height of a street lamp's light, and how far its arm reaches, metres. */
export const LAMP_HEIGHT = 7;
export const LAMP_ARM = 1.6;

const LAMP = new MeshBuilder()
  .tube([0, 0, 0], [0, 0, LAMP_HEIGHT], 0.09, 0.06, 7, 0)
  .tube([0, 0, LAMP_HEIGHT - 0.05], [LAMP_ARM, 0, LAMP_HEIGHT + 0.1], 0.05, 0.04, 5, 0)
  .box([LAMP_ARM - 0.35, -0.13, LAMP_HEIGHT + 0.02], [LAMP_ARM + 0.3, 0.13, LAMP_HEIGHT + 0.14], 0)
  .box([LAMP_ARM - 0.28, -0.1, LAMP_HEIGHT - 0.03], [LAMP_ARM + 0.24, 0.1, LAMP_HEIGHT + 0.03], 1)
  .build(30);
const SIGNAL = new MeshBuilder()
  .tube([0, 0, 0], [0, 0, 3.3], 0.07, 0.06, 7, 0)
  .box([-0.06, -0.16, 2.45], [0.14, 0.16, 3.4], 0)
  .build(30);
const BENCH = new MeshBuilder()
  .box([-0.25, -0.85, 0.4], [0.25, 0.85, 0.46], 1)
  .box([-0.3, -0.85, 0.5], [-0.24, 0.85, 0.88], 1)
  .box([-0.22, -0.75, 0], [0.22, -0.68, 0.4], 0)
  .box([-0.22, 0.68, 0], [0.22, 0.75, 0.4], 0)
  .build(10);
const BIN = new MeshBuilder().tube([0, 0, 0], [0, 0, 0.9], 0.22, 0.27, 9, 0).build(40);
const BOLLARD = new MeshBuilder()
  .tube([0, 0, 0], [0, 0, 0.85], 0.08, 0.07, 7, 0)
  .ellipsoid([0, 0, 0.87], [0.085, 0.085, 0.06], 7, 4, 0)
  .build(50);
const BUS_STOP = new MeshBuilder()
  .box([-0.6, -1.8, 2.35], [0.75, 1.8, 2.45], 0)
  .box([-0.55, -1.75, 0.2], [-0.5, 1.75, 2.35], 2)
  .box([-0.55, -1.8, 0], [-0.47, -1.72, 2.4], 0)
  .box([-0.55, 1.72, 0], [-0.47, 1.8, 2.4], 0)
  .box([-0.4, -1.2, 0.42], [-0.05, 1.2, 0.48], 1)
  .build(10);

export function addFurniture(
  batch: Batch,
  items: readonly Furniture[],
  lampsLit: boolean,
  random: Random,
): void {
  const steel = palette([
    [linear(0x4a4f52), METAL],
    lampsLit ? [[4.5, 3.4, 2.1], GLOW] : [linear(0xcfd2d2), MATTE],
    [linear(0x2a3338), GLASS],
  ]);
  const wood = palette([
    [linear(0x3b3e40), METAL],
    [linear(0x7a5433), MATTE],
    [linear(0x2a3338), GLASS],
  ]);
  const green = palette([[linear(0x2f4a3a), METAL]]);
  for (const { kind, x, y, heading } of items) {
    const at = place(x, y, 0, heading);
    switch (kind) {
      case 'lamp':
        batch.add(LAMP, at, steel, 0);
        break;
      case 'signal':
        batch.add(SIGNAL, at, steel, 0);
        break;
      case 'tree':
        addTree(batch, x, y, random);
        break;
      case 'bench':
        batch.add(BENCH, at, wood, 0);
        break;
      case 'bin':
        batch.add(BIN, at, green, 0);
        break;
      case 'bollard':
        batch.add(BOLLARD, at, steel, 0);
        break;
      case 'bus-stop':
        batch.add(BUS_STOP, at, wood, 0);
    }
  }
}

const LENS: Mesh = new MeshBuilder().tube([0.1, 0, 0], [0.17, 0, 0], 0.115, 0.1, 10, 0).build(30);
const DARK: Palette = palette([[linear(0x151515), MATTE]]);
const LENSES = [
  { z: 3.22, lit: palette([[[3.6, 0.12, 0.08], GLOW]]) },
  { z: 2.93, lit: palette([[[3.4, 1.7, 0.1], GLOW]]) },
  { z: 2.64, lit: palette([[[0.15, 3, 0.9], GLOW]]) },
];

/** The lenses of a signal; they change, so they are drawn with what moves. */
export function addLenses(
  batch: Batch,
  { x, y, heading }: Furniture,
  lit: readonly [red: boolean, amber: boolean, green: boolean],
): void {
  LENSES.forEach(({ z, lit: colours }, i) => {
    batch.add(LENS, place(x, y, z, heading), lit[i] ? colours : DARK, 0);
  });
}

const LEAVES = [0x4f7a2c, 0x5d8a35, 0x3f6a2a, 0x6f9440, 0x7d9a3f, 0x48702f];

/** A deciduous tree: a trunk, and leaves in clumps that let some light through. */
export function addTree(batch: Batch, x: number, y: number, random: Random): void {
  const height = random.between(5.5, 9);
  const crown = random.between(1.7, 2.7);
  const b = new MeshBuilder();
  const fork = height * 0.42;
  b.tube([0, 0, 0], [0.05, 0.03, fork], 0.17, 0.12, 7, 0);
  for (let i = 0; i < 4; i++) {
    const angle = random.between(0, 2 * Math.PI);
    b.tube(
      [0.05, 0.03, fork - 0.2],
      [Math.cos(angle) * crown * 0.6, Math.sin(angle) * crown * 0.6, height * 0.72],
      0.08,
      0.03,
      5,
      0,
    );
  }
  const clumps = Array.from({ length: 11 }, () => {
    const angle = random.between(0, 2 * Math.PI);
    const reach = crown * Math.sqrt(random.next()) * 0.75;
    return {
      x: Math.cos(angle) * reach,
      y: Math.sin(angle) * reach,
      z: random.between(fork + 0.6, height - 0.6),
      r: random.between(0.7, 1.2),
    };
  });
  const hue = random.whole(0, 5);
  for (const clump of clumps) {
    for (let i = 0; i < 55; i++) {
      const d: Vec3 = [random.normal(), random.normal(), random.normal()];
      const norm = clump.r / (Math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) || 1);
      const depth = norm * (0.55 + 0.45 * random.next());
      const at: Vec3 = [clump.x + d[0] * depth, clump.y + d[1] * depth, clump.z + d[2] * depth * 0.85];
      const size = random.between(0.16, 0.3);
      const u: Vec3 = [random.normal() * size, random.normal() * size, random.normal() * size * 0.6];
      const v: Vec3 = [random.normal() * size, random.normal() * size, random.normal() * size * 0.6];
      b.quad(
        [at[0] - u[0], at[1] - u[1], at[2] - u[2]],
        [at[0] + v[0], at[1] + v[1], at[2] + v[2]],
        [at[0] + u[0], at[1] + u[1], at[2] + u[2]],
        [at[0] - v[0], at[1] - v[1], at[2] - v[2]],
        1 + ((hue + random.whole(0, 2)) % LEAVES.length),
      );
    }
  }
  const mesh = b.build(5);
  // leaves shine as the crown they make up, not each for itself
  const middle = (fork + height) / 2;
  for (let t = 0; t < mesh.triangles; t++) {
    if (mesh.slots[t] === 0) continue;
    for (let k = 0; k < 9; k += 3) {
      const [px, py, pz] = [
        mesh.positions[t * 9 + k]!,
        mesh.positions[t * 9 + k + 1]!,
        mesh.positions[t * 9 + k + 2]! - middle,
      ];
      const norm = 1 / (Math.sqrt(px * px + py * py + pz * pz) || 1);
      mesh.normals[t * 9 + k] = px * norm;
      mesh.normals[t * 9 + k + 1] = py * norm;
      mesh.normals[t * 9 + k + 2] = pz * norm * 0.8 + 0.2;
    }
  }
  const colours = palette([
    [linear(0x5a4636), MATTE],
    ...LEAVES.map((hex): [Vec3, number] => [linear(hex), MATTE]),
  ]);
  batch.add(mesh, place(x, y, 0, random.between(0, 6)), colours, 0);
}
