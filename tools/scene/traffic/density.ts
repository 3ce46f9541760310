/** The side of the junction an arm of it points to. */
export type ArmName = 'east' | 'north' | 'west' | 'south';

export type VehicleKind = 'car' | 'van' | 'bus' | 'truck';

/** How much traffic there is, and of what sort. */
export interface TrafficDensity {
  /** Vehicles a minute that come in through each arm. */
  readonly vehiclesPerMinute: Readonly<Record<ArmName, number>>;
  /** How many vehicles are of each kind, in parts of their sum. */
  readonly kinds: Readonly<Record<VehicleKind, number>>;
  /** Through all arms together. */
  readonly bicyclesPerMinute: number;
  /** People who walk alone. */
  readonly pedestriansPerMinute: number;
  /** Groups of two to four who walk together. */
  readonly groupsPerMinute: number;
  readonly loiterers: number;
  /** People in a crowd at the gathering place; 0: no crowd. */
  readonly crowd: number;
  /** How many of the parking bays are taken, 0 to 1. */
  readonly parked: number;
  /** Vehicles a minute that pull up at the kerb and go on. */
  readonly stoppingPerMinute: number;
  /** Cars and bicycles in a period that go against their lane's direction: first a bicycle, then a car, and so on. */
  readonly wrongWay: number;
}

const KINDS = { car: 78, van: 12, bus: 5, truck: 5 };

export const DENSITIES: Readonly<Record<'quiet' | 'normal', TrafficDensity>> = {
  quiet: {
    vehiclesPerMinute: { east: 4, north: 1, west: 4, south: 1 },
    kinds: KINDS,
    bicyclesPerMinute: 2,
    pedestriansPerMinute: 8,
    groupsPerMinute: 1,
    loiterers: 2,
    crowd: 0,
    parked: 0.4,
    stoppingPerMinute: 0,
    wrongWay: 0,
  },
  normal: {
    vehiclesPerMinute: { east: 6, north: 2, west: 6, south: 2 },
    kinds: KINDS,
    bicyclesPerMinute: 4,
    pedestriansPerMinute: 18,
    groupsPerMinute: 3,
    loiterers: 4,
    crowd: 0,
    parked: 0.6,
    stoppingPerMinute: 1,
    wrongWay: 0,
  },
};
