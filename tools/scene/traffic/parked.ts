import type { Random } from '../random.ts';
import { randomSize } from '../scatter.ts';
import { type Agent, SAMPLE } from '../traffic-types.ts';
import type { Plan } from './plan.ts';
import { baysOf } from './route.ts';

/** Cars and vans in the parking bays, each taken with probability `share`; they stay for `steps` steps, a period. */
export function parkedVehicles(
  plan: Plan,
  share: number,
  steps: number,
  random: Random,
): Omit<Agent, 'id'>[] {
  const parked: Omit<Agent, 'id'>[] = [];
  for (let arm = 0; arm < 4; arm++) {
    for (const inbound of [true, false]) {
      for (const middle of baysOf(plan, arm)) {
        if (!random.chance(share)) continue;
        const kind = random.chance(0.82) ? 'car' : 'van';
        const size = randomSize(kind, random);
        const aside = plan.edgeOf(arm) - 0.25 - size.width / 2;
        const { x, y } = plan.point(arm, middle, aside, inbound);
        const out = (arm * Math.PI) / 2;
        const heading = (inbound ? out + Math.PI : out) + random.normal() * 0.012;
        const samples = new Float32Array((steps + 1) * SAMPLE);
        for (let i = 0; i <= steps; i++) samples.set([x, y, heading, 0, 0], i * SAMPLE);
        const looks = random.whole(0, 2 ** 30);
        parked.push({ kind, looks, size, startMs: 0, samples, behaviour: 'parked' });
      }
    }
  }
  return parked;
}
