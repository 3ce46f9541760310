import { EngineError } from '../../../src/errors.ts';
import type { Layout } from '../layout.ts';
import { Random } from '../random.ts';
import type { Agent, Traffic } from '../traffic-types.ts';
import { rides, walks, wrongWayRides } from './demand.ts';
import type { TrafficDensity } from './density.ts';
import { furniture } from './furniture.ts';
import { clashes } from './overlap.ts';
import { parkedVehicles } from './parked.ts';
import { Plan } from './plan.ts';
import { Routes } from './route.ts';
import { Run } from './run.ts';
import { Signals } from './signals.ts';
import { crowd, loiterers, standerAgent } from './standing.ts';
import { WalkRoutes } from './walk-route.ts';
import { addWrongWay } from './wrong-way.ts';

export interface SimulationOptions {
  readonly layout: Layout;
  readonly density: TrafficDensity;
  readonly seed: number;
  readonly periodMs: number;
  readonly stepMs: number;
}

const MOST_ATTEMPTS = 40;

/**
 * Traffic that repeats itself.
 *
 * The same people and vehicles come in at the same times of every period, until one period ends as the one before did:
 * signals empty the junction again and again, so what happened long ago is forgotten. Everybody's way through the next
 * period, on until they have left, is what is kept; nobody's own way has a seam, and everybody meets whom they met.
 *
 * @throws EngineError VALIDATION when no such traffic is found, or the period is too short for the signals
 */
export function simulate(options: SimulationOptions): Traffic {
  const { layout, density, seed, periodMs, stepMs } = options;
  const plan = new Plan(layout);
  const signals = new Signals(plan, periodMs);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const random = new Random(seed).fork(attempt + 1);
    const routes = new Routes(plan);
    const steps = Math.round(periodMs / stepMs);
    const taken = furniture(layout).map(({ x, y }) => ({ x, y }));
    const standers = [
      ...loiterers(plan, density.loiterers, taken, steps, stepMs, random),
      ...crowd(plan, density.crowd, steps, stepMs, random),
    ];
    const run = new Run(
      rides(plan, routes, density, periodMs, random),
      walks(plan, new WalkRoutes(plan), density, periodMs, random),
      standers,
      signals,
      periodMs,
      stepMs,
    );
    if (!run.settle()) continue;
    const moving = run.record();
    if (!moving) continue;
    const agents: Agent[] = [
      ...parkedVehicles(plan, density.parked, steps, random),
      ...standers.map((stander) => standerAgent(stander, steps, stepMs, random)),
      ...moving,
    ].map((agent, i) => ({ ...agent, id: i + 1 }));
    const traffic: Traffic = {
      periodMs,
      stepMs,
      agents,
      light: (road, atMs) => signals.light(road, atMs),
      walk: (road, atMs) => signals.walk(road, atMs),
    };
    const whole = addWrongWay(
      traffic,
      wrongWayRides(routes, density, random),
      (ride) => run.vehicle(ride),
      random,
    );
    if (whole && clashes(whole).length === 0) return whole;
  }
  throw new EngineError(
    'VALIDATION',
    `no traffic of this density repeats itself after ${periodMs} ms (seed ${seed}): take less traffic or another seed`,
  );
}
