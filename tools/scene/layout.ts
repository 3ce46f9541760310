/**
 * The ground plan of a junction: two straight roads that cross at the origin, pavements, zebra crossings on all four
 * arms, and what stands at the corners. Metres; x east, y north. Traffic keeps to the right.
 */
export interface Layout {
  readonly eastWest: RoadPlan;
  readonly northSouth: RoadPlan;
  /** Width of the pavement on each side of each road. */
  readonly pavement: number;
  /** Radius of the kerb at the corners. */
  readonly cornerRadius: number;
  /** From the edge of the crossing road to the near edge of a zebra crossing. */
  readonly crossingSetback: number;
  /** Width of a zebra crossing, along the road it crosses. */
  readonly crossingWidth: number;
  /** From the zebra crossing's far edge to the stop line. */
  readonly stopLineSetback: number;
  /** How far the roads reach from the origin: vehicles appear and leave there. */
  readonly reach: number;
  /** What is in each corner, beyond the pavements. */
  readonly corners: Readonly<Record<Corner, 'plaza' | 'park' | 'buildings'>>;
}

export type Corner = 'north-east' | 'north-west' | 'south-west' | 'south-east';

export interface RoadPlan {
  /** Lanes in each direction. */
  readonly lanes: 1 | 2;
  readonly laneWidth: number;
  /** Width of the cycle lane at each edge; 0: none. */
  readonly cycleLane: number;
  /** Width of the parking bay between the lanes and the pavement, on both sides; 0: none. It ends 16 m before the crossing road's edge. */
  readonly parkingBay: number;
}

/** From a road's axis to its kerb, metres (parking bays included). */
export function halfWidth(road: RoadPlan): number {
  return road.lanes * road.laneWidth + road.cycleLane + road.parkingBay;
}

/** The junction of the demo cameras. */
export const DEMO_LAYOUT: Layout = {
  eastWest: { lanes: 2, laneWidth: 3.25, cycleLane: 1.6, parkingBay: 0 },
  northSouth: { lanes: 1, laneWidth: 3.4, cycleLane: 0, parkingBay: 2.2 },
  pavement: 4,
  cornerRadius: 6,
  crossingSetback: 3.5,
  crossingWidth: 3.6,
  stopLineSetback: 1.2,
  reach: 85,
  corners: {
    'north-east': 'plaza',
    'north-west': 'buildings',
    'south-west': 'park',
    'south-east': 'buildings',
  },
};
