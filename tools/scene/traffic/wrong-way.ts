import type { Random } from '../random.ts';
import { type Agent, SAMPLE, type Traffic } from '../traffic-types.ts';
import type { Ride } from './demand.ts';
import { footprints, overlaps } from './overlap.ts';
import type { Person } from './person.ts';
import type { Signals } from './signals.ts';
import type { Vehicle } from './vehicle.ts';

/** Nobody whom a wrong-way driver comes nearer than this has to mind them, metres. */
const BERTH = 0.9;
const TRIES = 120;
const NOBODY: readonly (Vehicle & Person)[] = [];

/**
 * Adds those who go against their lane's direction, each at a time at which it meets nobody: they give way to no one,
 * and no one has seen them coming. Undefined: there is no such time.
 */
export function addWrongWay(
  traffic: Traffic,
  rides: readonly Ride[],
  vehicleOf: (ride: Ride) => Vehicle,
  random: Random,
): Traffic | undefined {
  const { periodMs, stepMs } = traffic;
  const steps = Math.round(periodMs / stepMs);
  let whole = traffic;
  for (const ride of rides) {
    const samples = drive(vehicleOf(ride), traffic);
    let added: Traffic | undefined;
    for (let attempt = 0; attempt < TRIES && !added; attempt++) {
      const agent: Agent = {
        id: whole.agents.length + 1,
        kind: ride.kind,
        looks: ride.looks,
        size: ride.size,
        behaviour: 'wrong-way',
        startMs: random.whole(0, steps - 1) * stepMs,
        samples,
      };
      if (meetsNobody(agent, whole)) added = { ...whole, agents: [...whole.agents, agent] };
    }
    if (!added) return undefined;
    whole = added;
  }
  return whole;
}

function drive(vehicle: Vehicle, { stepMs }: Traffic): Float32Array {
  const samples: number[] = [];
  const from = vehicle.s;
  const add = (): number => samples.push(vehicle.x, vehicle.y, vehicle.heading, vehicle.v, vehicle.s - from);
  while (!vehicle.gone) {
    add();
    // it minds neither signals nor others
    vehicle.decide(NOBODY, NOBODY, undefined as unknown as Signals, 0);
    vehicle.move(stepMs / 1000);
  }
  add();
  return Float32Array.from(samples);
}

function meetsNobody(agent: Agent, traffic: Traffic): boolean {
  const { agents, periodMs, stepMs } = traffic;
  const count = agent.samples.length / SAMPLE;
  for (let i = 0; i < count; i += 2) {
    const atMs = (agent.startMs + i * stepMs) % periodMs;
    for (const mine of footprints(agent, atMs, traffic)) {
      for (const other of agents)
        for (const theirs of footprints(other, atMs, traffic))
          if (overlaps(mine, theirs, BERTH)) return false;
    }
  }
  return true;
}
