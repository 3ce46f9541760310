import type { Agent } from '../traffic-types.ts';
import type { Conflict } from './conflict.ts';
import type { Ride, Walk } from './demand.ts';
import { type Body, type Party, Person } from './person.ts';
import { LEAD } from './route.ts';
import type { Signals } from './signals.ts';
import type { Stander } from './standing.ts';
import { Vehicle } from './vehicle.ts';

/** A period is like the one before when nobody is further than this from where they were then, metres. */
const SAME = 0.3;
const MOST_PERIODS = 14;
/** Whoever has not left after so many periods is stuck. */
const LONGEST_DRIVE = 3;
const LONGEST_WALK = 5;

interface Moving<T> {
  /** Which ride or walker of the schedule it is. */
  readonly key: string;
  readonly body: T;
  readonly period: number;
  readonly startMs: number;
  readonly describe: Omit<Agent, 'id' | 'startMs' | 'samples'>;
  readonly samples: number[];
  /** Where on its route it appeared, metres. */
  readonly fromS: number;
}

interface Waiting {
  readonly ride: Ride;
  readonly key: string;
  readonly period: number;
}

/** One run of the schedule, period after period. */
export class Run {
  readonly #rides: readonly Ride[];
  readonly #walks: readonly Walk[];
  readonly #standers: readonly Stander[];
  readonly #signals: Signals;
  readonly #steps: number;
  readonly #stepMs: number;
  readonly #conflicts = new Map<string, Conflict | undefined>();
  readonly #standing: Body[];
  #vehicles: Moving<Vehicle>[] = [];
  #people: Moving<Person>[] = [];
  /** Those who want to come in and find no room. */
  #waiting: Waiting[] = [];
  #step = 0;
  /** Everybody of this period is kept, from the moment they appear. */
  #kept: { period: number; all: (Moving<Vehicle> | Moving<Person>)[] } | undefined;

  constructor(
    wantToDrive: readonly Ride[],
    wantToWalk: readonly Walk[],
    standers: readonly Stander[],
    signals: Signals,
    periodMs: number,
    stepMs: number,
  ) {
    this.#rides = wantToDrive;
    this.#walks = wantToWalk;
    this.#standers = standers;
    this.#signals = signals;
    this.#steps = Math.round(periodMs / stepMs);
    this.#stepMs = stepMs;
    this.#standing = standers.map(() => ({ x: 0, y: 0, vx: 0, vy: 0 }));
  }

  /** Runs until a period ends as the one before did; false: that never happens. */
  settle(): boolean {
    let before: Map<string, readonly [number, number]> | undefined;
    for (let period = 0; period < MOST_PERIODS; period++) {
      for (let i = 0; i < this.#steps; i++) this.#advance();
      if (this.#vehicles.some((one) => period - one.period >= LONGEST_DRIVE)) return false;
      if (this.#people.some((one) => period - one.period >= LONGEST_WALK)) return false;
      const now = new Map(
        [...this.#vehicles, ...this.#people].map(({ key, period: since, body }) => [
          `${key} ${period - since}`,
          [body.x, body.y] as const,
        ]),
      );
      for (const { key } of this.#waiting) now.set(key, [0, 0]);
      const past = before;
      const same =
        past?.size === now.size &&
        [...now].every(([key, [x, y]]) => {
          const was = past.get(key);
          return was !== undefined && Math.hypot(was[0] - x, was[1] - y) < SAME;
        });
      if (same) return true;
      before = now;
    }
    return false;
  }

  /** Everybody who comes in during the next period, until they have left; undefined: somebody never does. */
  record(): Omit<Agent, 'id'>[] | undefined {
    const period = Math.floor(this.#step / this.#steps);
    this.#kept = { period, all: [] };
    const wanted = this.#rides.length + this.#walks.reduce((sum, { walkers }) => sum + walkers.length, 0);
    for (let i = 0; i < this.#steps * 8; i++) {
      this.#advance();
      const left = this.#kept.all.every(({ body }) => body.gone);
      if (this.#kept.all.length === wanted && left) {
        return this.#kept.all.map(({ describe, startMs, samples }) => ({
          ...describe,
          startMs,
          samples: Float32Array.from(samples),
        }));
      }
    }
    return undefined;
  }

  /** A vehicle of the schedule where it comes in. */
  vehicle({ kind, size, route, driver, haltMs }: Ride): Vehicle {
    const s = LEAD + size.length * 0.3;
    return new Vehicle(kind, size, route, driver, haltMs, this.#conflicts, s, driver.speed);
  }

  #advance(): void {
    const inPeriod = this.#step % this.#steps;
    const period = Math.floor(this.#step / this.#steps);
    const nowMs = this.#step * this.#stepMs;
    this.#comeIn(period, inPeriod, nowMs);
    this.#standers.forEach(({ frames }, i) => {
      const body = this.#standing[i] as Body;
      const [x, y] = [frames[inPeriod * 3] as number, frames[inPeriod * 3 + 1] as number];
      body.vx = this.#step === 0 ? 0 : ((x - body.x) * 1000) / this.#stepMs;
      body.vy = this.#step === 0 ? 0 : ((y - body.y) * 1000) / this.#stepMs;
      body.x = x;
      body.y = y;
    });
    const vehicles = this.#vehicles.map(({ body }) => body);
    const people = this.#people.map(({ body }) => body);
    for (const one of [...this.#vehicles, ...this.#people]) sample(one);
    for (const vehicle of vehicles) vehicle.decide(vehicles, people, this.#signals, nowMs);
    for (const person of people) person.decide(people, this.#standing, vehicles, this.#signals, nowMs);
    for (const body of [...vehicles, ...people]) body.move(this.#stepMs / 1000);
    for (const one of [...this.#vehicles, ...this.#people]) if (one.body.gone) sample(one);
    this.#vehicles = this.#vehicles.filter(({ body }) => !body.gone);
    this.#people = this.#people.filter(({ body }) => !body.gone);
    this.#step++;
  }

  #comeIn(period: number, inPeriod: number, nowMs: number): void {
    const due = ({ atMs }: { atMs: number }): boolean => Math.floor(atMs / this.#stepMs) === inPeriod;
    this.#rides.forEach((ride, i) => {
      if (due(ride)) this.#waiting.push({ ride, key: `ride ${i}`, period });
    });
    const left: Waiting[] = [];
    const full = new Set<string>();
    for (const one of this.#waiting) {
      const { ride, key } = one;
      const vehicle = this.vehicle(ride);
      const lane = `${vehicle.x.toFixed()} ${vehicle.y.toFixed()}`;
      if (full.has(lane) || !this.#roomFor(vehicle)) {
        full.add(lane); // nobody comes in past those who wait there
        left.push(one);
        continue;
      }
      const { kind, size, looks, behaviour } = ride;
      this.#vehicles.push(
        this.#keep({
          key,
          body: vehicle,
          period: one.period,
          startMs: nowMs % (this.#steps * this.#stepMs),
          describe: { kind, size, looks, behaviour },
          samples: [],
          fromS: vehicle.s,
        }),
      );
    }
    this.#waiting = left;
    this.#walks.forEach((walk, i) => {
      if (!due(walk)) return;
      const party: Party = { members: [], begun: 0 };
      walk.walkers.forEach(({ gait, height, looks }, k) => {
        const person = new Person(walk.route, gait, party);
        party.members.push(person);
        this.#people.push(
          this.#keep({
            key: `walk ${i} ${k}`,
            body: person,
            period,
            startMs: nowMs % (this.#steps * this.#stepMs),
            describe: {
              kind: 'person',
              size: { length: 0.5, width: 0.5, height },
              looks,
              behaviour: walk.walkers.length > 1 ? 'group' : 'walking',
              ...(walk.walkers.length > 1 && { group: i + 1 }),
            },
            samples: [],
            fromS: person.s,
          }),
        );
      });
    });
  }

  #keep<T extends Moving<Vehicle> | Moving<Person>>(one: T): T {
    if (this.#kept?.period === one.period) this.#kept.all.push(one);
    return one;
  }

  /** Whether a vehicle could come in at its speed without having to brake hard. */
  #roomFor(vehicle: Vehicle): boolean {
    const [cos, sin] = [Math.cos(vehicle.heading), Math.sin(vehicle.heading)];
    return this.#vehicles.every(({ body }) => {
      const [dx, dy] = [body.x - vehicle.x, body.y - vehicle.y];
      const ahead = dx * cos + dy * sin;
      const apart = Math.abs(dy * cos - dx * sin) > (vehicle.size.width + body.size.width) / 2 + 0.3;
      const between = ahead - (vehicle.size.length + body.size.length) / 2;
      const slower = Math.max(0, vehicle.v - body.v);
      const needed = vehicle.driver.gap + vehicle.v * 0.9 + (slower * slower) / 3;
      return apart || ahead < -30 || between > needed;
    });
  }
}

function sample({ body, samples, fromS }: Moving<Vehicle> | Moving<Person>): void {
  samples.push(body.x, body.y, body.heading, body.v, body.s - fromS);
}
