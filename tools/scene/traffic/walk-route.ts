import type { Corner } from '../layout.ts';
import type { Random } from '../random.ts';
import { Path, type Vertex } from './path.ts';
import { CORNERS, PARK_DEPTH, PLAZA_DEPTH, type Plan, parkPath, type Road } from './plan.ts';

/** Where a walking route crosses a road, metres along it. */
export interface Crossing {
  readonly arm: number;
  readonly road: Road;
  /** Where one waits, 0.6 m before the kerb; then from kerb to kerb. */
  readonly wait: number;
  readonly from: number;
  readonly to: number;
  readonly toward: 1 | -1;
}

/** A way on foot: where its middle goes, and how far to the side of it people may walk. */
export interface WalkRoute {
  readonly path: Path;
  readonly crossings: readonly Crossing[];
  roomAt(s: number): number;
}

type Line = 'east-west' | 'north-south' | 'open';

/** Where people appear and leave: the end of a pavement, a door, or the far end of a plaza or a park. */
export interface Port {
  readonly corner: Corner;
  /** The pavement (by its road) it leads to; `open`: the inner corner of plaza or park. */
  readonly line: Line;
  /** From the port to its pavement. */
  readonly way: readonly Step[];
  /** Wide enough for people side by side. */
  readonly wide: boolean;
}

interface Step extends Vertex {
  /** Half of what there is to walk on, until the next step. */
  readonly room: number;
}

const KERB_GAP = 0.6;

/** Houses have doors this far along their row, metres. */
const DOORS = [4, 17, 31, 45];

export function portsOf(plan: Plan): Port[] {
  const ports: Port[] = [];
  const { reach } = plan.layout;
  const room = plan.walkRoom - 0.3;
  for (const corner of CORNERS) {
    const { sx, sy, kind } = plan.corner(corner);
    const open = plan.openDepth(kind);
    ports.push({ corner, line: 'east-west', way: [{ x: sx * reach, y: sy * plan.walkY, room }], wide: true });
    ports.push({
      corner,
      line: 'north-south',
      way: [{ x: sx * plan.walkX, y: sy * reach, room }],
      wide: true,
    });
    for (const door of DOORS) {
      const x = Math.max(12, plan.frontX + open + door);
      if (x < reach - 8) {
        const way = [
          { x: sx * x, y: sy * (plan.frontY + 0.1), room: 0.1 },
          { x: sx * x, y: sy * plan.walkY, room, radius: 0.8 },
        ];
        ports.push({ corner, line: 'east-west', way, wide: false });
      }
      const y = Math.max(12, plan.frontY + open + 13.5 + door);
      if (y < reach - 8) {
        const way = [
          { x: sx * (plan.frontX + 0.1), y: sy * y, room: 0.1 },
          { x: sx * plan.walkX, y: sy * y, room, radius: 0.8 },
        ];
        ports.push({ corner, line: 'north-south', way, wide: false });
      }
    }
    if (kind === 'plaza') {
      for (const door of [6, 18]) {
        const way = [
          { x: sx * (plan.frontX + door), y: sy * (plan.frontY + PLAZA_DEPTH), room: 0.3 },
          { x: sx * (plan.frontX + door), y: sy * (plan.frontY + PLAZA_DEPTH - 2.5), room: 1.2, radius: 2 },
          { x: sx * (plan.frontX + 2.5), y: sy * (plan.frontY + 2.5), room: 0.9, radius: 2 },
        ];
        ports.push({ corner, line: 'open', way, wide: false });
      }
    }
    if (kind === 'park') {
      const way: Step[] = [];
      for (let beyond = PARK_DEPTH - 2; beyond > 1; beyond -= 4) {
        way.push({
          x: sx * (plan.frontX + beyond),
          y: sy * (plan.frontY + parkPath(beyond)),
          room: 0.8,
          radius: 9,
        });
      }
      ports.push({ corner, line: 'open', way, wide: true });
    }
  }
  return ports;
}

/** Joins ports into routes. */
export class WalkRoutes {
  readonly #plan: Plan;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** From one port to another over at most two crossings; undefined where that would not be a walk. */
  join(from: Port, to: Port, random: Random): WalkRoute | undefined {
    const plan = this.#plan;
    const [a, b] = [plan.corner(from.corner), plan.corner(to.corner)];
    const steps: Step[] = [...from.way];
    const crossings: { arm: number; road: Road; toward: 1 | -1; first: number }[] = [];
    const back = (port: Port): Step[] => {
      // a step's room counts until the next one, so on the way back each has that of the one before
      const way = [...port.way].reverse();
      return way.map((step, i) => ({ ...step, room: way[i + 1]?.room ?? step.room }));
    };
    if (a.sx === b.sx && a.sy === b.sy) {
      if (from === to) return undefined;
      if (from.line !== to.line) {
        if (from.line === 'open' || to.line === 'open') return undefined;
        this.#aroundCorner(a, from, steps, random);
      } else if (from.line === 'open') return undefined;
      return this.#finish([...steps, ...back(to)], crossings);
    }
    const across: Road[] = [];
    if (a.sx !== b.sx) across.push('north-south');
    if (a.sy !== b.sy) across.push('east-west');
    if (across.length === 2 && random.chance(0.5)) across.reverse();
    let { sx, sy } = a;
    let line: Line | 'island' = from.line;
    for (const road of across) {
      steps.push(...this.#toKerb(sx, sy, line, road));
      const arm = road === 'north-south' ? (sy > 0 ? 1 : 3) : sx > 0 ? 0 : 2;
      const toward = road === 'north-south' ? (-sx as 1 | -1) : (-sy as 1 | -1);
      crossings.push({ arm, road, toward, first: steps.length - 1 });
      if (road === 'north-south') sx = -sx as 1 | -1;
      else sy = -sy as 1 | -1;
      line = 'island';
      steps.push({ ...this.#kerbStep(sx, sy, road), room: 0.6 });
    }
    // leaving mirrors arriving
    const road = across[across.length - 1] as Road;
    const leave = this.#toKerb(sx, sy, to.line, road).reverse().slice(1);
    steps.push(...leave.map((step) => ({ ...step, room: plan.walkRoom - 0.3 })));
    return this.#finish([...steps, ...back(to)], crossings);
  }

  #aroundCorner(
    { sx, sy, kind }: { sx: number; sy: number; kind: string },
    from: Port,
    steps: Step[],
    random: Random,
  ): void {
    const plan = this.#plan;
    const room = plan.walkRoom - 0.3;
    if (kind === 'plaza' && random.chance(0.7)) {
      const cut: Step[] = [
        { x: sx * (plan.frontX + 18), y: sy * plan.walkY, room: 1, radius: 3 },
        { x: sx * plan.walkX, y: sy * (plan.frontY + 18), room, radius: 3 },
      ];
      if (from.line === 'north-south') cut.reverse();
      steps.push(...cut);
      return;
    }
    steps.push({ x: sx * plan.walkX, y: sy * plan.walkY, room, radius: 2.2 });
  }

  /** From a corner's pavement to where one stands at the kerb, facing the road to cross. */
  #toKerb(sx: number, sy: number, line: Line | 'island', road: Road): Step[] {
    const plan = this.#plan;
    const room = Math.min(0.75, plan.walkRoom - 0.3);
    const kerb = this.#kerbStep(sx, sy, road);
    const overNorthSouth = road === 'north-south';
    const steps: Step[] = [];
    if (line === 'east-west') {
      steps.push(
        overNorthSouth
          ? { x: sx * (plan.walkX + 4), y: sy * plan.walkY, room, radius: 3 }
          : { x: kerb.x, y: sy * plan.walkY, room, radius: 1.4 },
      );
    } else if (line === 'north-south') {
      steps.push(
        overNorthSouth
          ? { x: sx * plan.walkX, y: kerb.y, room, radius: 1.4 }
          : { x: sx * plan.walkX, y: sy * (plan.walkY + 4), room, radius: 3 },
      );
    }
    steps.push(kerb);
    return steps;
  }

  /** The place at the kerb: its step is the way over the road. */
  #kerbStep(sx: number, sy: number, road: Road): Step {
    const plan = this.#plan;
    const room = Math.max(0.6, plan.layout.crossingWidth / 2 - 0.4);
    if (road === 'north-south') {
      const [from, to] = plan.zebra(sy > 0 ? 1 : 3);
      return { x: sx * (plan.kerbX + 1.5), y: (sy * (from + to)) / 2, room, radius: 1.5 };
    }
    const [from, to] = plan.zebra(sx > 0 ? 0 : 2);
    return { x: (sx * (from + to)) / 2, y: sy * (plan.kerbY + 1.5), room, radius: 1.5 };
  }

  #finish(
    steps: readonly Step[],
    crossed: readonly { arm: number; road: Road; toward: 1 | -1; first: number }[],
  ): WalkRoute {
    const plan = this.#plan;
    const path = Path.through(steps);
    const { vertexS } = path;
    const hit = { s: 0, left: 0 };
    const crossings = crossed.map(({ arm, road, toward, first }): Crossing => {
      const [near, far] = [steps[first] as Step, steps[first + 1] as Step];
      const kerb = road === 'north-south' ? plan.kerbX : plan.kerbY;
      const on = (side: number): number => {
        if (road === 'north-south') path.project(Math.sign(side) * kerb, near.y, hit);
        else path.project(near.x, Math.sign(side) * kerb, hit);
        return hit.s;
      };
      const from = on(road === 'north-south' ? near.x : near.y);
      const to = on(road === 'north-south' ? far.x : far.y);
      return { arm, road, toward, wait: from - KERB_GAP, from, to };
    });
    return {
      path,
      crossings,
      roomAt(s) {
        let i = vertexS.length - 1;
        while (i > 0 && s < (vertexS[i] as number)) i--;
        return (steps[i] as Step).room;
      },
    };
  }
}
