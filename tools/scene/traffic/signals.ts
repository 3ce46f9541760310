import { EngineError } from '../../../src/errors.ts';
import type { LightColour } from '../traffic-types.ts';
import type { Plan, Road } from './plan.ts';

const AMBER_MS = 3000;
const ALL_RED_MS = 2000;
const RED_AMBER_MS = 1000;
const CYCLE_MS = 30_000;
/** For how long people may at least set out. */
const WALK_MS = 3600;
/** What the clearance reckons with, m/s. */
const CROSSING_SPEED = 1.3;
const MIN_GREEN_MS = 7000;

/**
 * Signals of two phases, one for each road, whose cycle divides the period. People cross a road while the other one has
 * green, and may set out only as long as they are over before the road gets green again.
 */
export class Signals {
  readonly #cycleMs: number;
  /** When the north-south road's phase begins; the east-west road's begins with the cycle. */
  readonly #secondMs: number;
  readonly #walkMs: Readonly<Record<Road, number>>;

  constructor(plan: Plan, periodMs: number) {
    const cross = (kerb: number): number => ((2 * kerb) / CROSSING_SPEED) * 1000;
    const least = (overOther: number): number =>
      Math.max(overOther + WALK_MS, MIN_GREEN_MS + AMBER_MS + ALL_RED_MS);
    const first = least(cross(plan.kerbX));
    const second = least(cross(plan.kerbY));
    let cycles = Math.max(1, Math.round(periodMs / CYCLE_MS));
    while (cycles > 1 && periodMs / cycles < first + second) cycles--;
    this.#cycleMs = periodMs / cycles;
    if (this.#cycleMs < first + second) {
      throw new EngineError(
        'VALIDATION',
        `a period of ${periodMs} ms is too short for signals that let people over these roads; ` +
          `give it at least ${Math.ceil(first + second)} ms`,
      );
    }
    this.#secondMs = Math.min(Math.max(this.#cycleMs / 2, first), this.#cycleMs - second);
    this.#walkMs = {
      'north-south': this.#secondMs - cross(plan.kerbX),
      'east-west': this.#cycleMs - this.#secondMs - cross(plan.kerbY),
    };
  }

  /** Time since the road's phase began, and how long the phase is. */
  #phase(road: Road, atMs: number): { sinceMs: number; lengthMs: number } {
    const beginMs = road === 'east-west' ? 0 : this.#secondMs;
    const lengthMs = road === 'east-west' ? this.#secondMs : this.#cycleMs - this.#secondMs;
    const sinceMs = (((atMs - beginMs) % this.#cycleMs) + this.#cycleMs) % this.#cycleMs;
    return { sinceMs, lengthMs };
  }

  light(road: Road, atMs: number): LightColour {
    const { sinceMs, lengthMs } = this.#phase(road, atMs);
    if (sinceMs < lengthMs - AMBER_MS - ALL_RED_MS) return 'green';
    if (sinceMs < lengthMs - ALL_RED_MS) return 'amber';
    return sinceMs >= this.#cycleMs - RED_AMBER_MS ? 'red-amber' : 'red';
  }

  /** For how long people may still set out to cross a road, milliseconds; 0: they may not. */
  walkLeftMs(road: Road, atMs: number): number {
    const { sinceMs } = this.#phase(road === 'east-west' ? 'north-south' : 'east-west', atMs);
    return Math.max(0, this.#walkMs[road] - sinceMs);
  }

  walk(road: Road, atMs: number): boolean {
    return this.walkLeftMs(road, atMs) > 0;
  }
}
