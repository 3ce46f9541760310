/** World coordinates: metres, x east, y north, z up, the origin in the middle of the junction; headings in radians, 0 east, counter-clockwise. */

/** What moves, or could: a van is labelled car, and a bicycle is one object with its rider. */
export type AgentKind = 'person' | 'bicycle' | 'car' | 'van' | 'bus' | 'truck';

/** Numbers per sample: x, y (of the middle of its footprint), heading, speed in m/s, metres travelled since it appeared. */
export const SAMPLE = 5;

export interface Size {
  /** Along the heading, metres. */
  readonly length: number;
  readonly width: number;
  readonly height: number;
}

/** One road user from the moment it appears to the moment it leaves the scene. */
export interface Agent {
  /** From 1, unique in the scene. */
  readonly id: number;
  readonly kind: AgentKind;
  /** What it looks like (colour, clothes, model) follows from this. */
  readonly looks: number;
  readonly size: Size;
  /** When it appears, in [0, periodMs). Its samples may run past the period's end: then it is seen at the beginning, too. */
  readonly startMs: number;
  /**
   * `SAMPLE` numbers for every `stepMs`, the first at `startMs`; at the last it is gone. A parked vehicle is there for a
   * whole period: periodMs / stepMs + 1 samples.
   */
  readonly samples: Float32Array;
  /** How it behaves, for the truth file and for tests. */
  readonly behaviour:
    | 'through'
    | 'turning'
    | 'parked'
    | 'stopping'
    | 'wrong-way'
    | 'walking'
    | 'group'
    | 'loitering'
    | 'crowd';
  /** People who walk together share a number. */
  readonly group?: number;
}

export type LightColour = 'red' | 'red-amber' | 'green' | 'amber';

/** Traffic that repeats itself after `periodMs` without a visible seam. */
export interface Traffic {
  readonly periodMs: number;
  readonly stepMs: number;
  readonly agents: readonly Agent[];
  /** The signal of a road: `east-west` or `north-south`, at a time in [0, periodMs). */
  light(road: 'east-west' | 'north-south', atMs: number): LightColour;
  /** Whether people may cross that road (walking across it). */
  walk(road: 'east-west' | 'north-south', atMs: number): boolean;
}
