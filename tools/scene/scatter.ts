import { halfWidth, type Layout, type RoadPlan } from './layout.ts';
import type { Furniture } from './models/street.ts';
import type { Random } from './random.ts';
import { type Agent, type AgentKind, SAMPLE, type Size, type Traffic } from './traffic-types.ts';

/** A junction unlike the others: lanes, widths and corners follow from `random`. */
export function randomLayout(random: Random): Layout {
  const lanes = (): 1 | 2 => (random.chance(0.5) ? 1 : 2);
  const eastWest: RoadPlan = {
    lanes: lanes(),
    laneWidth: random.between(3, 3.6),
    cycleLane: random.chance(0.5) ? random.between(1.4, 2) : 0,
    parkingBay: 0,
  };
  const northSouth: RoadPlan = {
    lanes: lanes(),
    laneWidth: random.between(3, 3.6),
    cycleLane: 0,
    parkingBay: random.chance(0.5) ? 2.2 : 0,
  };
  const corner = (): 'plaza' | 'park' | 'buildings' =>
    random.pick(['plaza', 'park', 'buildings', 'buildings']);
  return {
    eastWest,
    northSouth,
    pavement: random.between(3, 5.5),
    cornerRadius: random.between(4, 8),
    crossingSetback: random.between(2.5, 4),
    crossingWidth: random.between(3, 4.5),
    stopLineSetback: 1.2,
    reach: 85,
    corners: {
      'north-east': corner(),
      'north-west': corner(),
      'south-west': corner(),
      'south-east': corner(),
    },
  };
}

/** Trees, lamps and signals at random places beside the kerbs. */
export function randomFurniture(layout: Layout, random: Random): Furniture[] {
  const [h1, h2] = [halfWidth(layout.eastWest), halfWidth(layout.northSouth)];
  const items: Furniture[] = [];
  const spacing = random.between(8, 14);
  const kerb = random.between(0.5, 0.8);
  for (const side of [1, -1]) {
    for (const end of [1, -1]) {
      for (let d = h2 + 12; d < layout.reach; d += spacing) {
        if (random.chance(0.75)) items.push({ kind: 'tree', x: end * d, y: side * (h1 + kerb), heading: 0 });
        if (random.chance(0.4))
          items.push({
            kind: 'lamp',
            x: end * (d + spacing / 2),
            y: side * (h1 + kerb),
            heading: (-side * Math.PI) / 2,
          });
      }
      for (let d = h1 + 14; d < layout.reach; d += spacing) {
        if (random.chance(0.3)) items.push({ kind: 'tree', x: side * (h2 + kerb), y: end * d, heading: 0 });
        if (random.chance(0.4))
          items.push({
            kind: 'lamp',
            x: side * (h2 + kerb),
            y: end * (d + spacing / 2),
            heading: side > 0 ? Math.PI : 0,
          });
      }
      items.push({
        kind: 'signal',
        x: end * (h2 + 1.2),
        y: side * (h1 + 0.8),
        heading: random.pick([0, Math.PI / 2, Math.PI, -Math.PI / 2]),
      });
      if (random.chance(0.7))
        items.push({
          kind: 'lamp',
          x: end * (h2 + 2.5),
          y: side * (h1 + 2.5),
          heading: Math.atan2(-side, -end),
        });
      for (let i = 0; i < 5; i++) {
        const [x, y] = [
          end * (h2 + layout.pavement + random.between(2, 26)),
          side * (h1 + layout.pavement + random.between(2, 26)),
        ];
        const corner = `${y > 0 ? 'north' : 'south'}-${x > 0 ? 'east' : 'west'}` as const;
        if (layout.corners[corner] === 'buildings') continue;
        items.push({
          kind: random.pick(['tree', 'tree', 'bench', 'lamp']),
          x,
          y,
          heading: random.between(0, 6),
        });
      }
    }
  }
  return items;
}

export function randomSize(kind: AgentKind, random: Random): Size {
  switch (kind) {
    case 'car':
      return {
        length: random.between(3.8, 4.9),
        width: random.between(1.72, 1.9),
        height: random.between(1.4, 1.75),
      };
    case 'van':
      return {
        length: random.between(4.9, 6),
        width: random.between(1.95, 2.05),
        height: random.between(1.95, 2.55),
      };
    case 'bus':
      return { length: random.between(10.5, 12.5), width: 2.55, height: random.between(2.95, 3.25) };
    case 'truck':
      return { length: random.between(6.5, 9.5), width: 2.5, height: random.between(2.8, 3.6) };
    case 'bicycle':
      return { length: 1.75, width: 0.6, height: 1.75 };
    case 'person':
      return {
        length: 0.5,
        width: 0.5,
        height: random.chance(0.12) ? random.between(1.05, 1.4) : random.between(1.5, 1.95),
      };
  }
}

/**
 * Road users put down at random for one picture: where such things are found, but without a story. For training, where
 * variety counts for more than sense; the demo's traffic is simulated. `spread`: how far about the focus, 1 for a view
 * along the street.
 */
export function scatter(
  layout: Layout,
  focus: readonly [number, number],
  random: Random,
  spread = 1,
): Traffic {
  const [h1, h2] = [halfWidth(layout.eastWest), halfWidth(layout.northSouth)];
  const agents: Agent[] = [];
  const taken: { x: number; y: number; r: number }[] = [];
  const put = (
    kind: AgentKind,
    x: number,
    y: number,
    heading: number,
    behaviour: Agent['behaviour'],
    speed: number,
  ): boolean => {
    const size = randomSize(kind, random);
    // a long thing takes the room of circles along it
    const circles = Math.max(1, Math.round(size.length / size.width));
    const own = Array.from({ length: circles }, (_, i) => {
      const along = ((i + 0.5) / circles - 0.5) * size.length;
      return { x: x + Math.cos(heading) * along, y: y + Math.sin(heading) * along, r: size.width * 0.62 };
    });
    const free = own.every((c) => taken.every((t) => (t.x - c.x) ** 2 + (t.y - c.y) ** 2 > (t.r + c.r) ** 2));
    if (!free) return false;
    taken.push(...own);
    const samples = new Float32Array(2 * SAMPLE);
    const travelled = random.between(0, 50);
    samples.set([x, y, heading, speed, travelled, x, y, heading, speed, travelled]);
    agents.push({
      id: agents.length + 1,
      kind,
      looks: random.whole(0, 2 ** 30),
      size,
      startMs: 0,
      samples,
      behaviour,
    });
    return true;
  };
  const vehicles = random.whole(2, 16);
  const kinds: AgentKind[] = ['car', 'car', 'car', 'car', 'van', 'bus', 'truck', 'truck'];
  for (let i = 0; i < vehicles * 2 && agents.length < vehicles; i++) {
    const alongEast = random.chance(0.6);
    const road = alongEast ? layout.eastWest : layout.northSouth;
    const lane = random.whole(0, road.lanes - 1);
    const direction = random.chance(0.5) ? 1 : -1;
    const across = -direction * (lane + 0.5) * road.laneWidth + random.normal() * 0.25;
    const along = (alongEast ? focus[0] : focus[1]) + random.normal() * 22 * spread;
    const bend =
      random.chance(0.15) && Math.abs(along) < 12 ? random.between(-1.2, 1.2) : random.normal() * 0.03;
    const base = direction > 0 ? 0 : Math.PI;
    const speed = random.chance(0.7) ? 8 : 0;
    if (alongEast) put(random.pick(kinds), along, across, base + bend, 'through', speed);
    else put(random.pick(kinds), -across, along, base + Math.PI / 2 + bend, 'through', speed);
  }
  if (layout.northSouth.parkingBay > 0) {
    for (const side of [1, -1]) {
      for (let d = h1 + 20; d < 60; d += 6.2) {
        for (const end of [1, -1])
          if (random.chance(0.5))
            put(
              random.pick(['car', 'car', 'car', 'van']),
              side * (h2 - 1.1),
              end * d,
              (side * Math.PI) / 2,
              'parked',
              0,
            );
      }
    }
  }
  const cyclists = random.whole(0, 5);
  for (let i = 0; i < cyclists; i++) {
    const along = focus[0] + random.normal() * 16 * spread;
    if (random.chance(0.6)) {
      const side = random.chance(0.5) ? 1 : -1;
      put(
        'bicycle',
        along,
        side * (h1 - random.between(0.5, 1.3)),
        (side > 0 ? Math.PI : 0) + random.normal() * 0.06,
        'through',
        5,
      );
    } else {
      const side = random.chance(0.5) ? 1 : -1;
      put(
        'bicycle',
        side * (h2 - random.between(0.5, 1)),
        focus[1] + random.normal() * 16 * spread,
        (side * Math.PI) / 2 + random.normal() * 0.06,
        'through',
        5,
      );
    }
  }
  const clusters = random.whole(3, 14);
  for (let i = 0; i < clusters; i++) {
    const [cx, cy] = placeOnFoot(layout, h1, h2, focus, random, spread);
    const together = random.chance(0.08) ? random.whole(6, 14) : random.chance(0.35) ? random.whole(2, 4) : 1;
    const heading = random.between(0, 2 * Math.PI);
    const walks = random.chance(0.75);
    const reach = together > 5 ? 1.8 : 0.7;
    for (let k = 0; k < together; k++) {
      put(
        'person',
        cx + random.normal() * reach,
        cy + random.normal() * reach,
        heading + random.normal() * (walks ? 0.15 : 1.5),
        walks ? 'walking' : 'loitering',
        walks ? 1.3 : 0,
      );
    }
  }
  const green = random.chance(0.5);
  return {
    periodMs: 40,
    stepMs: 40,
    agents,
    light: (road) => (random.chance(0.1) ? 'amber' : (road === 'east-west') === green ? 'green' : 'red'),
    walk: () => true,
  };
}

/** Somewhere on a pavement, on a crossing or on a square. */
function placeOnFoot(
  layout: Layout,
  h1: number,
  h2: number,
  focus: readonly [number, number],
  random: Random,
  spread: number,
): [number, number] {
  const side = random.chance(0.5) ? 1 : -1;
  const end = random.chance(0.5) ? 1 : -1;
  switch (random.whole(0, 4)) {
    case 0:
    case 1: // the pavement of the east-west road
      return [
        focus[0] + random.normal() * 16 * spread,
        side * (h1 + random.between(0.8, layout.pavement - 0.4)),
      ];
    case 2: // of the north-south road
      return [
        side * (h2 + random.between(0.8, layout.pavement - 0.4)),
        focus[1] + random.normal() * 16 * spread,
      ];
    case 3: // a crossing
      return random.chance(0.5)
        ? [
            end * (h2 + layout.crossingSetback + random.between(0.3, layout.crossingWidth - 0.3)),
            random.between(-h1, h1),
          ]
        : [
            random.between(-h2, h2),
            end * (h1 + layout.crossingSetback + random.between(0.3, layout.crossingWidth - 0.3)),
          ];
    default: // a corner
      return [
        end * (h2 + layout.pavement + random.between(-3, 14)),
        side * (h1 + layout.pavement + random.between(-3, 14)),
      ];
  }
}
