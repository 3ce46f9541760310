import type { Random } from '../random.ts';
import type { Batch, Placement } from '../render/batch.ts';
import { linear, MATTE, METAL, type Mesh, MeshBuilder, type Palette, palette } from '../render/mesh.ts';

/** A limb of length 1 along z and radius 1, a little thicker in the middle. */
const LIMB = limb(7);
const HEAD = new MeshBuilder().ellipsoid([0, 0, 0], [1, 1, 1], 9, 7, 0).build(80);
const DISC = new MeshBuilder()
  .skin(
    [
      [1, 0],
      [0.75, 0.16],
      [0.4, 0.26],
      [0.05, 0.3],
    ].map(([r, z]) =>
      Array.from({ length: 10 }, (_, i) => {
        const angle = (2 * Math.PI * i) / 10;
        return [r! * Math.cos(angle), r! * Math.sin(angle), z!] as const;
      }),
    ),
    0,
  )
  .build(50);
const HOOP = hoop();

function limb(sides: number): Mesh {
  const profile = [
    [0.02, -0.06],
    [0.8, 0],
    [1, 0.25],
    [0.98, 0.6],
    [0.82, 1],
    [0.02, 1.06],
  ];
  const rings = profile.map(([r, z]) =>
    Array.from({ length: sides }, (_, i) => {
      const angle = (2 * Math.PI * i) / sides;
      return [r! * Math.cos(angle), r! * Math.sin(angle), z!] as const;
    }),
  );
  return new MeshBuilder().skin(rings, 0, false).build(80);
}

/** A wheel's rim and tyre in the x-z plane, radius 1. */
function hoop(): Mesh {
  const b = new MeshBuilder();
  const point = (i: number): readonly [number, number, number] => {
    const angle = (2 * Math.PI * i) / 14;
    return [Math.cos(angle), 0, Math.sin(angle)];
  };
  for (let i = 0; i < 14; i++) b.tube(point(i), point(i + 1), 0.07, 0.07, 4, 0);
  for (let i = 0; i < 7; i++) b.tube([0, 0, 0], point(i * 2), 0.02, 0.02, 3, 1);
  return b.build(60);
}

const SKIN = [0xf0c8a8, 0xe0ac85, 0xc68a62, 0x9c6644, 0x6d432b, 0x4a2d1f];
const HAIR = [0x1a1512, 0x2e2018, 0x4d3423, 0x7a5634, 0xb08d57, 0x8d8d8d, 0xd6d2c8, 0x6b2e1a];
const TOPS = [
  0x1d2733, 0x34495e, 0x7b241c, 0xb03a2e, 0x196f3d, 0xd4ac0d, 0xe8e8e8, 0xf5f5f0, 0x2e4053, 0x512e5f,
  0x884ea0, 0x2874a6, 0xca6f1e, 0x111111, 0x626567, 0xaeb6bf, 0xd98880, 0x48c9b0, 0x9c640c, 0x273746,
  0xe74c3c, 0xc8a2c8, 0x6e8b3d,
];
const BOTTOMS = [
  0x1b2631, 0x212f3c, 0x2c3e50, 0x17202a, 0x4a4a4a, 0x6e5b45, 0x9b8a6f, 0x34495e, 0x3b5174, 0x101010,
  0xd5cfc0,
];
const SHOES = [0x111111, 0x2b2b2b, 0x5a3d28, 0xf0f0f0, 0x7d7d7d];

/** What somebody wears and carries, and how tall. */
export interface PersonLook {
  readonly height: number;
  readonly girth: number;
  readonly skin: Palette;
  readonly hair: Palette;
  readonly top: Palette;
  readonly sleeves: Palette;
  readonly bottom: Palette;
  readonly shoes: Palette;
  readonly dress: boolean;
  readonly coat: boolean;
  readonly hat: boolean;
  readonly longHair: boolean;
  readonly bag: Palette | undefined;
  readonly umbrella: Palette | undefined;
  readonly step: number;
}

const cloth = (hex: number): Palette => palette([[linear(hex), MATTE]]);

export function personLook(height: number, raining: boolean, random: Random): PersonLook {
  const child = height < 1.45;
  const top = random.pick(TOPS);
  const skin = random.pick(SKIN);
  const dress = random.chance(0.12);
  return {
    height,
    girth: (child ? 0.92 : 1) * random.between(0.88, 1.2),
    skin: cloth(skin),
    hair: cloth(random.pick(HAIR)),
    top: cloth(top),
    sleeves: cloth(random.chance(0.75) ? top : skin),
    bottom: cloth(dress && random.chance(0.5) ? skin : random.pick(BOTTOMS)),
    shoes: cloth(random.pick(SHOES)),
    dress,
    coat: !dress && random.chance(raining ? 0.6 : 0.18),
    hat: random.chance(0.12),
    longHair: random.chance(0.35),
    bag: random.chance(0.3) ? cloth(random.pick(TOPS)) : undefined,
    umbrella:
      raining && !child && random.chance(0.5)
        ? cloth(random.pick([0x15181c, 0x1f3a6b, 0x8c1c26, 0x2d6a4f, 0xd8b53a, 0x6a3d7c]))
        : undefined,
    step: random.between(0, 2 * Math.PI),
  };
}

const scratch = new Float64Array(12);

/** A limb from a to b (in the person's own space), `rx` thick fore and aft, `ry` from side to side. */
function bone(
  batch: Batch,
  body: Placement,
  owner: number,
  colours: Palette,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
  rx: number,
  ry: number,
  mesh: Mesh = LIMB,
): void {
  const [lx, ly, lz] = [bx - ax, by - ay, bz - az];
  const length = Math.sqrt(lx * lx + ly * ly + lz * lz) || 1e-6;
  const [zx, zy, zz] = [lx / length, ly / length, lz / length];
  // an axis across the limb that stays near the body's left
  let [yx, yy, yz] = [-zy * zx, 1 - zy * zy, -zy * zz];
  const norm = Math.sqrt(yx * yx + yy * yy + yz * yz) || 1;
  yx /= norm;
  yy /= norm;
  yz /= norm;
  const [xx, xy, xz] = [yy * zz - yz * zy, yz * zx - yx * zz, yx * zy - yy * zx];
  const local = [xx * rx, xy * rx, xz * rx, yx * ry, yy * ry, yz * ry, lx, ly, lz, ax, ay, az];
  for (let column = 0; column < 4; column++) {
    const [x, y, z] = [local[column * 3]!, local[column * 3 + 1]!, local[column * 3 + 2]!];
    for (let k = 0; k < 3; k++)
      scratch[column * 3 + k] =
        body[k]! * x + body[3 + k]! * y + body[6 + k]! * z + (column === 3 ? body[9 + k]! : 0);
  }
  batch.add(mesh, scratch, colours, owner);
}

function ball(
  batch: Batch,
  body: Placement,
  owner: number,
  colours: Palette,
  x: number,
  y: number,
  z: number,
  r: number,
  ry: number,
  rz: number,
): void {
  bone(batch, body, owner, colours, x, y, z, x, y, z + rz, r, ry, HEAD);
}

/**
 * A person on foot. `body`: where they stand, in metres; `walked`: how far they came, which moves the legs;
 * `speed`: m/s; `atMs`: for those who stand, who shift their weight.
 */
export function addPerson(
  batch: Batch,
  body: Placement,
  look: PersonLook,
  owner: number,
  walked: number,
  speed: number,
  atMs: number,
): void {
  const h = look.height;
  const g = look.girth * h;
  const stride = 0.82 * h;
  const phase = look.step + (2 * Math.PI * walked) / stride;
  const swing = 0.5 * Math.min(1, speed / 1.1);
  const [thigh, shin] = [0.245 * h, 0.235 * h];
  const idle = 0.012 * h * Math.sin(look.step + (2 * Math.PI * atMs) / 5000) * (1 - swing * 2);
  const legs = [0, Math.PI].map((offset) => {
    const hip = swing * Math.sin(phase + offset);
    const knee = swing * (0.2 + 1.5 * Math.max(0, Math.cos(phase + offset)));
    return { hip, knee, drop: thigh * Math.cos(hip) + shin * Math.cos(hip - knee) };
  });
  const hipZ = Math.max(legs[0]!.drop, legs[1]!.drop) + 0.04 * h;
  const lean = 0.05 * Math.min(1, speed / 1.4);
  const shoulderZ = hipZ + 0.3 * h;
  const hips = 0.048 * h;
  legs.forEach(({ hip, knee }, i) => {
    const y = i === 0 ? hips : -hips;
    const [kx, kz] = [thigh * Math.sin(hip), hipZ - thigh * Math.cos(hip)];
    const [ax, az] = [kx + shin * Math.sin(hip - knee), kz - shin * Math.cos(hip - knee)];
    bone(batch, body, owner, look.bottom, 0, y + idle, hipZ, kx, y, kz, 0.052 * g, 0.05 * g);
    bone(batch, body, owner, look.bottom, kx, y, kz, ax, y, az, 0.038 * g, 0.036 * g);
    const toe = Math.sin(hip - knee) * 0.05 * h;
    bone(
      batch,
      body,
      owner,
      look.shoes,
      ax - 0.035 * h,
      y,
      az - 0.015 * h,
      ax + 0.105 * h,
      y,
      az - 0.02 * h + toe,
      0.026 * h,
      0.028 * h,
    );
  });
  const [cx, sway] = [lean * 0.3 * h, idle];
  bone(batch, body, owner, look.top, 0, sway, hipZ - 0.03 * h, cx, sway, shoulderZ, 0.075 * g, 0.105 * g);
  bone(
    batch,
    body,
    owner,
    look.top,
    cx,
    sway - 0.085 * g,
    shoulderZ - 0.015 * h,
    cx,
    sway + 0.085 * g,
    shoulderZ - 0.015 * h,
    0.05 * g,
    0.045 * g,
  );
  if (look.dress || look.coat) {
    const hem = look.coat ? hipZ - 0.18 * h : hipZ - 0.22 * h;
    bone(batch, body, owner, look.top, 0, sway, hem, 0, sway, hipZ + 0.08 * h, 0.105 * g, 0.125 * g);
  }
  legs.forEach((_, i) => {
    const side = i === 0 ? 1 : -1;
    const reach = -swing * 0.8 * Math.sin(phase + (i === 0 ? 0 : Math.PI));
    const holds = look.umbrella !== undefined && side < 0;
    const y = sway + side * 0.112 * g;
    const [ex, ez] = holds
      ? [cx + 0.06 * h, shoulderZ - 0.15 * h]
      : [cx + 0.16 * h * Math.sin(reach), shoulderZ - 0.16 * h * Math.cos(reach)];
    const bend = reach + 0.35;
    const [wx, wz] = holds
      ? [cx + 0.13 * h, shoulderZ - 0.03 * h]
      : [ex + 0.15 * h * Math.sin(bend), ez - 0.15 * h * Math.cos(bend)];
    bone(
      batch,
      body,
      owner,
      look.top,
      cx,
      y,
      shoulderZ - 0.015 * h,
      ex,
      y + side * 0.012 * h,
      ez,
      0.03 * g,
      0.03 * g,
    );
    bone(batch, body, owner, look.sleeves, ex, y + side * 0.012 * h, ez, wx, y, wz, 0.023 * g, 0.023 * g);
    ball(batch, body, owner, look.skin, wx, y, wz, 0.024 * h, 0.02 * h, 0.026 * h);
  });
  const top = hipZ + 0.412 * h;
  const headX = cx + lean * 0.12 * h;
  bone(batch, body, owner, look.skin, cx, sway, shoulderZ, headX, sway, top - 0.03 * h, 0.028 * h, 0.028 * h);
  ball(batch, body, owner, look.skin, headX, sway, top, 0.055 * h, 0.047 * h, 0.068 * h);
  ball(
    batch,
    body,
    owner,
    look.hair,
    headX - 0.014 * h,
    sway,
    top + 0.02 * h,
    0.056 * h,
    0.052 * h,
    0.056 * h,
  );
  if (look.longHair)
    ball(
      batch,
      body,
      owner,
      look.hair,
      headX - 0.035 * h,
      sway,
      top - 0.045 * h,
      0.035 * h,
      0.048 * h,
      0.07 * h,
    );
  if (look.hat)
    bone(
      batch,
      body,
      owner,
      look.shoes,
      headX,
      sway,
      top + 0.035 * h,
      headX,
      sway,
      top + 0.12 * h,
      0.06 * h,
      0.06 * h,
      DISC,
    );
  if (look.bag)
    bone(
      batch,
      body,
      owner,
      look.bag,
      cx - 0.09 * g,
      sway,
      hipZ + 0.07 * h,
      cx - 0.095 * g,
      sway,
      shoulderZ - 0.01 * h,
      0.055 * h,
      0.085 * h,
    );
  if (look.umbrella) {
    const [ux, uy] = [cx + 0.13 * h, -0.1 * g];
    bone(
      batch,
      body,
      owner,
      look.shoes,
      ux,
      uy,
      shoulderZ - 0.05 * h,
      ux - 0.04 * h,
      0,
      h + 0.22,
      0.008,
      0.008,
    );
    bone(
      batch,
      body,
      0,
      look.umbrella,
      ux - 0.06 * h,
      0,
      h + 0.05,
      ux - 0.06 * h,
      0,
      h + 1.05,
      0.52,
      0.52,
      DISC,
    );
  }
}

const TYRES = palette([
  [linear(0x161616), MATTE],
  [linear(0xb5b9bd), METAL],
]);

export interface CyclistLook {
  readonly rider: PersonLook;
  readonly frame: Palette;
  readonly basket: boolean;
}

export function cyclistLook(raining: boolean, random: Random): CyclistLook {
  const rider = personLook(random.between(1.6, 1.88), false, random);
  return {
    rider: { ...rider, coat: raining && random.chance(0.5), umbrella: undefined },
    frame: palette([
      [linear(random.pick([0x1c1c1c, 0xb02a2a, 0x2a5fb0, 0xd8d8d8, 0x2a8a55, 0xe0b020, 0x5a5a5f])), METAL],
    ]),
    basket: random.chance(0.3),
  };
}

/** A cyclist; the bicycle is 1.75 m long. */
export function addCyclist(
  batch: Batch,
  body: Placement,
  look: CyclistLook,
  owner: number,
  ridden: number,
): void {
  const r = 0.34;
  const { rider, frame } = look;
  const h = rider.height;
  for (const x of [-0.52, 0.52]) {
    const turn = -ridden / r;
    const [c, s] = [Math.cos(turn) * r, Math.sin(turn) * r];
    const local = [c, 0, s, 0, r, 0, -s, 0, c, x, 0, r];
    const at = new Float64Array(12);
    for (let column = 0; column < 4; column++) {
      const [px, py, pz] = [local[column * 3]!, local[column * 3 + 1]!, local[column * 3 + 2]!];
      for (let k = 0; k < 3; k++)
        at[column * 3 + k] =
          body[k]! * px + body[3 + k]! * py + body[6 + k]! * pz + (column === 3 ? body[9 + k]! : 0);
    }
    batch.add(HOOP, at, TYRES, owner);
  }
  const rod = (ax: number, az: number, bx: number, bz: number, y = 0, to = y): void =>
    bone(batch, body, owner, frame, ax, y, az, bx, to, bz, 0.022, 0.022);
  const crank = [-0.08, 0.3] as const;
  const saddle = [-0.2, 0.92] as const;
  rod(-0.52, r, crank[0], crank[1]);
  rod(-0.52, r, -0.18, 0.8);
  rod(crank[0], crank[1], saddle[0], saddle[1]);
  rod(crank[0], crank[1], 0.38, 0.78);
  rod(-0.18, 0.8, 0.36, 0.86);
  rod(0.52, r, 0.36, 1.0);
  rod(0.34, 1.02, 0.34, 1.02, -0.26, 0.26);
  bone(batch, body, owner, rider.shoes, -0.32, 0, 0.93, -0.06, 0, 0.95, 0.03, 0.07);
  if (look.basket) bone(batch, body, owner, rider.shoes, 0.58, 0, 0.78, 0.58, 0, 1.0, 0.14, 0.17);
  const turn = -ridden / 0.9; // a development of 5.7 m
  const [hipX, hipZ] = [-0.18, 0.98];
  for (const side of [1, -1]) {
    const angle = turn + (side > 0 ? 0 : Math.PI);
    const [fx, fz] = [crank[0] + 0.17 * Math.cos(angle), crank[1] + 0.05 + 0.17 * Math.sin(angle)];
    // the knee, where thigh and shin meet in front of the line from hip to foot
    const [dx, dz] = [fx - hipX, fz - hipZ];
    const d = Math.sqrt(dx * dx + dz * dz);
    const [upper, lower] = [0.25 * h, 0.27 * h];
    const along = Math.min(d, (upper * upper - lower * lower + d * d) / (2 * d));
    const out = Math.sqrt(Math.max(0, upper * upper - along * along));
    const [kx, kz] = [hipX + (dx * along - dz * out) / d, hipZ + (dz * along + dx * out) / d];
    const y = side * 0.09;
    bone(batch, body, owner, rider.bottom, hipX, y, hipZ, kx, y, kz, 0.088, 0.082);
    bone(batch, body, owner, rider.bottom, kx, y, kz, fx, y, fz, 0.062, 0.058);
    bone(batch, body, owner, rider.shoes, fx - 0.07, y, fz - 0.04, fx + 0.15, y, fz - 0.05, 0.04, 0.045);
    bone(
      batch,
      body,
      owner,
      rider.top,
      0.12,
      side * 0.17,
      hipZ + 0.44,
      0.2,
      side * 0.22,
      hipZ + 0.2,
      0.05,
      0.05,
    );
    bone(
      batch,
      body,
      owner,
      rider.sleeves,
      0.2,
      side * 0.22,
      hipZ + 0.2,
      0.33,
      side * 0.22,
      1.04,
      0.038,
      0.038,
    );
  }
  bone(batch, body, owner, rider.top, hipX, 0, hipZ - 0.04, 0.12, 0, hipZ + 0.47, 0.12, 0.17);
  bone(batch, body, owner, rider.top, 0.11, -0.15, hipZ + 0.44, 0.11, 0.15, hipZ + 0.44, 0.08, 0.075);
  bone(batch, body, owner, rider.skin, 0.12, 0, hipZ + 0.46, 0.18, 0, hipZ + 0.58, 0.045, 0.045);
  ball(batch, body, owner, rider.skin, 0.2, 0, hipZ + 0.64, 0.095, 0.08, 0.115);
  ball(batch, body, owner, rider.hat ? rider.shoes : rider.hair, 0.18, 0, hipZ + 0.68, 0.1, 0.09, 0.1);
  if (rider.bag) bone(batch, body, owner, rider.bag, -0.08, 0, hipZ + 0.16, -0.02, 0, hipZ + 0.46, 0.1, 0.14);
}
