import type { Route } from './route.ts';

/** Where two routes come too close for two vehicles at a time: metres along each. */
export interface Conflict {
  readonly from: number;
  readonly to: number;
  readonly otherFrom: number;
  readonly otherTo: number;
}

const CLEARANCE = 0.5;

/** Whether those on `route` give way to those on `other`. */
export function givesWay(route: Route, other: Route): boolean {
  if (route.bicycle && other.movement !== 'straight') return false;
  const opposite = other.arm === (route.arm + 2) % 4;
  if (route.movement === 'left') return opposite && other.movement !== 'left';
  if (route.movement === 'right') return !route.bicycle && other.bicycle && other.arm === route.arm;
  return false;
}

/** The first stretch, between the stop lines and a little beyond the junction, where two routes meet; none: undefined. */
export function conflictOf(route: Route, other: Route, halfWidths: number): Conflict | undefined {
  const near = halfWidths + CLEARANCE;
  const at = { x: 0, y: 0, heading: 0 };
  const hit = { s: 0, left: 0 };
  let found: { from: number; to: number; otherFrom: number; otherTo: number } | undefined;
  for (let s = route.stopS; s < route.boxEndS + 10; s += 0.25) {
    route.path.at(s, at);
    other.path.project(at.x, at.y, hit);
    const meets = Math.abs(hit.left) < near && hit.s > other.stopS && hit.s < other.boxEndS + 12;
    if (!meets) {
      if (found) break;
      continue;
    }
    if (!found) found = { from: s, to: s, otherFrom: hit.s, otherTo: hit.s };
    found.to = s;
    found.otherFrom = Math.min(found.otherFrom, hit.s);
    found.otherTo = Math.max(found.otherTo, hit.s);
  }
  return found;
}

/** Seconds to go `distance` from speed `v`, gaining at most `gain` m/s2 up to `top`. */
export function travelTime(distance: number, v: number, top: number, gain: number): number {
  if (distance <= 0) return 0;
  const run = v < top ? (top * top - v * v) / (2 * gain) : 0;
  if (distance <= run) return (Math.sqrt(v * v + 2 * gain * distance) - v) / gain;
  const fast = Math.max(v, top);
  return (run > 0 ? (top - v) / gain : 0) + (distance - run) / fast;
}
