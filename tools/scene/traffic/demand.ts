import type { Random } from '../random.ts';
import { randomSize } from '../scatter.ts';
import type { Agent, AgentKind, Size } from '../traffic-types.ts';
import type { TrafficDensity } from './density.ts';
import type { Gait } from './person.ts';
import { ARMS, type Plan } from './plan.ts';
import { chooseMovement, type Route, type Routes } from './route.ts';
import type { Driver } from './vehicle.ts';
import { type Port, portsOf, type WalkRoute, type WalkRoutes } from './walk-route.ts';

/** A vehicle that wants to come in at `atMs` of every period. */
export interface Ride {
  readonly atMs: number;
  readonly kind: AgentKind;
  readonly looks: number;
  readonly size: Size;
  readonly route: Route;
  readonly driver: Driver;
  readonly haltMs: number;
  readonly behaviour: Agent['behaviour'];
}

/** People who set out together at `atMs` of every period; most go alone. */
export interface Walk {
  readonly atMs: number;
  readonly route: WalkRoute;
  readonly walkers: readonly { readonly gait: Gait; readonly height: number; readonly looks: number }[];
}

/** m/s that drivers want on an empty street: some 40 km/h. */
const STREET_SPEED = 11.2;
const RIDING_SPEED = 4.9;
/** Between an inbound halt and the stop line, and between an outbound one and the zebra crossing, metres. */
const HALT_CLEARANCE = 18;

/** Who wants to drive, in order of time. */
export function rides(
  plan: Plan,
  routes: Routes,
  density: TrafficDensity,
  periodMs: number,
  random: Random,
): Ride[] {
  const found: Ride[] = [];
  for (let arm = 0; arm < 4; arm++) {
    const perMinute = density.vehiclesPerMinute[ARMS[arm] as (typeof ARMS)[number]];
    for (const atMs of times(perMinute, periodMs, random)) {
      const kind = kindOf(density, random);
      const long = kind === 'bus' || kind === 'truck';
      const { movement, lane } = chooseMovement(plan.planOf(arm).lanes, long, random);
      found.push({
        atMs,
        ...driven(kind, random),
        route: routes.drive(arm, movement, lane),
        haltMs: 0,
        behaviour: movement === 'straight' ? 'through' : 'turning',
      });
    }
  }
  for (const atMs of times(density.bicyclesPerMinute, periodMs, random)) {
    const movement = random.chance(0.75) ? 'straight' : 'right';
    found.push({
      atMs,
      ...ridden(random),
      route: routes.ride(random.whole(0, 3), movement),
      haltMs: 0,
      behaviour: movement === 'straight' ? 'through' : 'turning',
    });
  }
  // where cars park at the kerb there is no room to pull up
  const kerbs = [0, 1, 2, 3].filter((arm) => plan.planOf(arm).parkingBay === 0);
  for (const atMs of kerbs.length > 0 ? times(density.stoppingPerMinute, periodMs, random) : []) {
    const vehicle = driven(random.chance(0.6) ? 'van' : 'car', random);
    const arm = random.pick(kerbs);
    const distance = plan.stopLine(arm) + HALT_CLEARANCE + random.between(0, 10);
    found.push({
      atMs,
      ...vehicle,
      route: routes.halting(arm, random.chance(0.5), distance, vehicle.size.width),
      haltMs: random.between(7000, 14_000),
      behaviour: 'stopping',
    });
  }
  return found.sort((a, b) => a.atMs - b.atMs);
}

/** Those who go against their lane's direction: a bicycle, a car, and so on. When they go is found out later. */
export function wrongWayRides(routes: Routes, density: TrafficDensity, random: Random): Ride[] {
  const { vehiclesPerMinute: perMinute, wrongWay: count } = density;
  // a car needs a lane without anybody: there is none where much traffic comes from
  const least = Math.min(...ARMS.map((name) => perMinute[name]));
  const quiet = [0, 1, 2, 3].filter((arm) => perMinute[ARMS[arm] as (typeof ARMS)[number]] === least);
  return Array.from({ length: count }, (_, i) => {
    const bicycle = i % 2 === 0;
    const vehicle = bicycle ? ridden(random) : driven('car', random);
    const arm = bicycle ? random.whole(0, 3) : random.pick(quiet);
    return {
      atMs: 0,
      ...vehicle,
      route: routes.wrongWay(arm, bicycle),
      haltMs: 0,
      behaviour: 'wrong-way' as const,
    };
  });
}

/** Who wants to walk, in order of time. */
export function walks(
  plan: Plan,
  routes: WalkRoutes,
  density: TrafficDensity,
  periodMs: number,
  random: Random,
): Walk[] {
  // two cannot pass in a door: through each, people either come or go
  const ports = portsOf(plan).map((port) => ({ port, comes: port.wide || random.chance(0.5) }));
  const from = ports.filter(({ comes }) => comes).map(({ port }) => port);
  const to = ports.filter(({ port, comes }) => port.wide || !comes).map(({ port }) => port);
  const wide = from.filter((port) => port.wide);
  const found: Walk[] = [];
  for (const atMs of times(density.pedestriansPerMinute, periodMs, random))
    found.push({ atMs, route: joined(from, to, routes, random), walkers: party(1, random) });
  for (const atMs of times(density.groupsPerMinute, periodMs, random))
    found.push({
      atMs,
      route: joined(wide, wide, routes, random),
      walkers: party(random.whole(2, 4), random),
    });
  return found.sort((a, b) => a.atMs - b.atMs);
}

function driven(kind: AgentKind, random: Random): Pick<Ride, 'kind' | 'looks' | 'size' | 'driver'> {
  const heavy = kind === 'bus' || kind === 'truck';
  return {
    kind,
    looks: random.whole(0, 2 ** 30),
    size: randomSize(kind, random),
    driver: {
      speed: (heavy ? 0.9 : 1) * STREET_SPEED * (1 + 0.08 * limited(random)),
      gain: (heavy ? 1 : 1.6) * random.between(0.9, 1.15),
      brake: random.between(1.8, 2.3),
      headway: random.between(1.1, 1.6),
      gap: random.between(1.8, 2.6),
    },
  };
}

function ridden(random: Random): Pick<Ride, 'kind' | 'looks' | 'size' | 'driver'> {
  return {
    kind: 'bicycle',
    looks: random.whole(0, 2 ** 30),
    size: randomSize('bicycle', random),
    driver: {
      speed: RIDING_SPEED * (1 + 0.12 * limited(random)),
      gain: random.between(0.8, 1.1),
      brake: random.between(1.5, 2),
      headway: random.between(0.9, 1.2),
      gap: random.between(0.9, 1.4),
    },
  };
}

/** Side by side in pairs, the second pair behind the first. */
function party(count: number, random: Random): Walk['walkers'] {
  const speed = 1.34 * (1 + 0.1 * limited(random)) * (count > 1 ? 0.9 : 1);
  const side = random.between(-1, 1);
  // those who set out together have less time to do so (`Person`)
  const reactionMs = count > 1 ? random.between(200, 600) : random.between(300, 1300);
  return Array.from({ length: count }, (_, i) => {
    const row = Math.floor(i / 2);
    const abreast = Math.min(2, count - row * 2);
    const left = abreast === 1 ? 0 : i % 2 === 0 ? 0.4 : -0.4;
    return {
      gait: {
        speed,
        side,
        row: { left, back: row * 1.05 + random.between(0, 0.15) },
        half: count > 1 ? 0.7 : 0.3,
        reactionMs,
      },
      height: randomSize('person', random).height,
      looks: random.whole(0, 2 ** 30),
    };
  });
}

function joined(from: readonly Port[], to: readonly Port[], routes: WalkRoutes, random: Random): WalkRoute {
  for (;;) {
    const route = routes.join(random.pick(from), random.pick(to), random);
    if (route && route.path.length > 12) return route;
  }
}

function kindOf({ kinds }: TrafficDensity, random: Random): AgentKind {
  const entries = Object.entries(kinds) as [AgentKind, number][];
  let rest = random.next() * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [kind, share] of entries) {
    rest -= share;
    if (rest < 0) return kind;
  }
  return 'car';
}

/** Moments of a period, spread over it, none at the same distance from the next. */
function times(perMinute: number, periodMs: number, random: Random): number[] {
  const count = Math.round((perMinute * periodMs) / 60_000);
  return Array.from({ length: count }, (_, i) => ((i + random.between(0.08, 0.92)) / count) * periodMs);
}

function limited(random: Random): number {
  return Math.max(-2, Math.min(2, random.normal()));
}
