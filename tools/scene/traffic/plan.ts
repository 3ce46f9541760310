import { type Corner, halfWidth, type Layout, type RoadPlan } from '../layout.ts';
import type { ArmName } from './density.ts';

export type Road = 'east-west' | 'north-south';

/** Arms by number, counter-clockwise from the east; even ones belong to the east-west road. */
export const ARMS: readonly ArmName[] = ['east', 'north', 'west', 'south'];
const OUT = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** Parking bays end this far from the crossing road's edge, metres, and the kerb comes forward there. */
export const BAY_END = 16;
/** A bay, along the road, metres. */
export const BAY_LENGTH = 5.8;
/** The strip of the pavement at the kerb where furniture stands, metres. */
export const FURNITURE_ZONE = 0.9;
/** How far plaza and park reach beyond the pavements, metres. */
export const PLAZA_DEPTH = 24;
export const PARK_DEPTH = 36;

/** The measures of a layout that traffic needs, in metres from the origin. */
export class Plan {
  readonly layout: Layout;
  /** Edges of the roads, parking bays included: the east-west road's in y, the north-south road's in x. */
  readonly edgeY: number;
  readonly edgeX: number;
  /** Kerbs near the junction, where there are no bays. */
  readonly kerbY: number;
  readonly kerbX: number;
  /** Middle of the strip of the pavements where people walk. */
  readonly walkY: number;
  readonly walkX: number;
  /** Half of that strip. */
  readonly walkRoom: number;
  /** Outer edges of the pavements. */
  readonly frontY: number;
  readonly frontX: number;

  constructor(layout: Layout) {
    this.layout = layout;
    this.edgeY = halfWidth(layout.eastWest);
    this.edgeX = halfWidth(layout.northSouth);
    this.kerbY = this.edgeY - layout.eastWest.parkingBay;
    this.kerbX = this.edgeX - layout.northSouth.parkingBay;
    const strip = layout.pavement - FURNITURE_ZONE;
    this.walkRoom = strip / 2;
    this.walkY = this.edgeY + FURNITURE_ZONE + strip / 2;
    this.walkX = this.edgeX + FURNITURE_ZONE + strip / 2;
    this.frontY = this.edgeY + layout.pavement;
    this.frontX = this.edgeX + layout.pavement;
  }

  roadOf(arm: number): Road {
    return arm % 2 === 0 ? 'east-west' : 'north-south';
  }

  planOf(arm: number): RoadPlan {
    return arm % 2 === 0 ? this.layout.eastWest : this.layout.northSouth;
  }

  /** The road's own kerb at the junction, from its axis. */
  kerbOf(arm: number): number {
    return arm % 2 === 0 ? this.kerbY : this.kerbX;
  }

  edgeOf(arm: number): number {
    return arm % 2 === 0 ? this.edgeY : this.edgeX;
  }

  /** Edge of the road that crosses this arm's. */
  crossingEdge(arm: number): number {
    return this.edgeOf(arm + 1);
  }

  /** Near and far edge of an arm's zebra crossing, from the origin. */
  zebra(arm: number): readonly [from: number, to: number] {
    const from = this.crossingEdge(arm) + this.layout.crossingSetback;
    return [from, from + this.layout.crossingWidth];
  }

  stopLine(arm: number): number {
    return this.zebra(arm)[1] + this.layout.stopLineSetback;
  }

  /** The point `distance` out on an arm and `aside` to the right of its axis as one comes in (`inbound`) or goes out. */
  point(arm: number, distance: number, aside: number, inbound: boolean): { x: number; y: number } {
    const [ox, oy] = OUT[arm % 4] as readonly [number, number];
    const side = inbound ? aside : -aside;
    // to the right of the way in, -out, lies (-oy, ox)
    return { x: ox * distance - oy * side, y: oy * distance + ox * side };
  }

  /** Middle of a lane, from the road's axis. */
  laneAside(road: RoadPlan, lane: number): number {
    // where bicycles ride at the lane's edge, others leave them room
    const outermost = lane === road.lanes - 1 && road.cycleLane === 0;
    return (lane + 0.5) * road.laneWidth - (outermost ? 0.25 : 0);
  }

  /** Where bicycles ride, from the road's axis. */
  cycleAside(road: RoadPlan): number {
    const lanes = road.lanes * road.laneWidth;
    return road.cycleLane > 0 ? lanes + Math.min(0.55, road.cycleLane / 2) : lanes - 0.38;
  }

  corner(name: Corner): { sx: 1 | -1; sy: 1 | -1; kind: 'plaza' | 'park' | 'buildings' } {
    return {
      sx: name.includes('east') ? 1 : -1,
      sy: name.includes('north') ? 1 : -1,
      kind: this.layout.corners[name],
    };
  }

  /** How far a corner is free of houses, beyond the pavements. */
  openDepth(kind: 'plaza' | 'park' | 'buildings'): number {
    return kind === 'plaza' ? PLAZA_DEPTH : kind === 'park' ? PARK_DEPTH : 0;
  }
}

export const CORNERS: readonly Corner[] = ['north-east', 'north-west', 'south-west', 'south-east'];

/** A park's path: metres beyond the pavement's edge in y at that many in x. */
export function parkPath(beyondX: number): number {
  return beyondX + 3 * Math.sin(0.15 * beyondX);
}
