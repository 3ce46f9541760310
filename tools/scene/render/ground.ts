import { halfWidth, type Layout } from '../layout.ts';
import { linear, type Vec3 } from './mesh.ts';
import { fractalNoise, hash2, valueNoise } from './noise.ts';

const ASPHALT = linear(0x55575a);
const CYCLE = linear(0x8c4b3e);
const PAINT = linear(0xe8e6de);
const SLAB = linear(0xa8a298);
const KERB = linear(0xb9b5ab);
const PLAZA = linear(0xb5a58c);
const GRASS = linear(0x5d7a3a);
const PATH = linear(0xb29a74);
const YARD = linear(0x8d8b86);

/** Where parking bays end, metres from the crossing road's edge. */
const BAY_END = 16;

/** The colour of the ground at a place, and whether it is a smooth surface on which water stands. */
export class Ground {
  readonly #layout: Layout;
  readonly #h1: number;
  readonly #h2: number;
  readonly #seed: number;
  /** 1 where the last colour asked for lies on the road, which rain turns into a mirror. */
  smooth = 0;

  constructor(layout: Layout, seed: number) {
    this.#layout = layout;
    this.#h1 = halfWidth(layout.eastWest);
    this.#h2 = halfWidth(layout.northSouth);
    this.#seed = (seed & 1023) * 7.3;
  }

  /** Whether a place belongs to a road rather than to a pavement. */
  onRoad(x: number, y: number): boolean {
    return this.#insideKerb(Math.abs(x), Math.abs(y)) > 0;
  }

  /** Metres to the kerb, positive on the road; of a quarter of the plan, which is symmetric. */
  #insideKerb(ax: number, ay: number): number {
    const { eastWest, northSouth, cornerRadius: r } = this.#layout;
    const h1 = ax < this.#h2 + BAY_END ? this.#h1 - eastWest.parkingBay : this.#h1;
    const h2 = ay < this.#h1 + BAY_END ? this.#h2 - northSouth.parkingBay : this.#h2;
    const along = Math.max(h1 - ay, h2 - ax);
    const [cx, cy] = [h2 + r, h1 + r];
    if (ax > h2 && ay > h1 && ax < cx && ay < cy) return Math.sqrt((cx - ax) ** 2 + (cy - ay) ** 2) - r;
    return along;
  }

  /** Linear colour; `footprint`: how wide a sample is on the ground there, metres. */
  colour(x: number, y: number, footprint: number, out: Float64Array): void {
    const layout = this.#layout;
    const [ax, ay] = [Math.abs(x), Math.abs(y)];
    const kerb = this.#insideKerb(ax, ay);
    const soft = Math.max(footprint, 0.02);
    this.smooth = kerb > 0 ? 1 : 0;
    if (kerb > 0) {
      this.#road(x, y, ax, ay, soft, out);
      const gutter = band(kerb, 0, 0.35, soft);
      scale(out, 1 - 0.18 * gutter);
    } else if (kerb > -0.3) {
      set(out, KERB, 0.85 + 0.3 * valueNoise(x * 3, y * 3));
      if (kerb > -0.08) scale(out, 0.6);
    } else if (kerb > -layout.pavement) {
      const joint = Math.max(band(positive(x, 0.6), 0, 0.025, soft), band(positive(y, 0.6), 0, 0.025, soft));
      const stone = 0.9 + 0.16 * hash2(Math.floor(x / 0.6), Math.floor(y / 0.6));
      set(out, SLAB, stone * (0.85 + 0.25 * fractalNoise(x * 0.7 + this.#seed, y * 0.7, 3)));
      scale(out, 1 - 0.35 * joint * Math.min(1, 0.03 / soft));
    } else {
      this.#corner(x, y, soft, out);
    }
  }

  #road(x: number, y: number, ax: number, ay: number, soft: number, out: Float64Array): void {
    const layout = this.#layout;
    const grain = 0.86 + 0.16 * hash2(Math.floor(x * 22), Math.floor(y * 22)) * Math.min(1, 0.06 / soft);
    const patches = 0.78 + 0.4 * fractalNoise(x * 0.22 + this.#seed, y * 0.22, 4);
    set(out, ASPHALT, grain * patches);
    const [h1, h2] = [this.#h1, this.#h2];
    const markings = Math.max(
      ay < h1 && ax > h2 ? this.#arm(layout.eastWest, y, ay, ax - h2, h1, soft, out) : 0,
      ax < h2 && ay > h1 ? this.#arm(layout.northSouth, -x, ax, ay - h1, h2, soft, out) : 0,
    );
    if (markings > 0) {
      const worn = 0.55 + 0.45 * fractalNoise(x * 1.7, y * 1.7 + this.#seed, 3);
      mix(out, PAINT, markings * worn);
    }
  }

  /** Paint on one arm: `across` metres from the axis (signed, `aside` its absolute value), `beyond` from the junction's edge. */
  #arm(
    road: Layout['eastWest'],
    across: number,
    aside: number,
    beyond: number,
    half: number,
    soft: number,
    out: Float64Array,
  ): number {
    const { crossingSetback, crossingWidth, stopLineSetback } = this.#layout;
    const lanes = road.lanes * road.laneWidth;
    // two darker wheel tracks a lane
    const inLane = positive(aside, road.laneWidth) - road.laneWidth / 2;
    if (aside < lanes) scale(out, 1 - 0.1 * Math.exp(-((Math.abs(inLane) - 0.75) ** 2) / 0.1));
    if (road.cycleLane > 0 && aside > lanes && aside < lanes + road.cycleLane && beyond > 0)
      mix(out, CYCLE, 0.75);
    const crossingEnd = crossingSetback + crossingWidth;
    if (beyond > crossingSetback && beyond < crossingEnd) {
      return aside < half - 0.3 ? band(positive(across + 0.25, 1), 0, 0.5, soft) : 0;
    }
    const stop = crossingEnd + stopLineSetback;
    if (beyond < stop) return 0;
    // traffic keeps right: the side whose lanes lead to the junction has the stop line
    const stopLine = aside < lanes ? band(beyond - stop, 0, 0.4, soft) : 0;
    const axis = road.lanes === 2 ? Math.max(line(aside, 0.16, soft), 0) : line(aside, 0, soft);
    const dashed = beyond - stop > 12 ? (positive(beyond, 7.5) < 3 ? 1 : 0) : 1;
    const between = road.lanes === 2 ? line(aside, road.laneWidth, soft) * dashed : 0;
    const edge =
      road.cycleLane > 0 || (road.parkingBay > 0 && beyond > BAY_END) ? line(aside, lanes, soft) : 0;
    const bay =
      road.parkingBay > 0 && beyond > BAY_END && aside > lanes
        ? band(positive(beyond - BAY_END, 5.8), 0, 0.12, soft)
        : 0;
    return Math.max(stopLine * 0.9, axis, between, edge, bay);
  }

  #corner(x: number, y: number, soft: number, out: Float64Array): void {
    const name = `${y > 0 ? 'north' : 'south'}-${x > 0 ? 'east' : 'west'}` as const;
    const kind = this.#layout.corners[name];
    const [ix, iy] = [
      Math.abs(x) - this.#h2 - this.#layout.pavement,
      Math.abs(y) - this.#h1 - this.#layout.pavement,
    ];
    if (kind === 'plaza' && ix < 24 && iy < 24) {
      const u = (x + y) / 1.6;
      const v = (x - y) / 1.6;
      const tone = (Math.floor(u) + Math.floor(v)) & 1 ? 0.92 : 1.05;
      const joint = Math.max(band(positive(u, 1), 0, 0.03, soft), band(positive(v, 1), 0, 0.03, soft));
      set(out, PLAZA, tone * (0.86 + 0.22 * fractalNoise(x * 0.5, y * 0.5 + this.#seed, 3)));
      scale(out, 1 - 0.3 * joint * Math.min(1, 0.04 / soft));
    } else if (kind === 'park') {
      const way = Math.abs(ix - iy + 3 * Math.sin(ix * 0.15)) < 1.4;
      const n = fractalNoise(x * 0.9 + this.#seed, y * 0.9, 4);
      if (way) set(out, PATH, 0.8 + 0.35 * n);
      else {
        const blade = hash2(Math.floor(x * 14), Math.floor(y * 14)) * Math.min(1, 0.08 / soft);
        set(out, GRASS, 0.62 + 0.5 * n + 0.2 * blade);
      }
    } else {
      set(out, YARD, 0.75 + 0.4 * fractalNoise(x * 0.4, y * 0.4 + this.#seed, 3));
    }
  }
}

/** 1 within [from, to], softened over `soft` metres. */
function band(v: number, from: number, to: number, soft: number): number {
  const half = soft / 2;
  const rise = Math.min(1, Math.max(0, (v - from + half) / soft));
  const fall = Math.min(1, Math.max(0, (to - v + half) / soft));
  return Math.min(rise, fall, Math.min(1, (to - from) / soft));
}

function line(aside: number, at: number, soft: number): number {
  return band(aside, at - 0.06, at + 0.06, soft);
}

function positive(v: number, period: number): number {
  return v - Math.floor(v / period) * period;
}

function set(out: Float64Array, colour: Vec3, factor: number): void {
  out[0] = colour[0] * factor;
  out[1] = colour[1] * factor;
  out[2] = colour[2] * factor;
}

function scale(out: Float64Array, factor: number): void {
  out[0]! *= factor;
  out[1]! *= factor;
  out[2]! *= factor;
}

function mix(out: Float64Array, colour: Vec3, share: number): void {
  out[0]! += (colour[0] - out[0]!) * share;
  out[1]! += (colour[1] - out[1]!) * share;
  out[2]! += (colour[2] - out[2]!) * share;
}
