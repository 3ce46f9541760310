import type { Random } from '../random.ts';
import { CORNERS, PARK_DEPTH, PLAZA_DEPTH, type Plan, parkPath } from './plan.ts';

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** Half of what the ways over a plaza or through a park take, metres. */
const WAY = 1.9;
const PARK_WAY = 1.5;

/** How far a crowd reaches about its gathering place, metres. */
export const CROWD_RADIUS = 3.3;

/** Where a crowd gathers, in the free part of a plaza or, where there is none, of a park. */
export function gatheringPlace(plan: Plan): (Spot & { kind: 'plaza' | 'park' }) | undefined {
  const open = CORNERS.map((name) => plan.corner(name)).filter(({ kind }) => kind !== 'buildings');
  const found = open.find(({ kind }) => kind === 'plaza') ?? open[0];
  if (!found || found.kind === 'buildings') return undefined;
  const [ix, iy] = found.kind === 'plaza' ? [17.5, 9.5] : [20, 9];
  return { x: found.sx * (plan.frontX + ix), y: found.sy * (plan.frontY + iy), kind: found.kind };
}

/** Whether a place on a plaza or in a park, metres beyond the pavements, is `margin` clear of where people walk. */
export function clearOfWays(kind: 'plaza' | 'park', ix: number, iy: number, margin: number): boolean {
  if (kind === 'park') {
    for (let along = 0; along < PARK_DEPTH; along += 0.5) {
      if (Math.hypot(ix - along, iy - parkPath(along)) < PARK_WAY + margin) return false;
    }
    return true;
  }
  const ways = [
    [6, PLAZA_DEPTH, 6, PLAZA_DEPTH - 2.5],
    [6, PLAZA_DEPTH - 2.5, 2.5, 2.5],
    [18, PLAZA_DEPTH, 18, PLAZA_DEPTH - 2.5],
    [18, PLAZA_DEPTH - 2.5, 2.5, 2.5],
    [2.5, 2.5, -2, -2],
    [18, -2, -2, 18],
  ] as const;
  return ways.every(([x0, y0, x1, y1]) => toSegment(ix, iy, x0, y0, x1, y1) > WAY + margin);
}

/** Places on plazas and in parks, at random, clear of ways, of the gathering place and `apart` from what is there. */
export function openSpots(
  plan: Plan,
  count: number,
  kinds: readonly string[],
  apart: number,
  taken: readonly Spot[],
  random: Random,
): Spot[] {
  const corners = CORNERS.map((name) => plan.corner(name)).filter(({ kind }) => kinds.includes(kind));
  const spots: Spot[] = [];
  if (corners.length === 0) return spots;
  const gathering = gatheringPlace(plan);
  for (let attempt = 0; attempt < count * 40 && spots.length < count; attempt++) {
    const { sx, sy, kind } = random.pick(corners);
    const depth = (kind === 'plaza' ? PLAZA_DEPTH - 2 : PARK_DEPTH - 3) as number;
    const [ix, iy] = [random.between(1, depth), random.between(1, depth)];
    const spot = { x: sx * (plan.frontX + ix), y: sy * (plan.frontY + iy) };
    if (!clearOfWays(kind as 'plaza' | 'park', ix, iy, 0.3)) continue;
    if (gathering && Math.hypot(spot.x - gathering.x, spot.y - gathering.y) < CROWD_RADIUS + 1.2) continue;
    if ([...taken, ...spots].every((other) => Math.hypot(other.x - spot.x, other.y - spot.y) > apart))
      spots.push(spot);
  }
  return spots;
}

/** From a point to a line between two others, metres. */
export function toSegment(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx * dx + dy * dy > 0 ? ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy) : 0;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - x0 - dx * t, y - y0 - dy * t);
}
