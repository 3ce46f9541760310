import type { Layout } from '../layout.ts';
import type { Furniture } from '../models/street.ts';
import { Random } from '../random.ts';
import { clearOfWays, openSpots, type Spot } from './open-ground.ts';
import { CORNERS, FURNITURE_ZONE, Plan } from './plan.ts';

/** From the kerb to the middle of what stands beside it, metres. */
const AT_KERB = 0.5;

/**
 * Street furniture, the same for the same layout: on the strip of the pavement next to the kerb, on plazas and in parks,
 * and nowhere where people walk. Metres; a signal's heading is the way it faces, a lamp's the way of its arm.
 */
export function furniture(layout: Layout): Furniture[] {
  const plan = new Plan(layout);
  const random = new Random(
    Math.round(layout.reach * 131 + layout.pavement * 977 + layout.cornerRadius * 37),
  );
  const items: Furniture[] = [];
  for (let arm = 0; arm < 4; arm++) {
    const { x, y } = plan.point(arm, plan.stopLine(arm) + 0.4, plan.kerbOf(arm) + AT_KERB, true);
    items.push({ kind: 'signal', x, y, heading: (arm * Math.PI) / 2 });
  }
  for (let arm = 0; arm < 4; arm++) {
    for (const inbound of [true, false]) alongKerb(plan, arm, inbound, random, items);
  }
  for (const name of CORNERS) {
    const { sx, sy, kind } = plan.corner(name);
    // bollards keep vehicles off the corner between its two crossings
    const r = layout.cornerRadius;
    for (const turn of [0.2, 0.5, 0.8]) {
      const angle = (turn * Math.PI) / 2;
      items.push({
        kind: 'bollard',
        x: sx * (plan.kerbX + r - (r - AT_KERB) * Math.cos(angle)),
        y: sy * (plan.kerbY + r - (r - AT_KERB) * Math.sin(angle)),
        heading: 0,
      });
    }
    if (kind === 'plaza') {
      const beyond = 9;
      if (clearOfWays('plaza', beyond, 1.2, -0.3)) {
        const at = { x: sx * (plan.frontX + beyond), y: sy * (plan.frontY + 0.8) };
        items.push({ kind: 'bus-stop', ...at, heading: (-sy * Math.PI) / 2 });
      }
    }
  }
  scatter(plan, random, items);
  return items;
}

function alongKerb(plan: Plan, arm: number, inbound: boolean, random: Random, items: Furniture[]): void {
  const { reach } = plan.layout;
  const aside = plan.edgeOf(arm) + Math.min(AT_KERB, FURNITURE_ZONE / 2 + 0.05);
  const toRoad = Math.atan2(...swap(plan.point(arm, 0, -1, inbound)));
  const first = Math.max(plan.stopLine(arm) + 3, plan.crossingEdge(arm) + 17);
  for (let out = first; out < reach; out += 24) {
    items.push({ kind: 'lamp', ...plan.point(arm, out, aside, inbound), heading: toRoad });
  }
  if (arm % 2 === 0) {
    for (let out = Math.max(18.5, first + 5); out < reach; out += random.between(9, 12)) {
      // a lamp's place stays a lamp's
      const beside = (out - first) % 24;
      const at = beside < 2 ? out + 2 - beside : beside > 22 ? out - (beside - 22) : out;
      items.push({ kind: 'tree', ...plan.point(arm, at, aside, inbound), heading: 0 });
    }
  }
  for (let out = first + 2.6; out < reach; out += 48) {
    items.push({ kind: 'bin', ...plan.point(arm, out, aside, inbound), heading: 0 });
  }
}

function swap({ x, y }: Spot): [number, number] {
  return [y, x];
}

function scatter(plan: Plan, random: Random, items: Furniture[]): void {
  const trees = [
    ...openSpots(plan, 14, ['park'], 4, [], random),
    ...openSpots(plan, 5, ['plaza'], 4.5, [], random),
  ];
  for (const { x, y } of trees) items.push({ kind: 'tree', x, y, heading: 0 });
  const stops = items.filter(({ kind }) => kind === 'bus-stop').map(({ x, y }) => ({ x, y }));
  const benches = openSpots(plan, 6, ['plaza', 'park'], 2.6, [...trees, ...stops], random);
  for (const { x, y } of benches) {
    // towards the junction, along one of the axes
    const heading = random.chance(0.5) ? (x > 0 ? Math.PI : 0) : y > 0 ? -Math.PI / 2 : Math.PI / 2;
    items.push({ kind: 'bench', x, y, heading });
  }
}
