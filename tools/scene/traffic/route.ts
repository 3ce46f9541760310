import type { Random } from '../random.ts';
import { Path, type Vertex } from './path.ts';
import { BAY_END, BAY_LENGTH, type Plan, type Road } from './plan.ts';

export type Movement = 'straight' | 'left' | 'right';

/** Where a route lies on a zebra crossing. */
export interface ZebraSpan {
  readonly arm: number;
  readonly from: number;
  readonly to: number;
  /** The stretch of the crossing it takes: y on the east and west arms, x on the others. */
  readonly low: number;
  readonly high: number;
}

/** The way of a vehicle's front axle, from beyond the end of one arm to beyond the end of another; metres along `path`. */
export interface Route {
  readonly key: string;
  readonly path: Path;
  readonly arm: number;
  readonly exit: number;
  readonly road: Road;
  readonly movement: Movement;
  readonly bicycle: boolean;
  /** Where it comes to the stop line, and where it has left the junction. */
  readonly stopS: number;
  readonly boxEndS: number;
  readonly zebras: readonly ZebraSpan[];
  /** Greatest speed in its curves, m/s. */
  readonly bends: readonly { readonly from: number; readonly to: number; readonly speed: number }[];
  /** Where it pulls up, and where it leaves its lane for that. */
  readonly halt?: { readonly s: number; readonly leaveS: number };
  /** Goes against the direction of its lane, and for nobody. */
  readonly wrongWay?: boolean;
}

/** Paths begin and end this far beyond the ends of the arms, so that whole vehicles lie on them. */
export const LEAD = 15;
/** m/s2 to the side that drivers put up with in a bend. */
const COMFORT = 2.2;

export class Routes {
  readonly #plan: Plan;
  readonly #cache = new Map<string, Route>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** From an arm, in one of its lanes (0: the inner one). */
  drive(arm: number, movement: Movement, lane: number): Route {
    const exit = exitOf(arm, movement);
    const to = this.#plan.planOf(exit);
    const exitLane = movement === 'straight' ? lane : movement === 'left' ? 0 : to.lanes - 1;
    return this.#cached(`${arm}${movement}${lane}`, () => {
      const from = this.#plan.laneAside(this.#plan.planOf(arm), lane);
      return this.#route(arm, movement, from, this.#plan.laneAside(to, exitLane), false);
    });
  }

  /** A bicycle's. */
  ride(arm: number, movement: 'straight' | 'right'): Route {
    return this.#cached(`${arm}${movement}bicycle`, () => {
      const [from, to] = [this.#plan.planOf(arm), this.#plan.planOf(exitOf(arm, movement))];
      return this.#route(arm, movement, this.#plan.cycleAside(from), this.#plan.cycleAside(to), true);
    });
  }

  /** Straight on, against the direction of its lane: a bicycle all the way, a car until the junction. */
  wrongWay(arm: number, bicycle: boolean): Route {
    const plan = this.#plan;
    const road = plan.planOf(arm);
    const far = plan.layout.reach + LEAD;
    const aside = bicycle
      ? road.cycleLane > 0
        ? road.lanes * road.laneWidth + road.cycleLane - 0.4
        : plan.cycleAside(road)
      : plan.laneAside(road, 0);
    const vertices: Vertex[] = [plan.point(arm, far, -aside, true)];
    if (!bicycle) {
      const half = Math.min(plan.crossingEdge(arm) + 2, 9);
      vertices.push({ ...plan.point(arm, half, -aside, true), radius: 25 });
      vertices.push({ ...plan.point(arm + 2, half, aside, false), radius: 25 });
    }
    vertices.push(plan.point(arm + 2, far, bicycle ? -aside : aside, false));
    const name = `${arm}wrong${bicycle}`;
    return { ...this.#finish(name, vertices, arm, (arm + 2) % 4, 'straight', bicycle), wrongWay: true };
  }

  /** Straight on, but for a stop at the kerb of the `out` or the inbound arm, `distance` from the origin. */
  halting(arm: number, out: boolean, distance: number, width: number): Route {
    const plan = this.#plan;
    const road = plan.planOf(arm);
    const far = plan.layout.reach + LEAD;
    const lane = plan.laneAside(road, road.lanes - 1);
    const kerb = Math.max(lane + 0.2, plan.edgeOf(arm) - 0.2 - width / 2);
    const length = Math.max(6, 3.2 * (kerb - lane));
    const on = out ? arm + 2 : arm;
    // along the way, from `before` to `after` it is at the kerb
    const at = (ahead: number, aside: number): Vertex => ({
      ...plan.point(on, out ? distance + ahead : distance - ahead, aside, !out),
      radius: 18,
    });
    const [a, b] = [-2.5 - length, length + 3.5];
    const vertices = [
      plan.point(arm, far, lane, true),
      at(a, lane),
      at(-2.5, kerb),
      at(3.5, kerb),
      at(b, lane),
      plan.point(arm + 2, far, lane, false),
    ];
    const name = `${arm}halt${out}${distance}${width}`;
    const route = this.#finish(name, vertices, arm, (arm + 2) % 4, 'straight', false);
    const s = route.path.vertexS;
    return {
      ...route,
      // the wheels it steers with stand a little short of where it turns out again, so its middle is in the middle
      halt: { s: (s[3] as number) - 1.5, leaveS: (s[1] as number) - 6 },
    };
  }

  #cached(key: string, make: () => Route): Route {
    let route = this.#cache.get(key);
    if (!route) this.#cache.set(key, (route = make()));
    return route;
  }

  #route(arm: number, movement: Movement, aside: number, exitAside: number, bicycle: boolean): Route {
    const plan = this.#plan;
    const far = plan.layout.reach + LEAD;
    const exit = exitOf(arm, movement);
    const vertices: Vertex[] = [plan.point(arm, far, aside, true)];
    if (movement !== 'straight') {
      const [a, b] = [plan.point(arm, 0, aside, true), plan.point(exit, 0, exitAside, false)];
      // as wide as the kerb lets it: concentric with the corner, or past the others who turn left
      const radius =
        movement === 'right'
          ? Math.min(plan.kerbOf(arm) - aside, plan.kerbOf(exit) - exitAside) + plan.layout.cornerRadius
          : 11;
      vertices.push({ x: a.x + b.x, y: a.y + b.y, radius });
    }
    vertices.push(plan.point(exit, far, exitAside, false));
    return this.#finish(`${arm}${movement}${aside}${bicycle}`, vertices, arm, exit, movement, bicycle);
  }

  #finish(
    key: string,
    vertices: Vertex[],
    arm: number,
    exit: number,
    movement: Movement,
    bicycle: boolean,
  ): Route {
    const plan = this.#plan;
    const path = Path.through(vertices);
    const far = plan.layout.reach + LEAD;
    const stopS = far - plan.stopLine(arm);
    const at = { x: 0, y: 0, heading: 0 };
    let boxEndS = stopS;
    const spans = new Map<number, { from: number; to: number; low: number; high: number }>();
    for (let s = stopS; s < path.length - LEAD; s += 0.2) {
      path.at(s, at);
      if (Math.abs(at.x) < plan.kerbX && Math.abs(at.y) < plan.kerbY) boxEndS = s;
      for (const on of [arm % 4, exit % 4]) {
        const [from, to] = plan.zebra(on);
        const [out, across] =
          on % 2 === 0 ? [at.x * (on === 0 ? 1 : -1), at.y] : [at.y * (on === 1 ? 1 : -1), at.x];
        if (out < from || out > to) continue;
        const span = spans.get(on);
        if (!span) spans.set(on, { from: s, to: s, low: across, high: across });
        else {
          span.to = s;
          span.low = Math.min(span.low, across);
          span.high = Math.max(span.high, across);
        }
      }
    }
    return {
      key,
      path,
      arm,
      exit,
      road: plan.roadOf(arm),
      movement,
      bicycle,
      stopS,
      boxEndS,
      zebras: [...spans].map(([on, span]) => ({ arm: on, ...span })),
      bends: path.arcs().map(({ from, to, radius }) => ({ from, to, speed: Math.sqrt(COMFORT * radius) })),
    };
  }
}

export function exitOf(arm: number, movement: Movement): number {
  return (arm + (movement === 'straight' ? 2 : movement === 'left' ? 3 : 1)) % 4;
}

/** The middles of an arm's parking bays, the same on both of its sides, from the origin. */
export function baysOf(plan: Plan, arm: number): number[] {
  const bays: number[] = [];
  if (plan.planOf(arm).parkingBay === 0) return bays;
  const from = plan.crossingEdge(arm) + BAY_END;
  for (let middle = from + BAY_LENGTH / 2; middle < plan.layout.reach - 4; middle += BAY_LENGTH)
    bays.push(middle);
  return bays;
}

/** A movement, and the lane that leads to it: a right one for those who turn right, the left one for left. */
export function chooseMovement(
  lanes: number,
  long: boolean,
  random: Random,
): { movement: Movement; lane: number } {
  const draw = random.next();
  // who turns left from the only lane keeps everybody behind
  const left = lanes > 1 ? 0.16 : 0.08;
  const movement = long || draw < 0.66 ? 'straight' : draw < 0.66 + left ? 'left' : 'right';
  const lane = movement === 'left' ? 0 : movement === 'right' ? lanes - 1 : random.whole(0, lanes - 1);
  return { movement, lane };
}
