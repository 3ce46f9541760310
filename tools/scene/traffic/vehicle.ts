import type { AgentKind, Size } from '../traffic-types.ts';
import { type Conflict, conflictOf, givesWay, travelTime } from './conflict.ts';
import type { Person } from './person.ts';
import type { Route } from './route.ts';
import type { Signals } from './signals.ts';

/** How a driver drives (Treiber, Hennecke and Helbing 2000, the intelligent driver model); metres and seconds. */
export interface Driver {
  readonly speed: number;
  readonly gain: number;
  readonly brake: number;
  readonly headway: number;
  readonly gap: number;
}

/** Nobody in the scene brakes or gains harder, m/s2. */
export const HARDEST = 3.9;
/** Space to the side that drivers want beside what they pass, metres. */
const ASIDE = 0.2;
const BICYCLE_ASIDE = 0.03;
/** Resolution of the table of headings, metres. */
const GRAIN = 0.1;

const at = { x: 0, y: 0, heading: 0 };
const hit = { s: 0, left: 0 };

/** A vehicle under way; `s` is where its front axle is on its route. The rear axle follows, so heading is smooth. */
export class Vehicle {
  readonly kind: AgentKind;
  readonly size: Size;
  readonly route: Route;
  readonly driver: Driver;
  readonly haltMs: number;
  /** From the front axle to the nose; as much is behind the rear axle. */
  readonly overhang: number;
  readonly #wheelbase: number;
  readonly #headings: Float64Array;
  readonly #conflicts: Map<string, Conflict | undefined>;
  s: number;
  v: number;
  x = 0;
  y = 0;
  heading = 0;
  vx = 0;
  vy = 0;
  /** Discs that cover it: x, y of each; all have the same radius. */
  readonly discs: Float64Array;
  readonly radius: number;
  #acceleration = 0;
  /** It could not stop any more when its light turned amber. */
  #runs = false;
  #committed = false;
  /** It stands behind something. */
  #held = false;
  #haltedMs = -1;

  constructor(
    kind: AgentKind,
    size: Size,
    route: Route,
    driver: Driver,
    haltMs: number,
    conflicts: Map<string, Conflict | undefined>,
    s: number,
    v: number,
  ) {
    this.kind = kind;
    this.size = size;
    this.route = route;
    this.driver = driver;
    this.haltMs = haltMs;
    this.overhang = size.length * 0.2;
    this.#wheelbase = size.length * 0.6;
    this.#conflicts = conflicts;
    this.s = s;
    this.v = v;
    const count = Math.max(2, Math.ceil(size.length / (size.width * 0.9)));
    this.discs = new Float64Array(count * 2);
    const half = size.length / count / 2;
    this.radius = Math.max(size.width / 2, Math.hypot(half, size.width / 2) * 0.92);
    this.#headings = headingsOf(route, this.#wheelbase);
    this.#place();
  }

  get front(): number {
    return this.s + this.overhang;
  }

  get rear(): number {
    return this.front - this.size.length;
  }

  /** Its middle has left the scene. */
  get gone(): boolean {
    return this.s - this.#wheelbase / 2 > this.route.path.length - 15;
  }

  #place(): void {
    this.route.path.at(this.s, at);
    const i = Math.min(this.#headings.length - 2, Math.max(0, this.s / GRAIN));
    const k = Math.floor(i);
    const [h0, h1] = [this.#headings[k] as number, this.#headings[k + 1] as number];
    this.heading = h0 + (h1 - h0) * (i - k);
    const [cos, sin] = [Math.cos(this.heading), Math.sin(this.heading)];
    this.x = at.x - (cos * this.#wheelbase) / 2;
    this.y = at.y - (sin * this.#wheelbase) / 2;
    this.vx = cos * this.v;
    this.vy = sin * this.v;
    const count = this.discs.length / 2;
    for (let d = 0; d < count; d++) {
      const along = ((d + 0.5) / count - 0.5) * this.size.length;
      this.discs[d * 2] = this.x + cos * along;
      this.discs[d * 2 + 1] = this.y + sin * along;
    }
  }

  /** Decides on the next step from where everybody is now. */
  decide(vehicles: readonly Vehicle[], people: readonly Person[], signals: Signals, nowMs: number): void {
    const { driver, route } = this;
    const top = this.#topSpeed();
    let a = free(this.v, top, driver);
    if (!route.wrongWay) {
      const behind = this.#follow(vehicles, people);
      this.#held = this.v < 0.3 && behind < 0.3;
      a = Math.min(a, behind);
      a = Math.min(a, this.#obeySignal(vehicles, signals, nowMs));
      a = Math.min(a, this.#giveWay(vehicles, people, signals, nowMs));
      if (route.halt) a = Math.min(a, this.#pullUp(vehicles, route.halt, nowMs));
    }
    this.#acceleration = Math.max(-HARDEST, Math.min(driver.gain, a));
  }

  move(seconds: number): void {
    const v = Math.max(0, this.v + this.#acceleration * seconds);
    this.s += ((this.v + v) / 2) * seconds;
    this.v = v < 0.02 && this.#acceleration < 0 ? 0 : v;
    this.#place();
  }

  #topSpeed(): number {
    let top = this.driver.speed;
    for (const bend of this.route.bends) {
      if (this.rear > bend.to || bend.speed >= top) continue;
      const ahead = Math.max(0, bend.from - this.s);
      top = Math.min(top, Math.sqrt(bend.speed * bend.speed + 2 * 1.4 * ahead));
    }
    return top;
  }

  /** What is on its way: the nearest of all bodies in the corridor that it will sweep. */
  #follow(vehicles: readonly Vehicle[], people: readonly Person[]): number {
    const { path } = this.route;
    // bicycles pass those who wait: whoever turns right waits for them, and could wait for ever
    const half = this.size.width / 2 + (this.route.bicycle ? BICYCLE_ASIDE : ASIDE);
    const reach = 14 + this.v * 4;
    let a = this.driver.gain;
    for (const other of vehicles) {
      if (other === this) continue;
      const [dx, dy] = [other.x - this.x, other.y - this.y];
      const far = reach + (other.size.length + this.size.length) / 2;
      if (dx * dx + dy * dy > far * far) continue;
      let nearest = Number.POSITIVE_INFINITY;
      let toward = 0;
      const count = other.discs.length;
      // beside or towards each other, two take their widths and no more
      const parallel = Math.abs(Math.cos(other.heading - this.heading)) > 0.97;
      const room = half + (parallel ? other.size.width / 2 : other.radius);
      for (let d = 0; d < count; d += 2) {
        path.project(other.discs[d] as number, other.discs[d + 1] as number, hit);
        if (Math.abs(hit.left) > room || hit.s < this.front - 0.3) continue;
        const gap = hit.s - other.radius - this.front;
        if (gap < nearest) {
          nearest = gap;
          path.at(hit.s, at);
          toward = other.vx * Math.cos(at.heading) + other.vy * Math.sin(at.heading);
        }
      }
      if (nearest < reach) a = Math.min(a, follow(this.v, Math.max(0, toward), nearest, this.driver));
    }
    for (const person of people) {
      if (!person.onRoad) continue;
      const [dx, dy] = [person.x - this.x, person.y - this.y];
      if (dx * dx + dy * dy > reach * reach) continue;
      path.project(person.x, person.y, hit);
      if (Math.abs(hit.left) > half + 0.45 || hit.s < this.front - 0.2) continue;
      a = Math.min(a, stopAt(this.v, hit.s - 0.7 - this.front, this.driver));
    }
    return a;
  }

  #obeySignal(vehicles: readonly Vehicle[], signals: Signals, nowMs: number): number {
    const { route } = this;
    const distance = route.stopS - this.front;
    if (distance < 0 || distance > 70) return this.driver.gain;
    const light = signals.light(route.road, nowMs);
    const needed = (this.v * this.v) / (2 * Math.max(0.1, distance));
    if (light === 'amber' && needed > 3 && !this.#runs) this.#runs = true;
    if (light === 'red') this.#runs = false;
    if (this.#runs) return this.driver.gain;
    if (light !== 'green') return stopAt(this.v, distance - 0.3, this.driver);
    // those of the other phase leave first
    if (needed > 3.3) return this.driver.gain;
    for (const other of vehicles) {
      if (other.route.road === route.road || other.front < other.route.stopS) continue;
      if (other.rear < other.route.boxEndS) return stopAt(this.v, distance - 0.3, this.driver);
    }
    return this.driver.gain;
  }

  #giveWay(vehicles: readonly Vehicle[], people: readonly Person[], signals: Signals, nowMs: number): number {
    const { route } = this;
    if (this.front < route.stopS - 45 || this.rear > route.boxEndS + 14) return this.driver.gain;
    const left = route.movement === 'left';
    const slowest = route.bends.reduce((least, bend) => Math.min(least, bend.speed), this.driver.speed);
    let holdS = Number.POSITIVE_INFINITY;
    if (route.movement !== 'straight' && !(left && this.#committed)) {
      let firstS = Number.POSITIVE_INFINITY;
      for (const other of vehicles) {
        if (other === this || !givesWay(route, other.route)) continue;
        const conflict = this.#conflictWith(other);
        if (!conflict || other.rear > conflict.otherTo) continue;
        firstS = Math.min(firstS, conflict.from);
        if (this.front > conflict.from + 0.2) continue;
        const waits =
          other.front < other.route.stopS &&
          !other.#runs &&
          signals.light(other.route.road, nowMs) !== 'green';
        // two who turn left must not wait for those behind each other
        if (waits || other.#held) continue;
        const mine = [
          travelTime(conflict.from - this.front, this.v, slowest, this.driver.gain),
          travelTime(conflict.to + 1 - this.rear, this.v, slowest, this.driver.gain),
        ] as const;
        const theirs = [
          travelTime(conflict.otherFrom - other.front, other.v, other.driver.speed, other.driver.gain),
          travelTime(conflict.otherTo - other.rear, other.v, other.driver.speed, other.driver.gain),
        ] as const;
        if (theirs[0] < mine[1] + 1.2 && theirs[1] > mine[0] - 0.8) holdS = Math.min(holdS, conflict.from);
      }
      // whoever turns left goes once the way is free to its very end, and does not stop half way
      if (left && this.front < firstS + 0.2) {
        for (const zebra of route.zebras) {
          if (zebra.arm === route.exit && this.#peopleOn(zebra, people, slowest))
            holdS = Math.min(holdS, firstS);
        }
      }
      if (left && holdS === Number.POSITIVE_INFINITY && this.front > firstS - 1.5) this.#committed = true;
    }
    for (const zebra of route.zebras) {
      if (this.front > zebra.from + 0.1 || zebra.from - this.front > 40) continue;
      if (this.#peopleOn(zebra, people, slowest)) holdS = Math.min(holdS, zebra.from);
    }
    if (holdS === Number.POSITIVE_INFINITY) return this.driver.gain;
    const distance = holdS - 0.5 - this.front;
    if (distance < -0.6 || (this.v * this.v) / (2 * Math.max(0.05, distance + 0.5)) > HARDEST)
      return this.driver.gain;
    return stopAt(this.v, distance, this.driver);
  }

  #conflictWith(other: Vehicle): Conflict | undefined {
    const widths = (this.size.width + other.size.width) / 2;
    const key = `${this.route.key}/${other.route.key}/${widths.toFixed(1)}`;
    if (!this.#conflicts.has(key)) this.#conflicts.set(key, conflictOf(this.route, other.route, widths));
    return this.#conflicts.get(key);
  }

  /** Whether anybody will be on this vehicle's stretch of a crossing while it is. */
  #peopleOn(zebra: Route['zebras'][number], people: readonly Person[], slowest: number): boolean {
    const margin = this.size.width / 2 + 0.9;
    const mine = [
      travelTime(zebra.from - this.front, this.v, slowest, this.driver.gain),
      travelTime(zebra.to + 0.5 - this.rear, this.v, slowest, this.driver.gain),
    ] as const;
    for (const person of people) {
      if (person.zebra !== zebra.arm) continue;
      const u = zebra.arm % 2 === 0 ? person.y : person.x;
      const toNear = person.toward > 0 ? zebra.low - margin - u : u - zebra.high - margin;
      const toFar = person.toward > 0 ? zebra.high + margin - u : u - zebra.low + margin;
      if (toFar < 0) continue;
      const theirs = [Math.max(0, toNear) / 1.6, toFar / 1.1] as const;
      if (theirs[0] < mine[1] + 0.8 && theirs[1] > mine[0] - 0.8) return true;
    }
    return false;
  }

  #pullUp(vehicles: readonly Vehicle[], halt: NonNullable<Route['halt']>, nowMs: number): number {
    if (this.s < halt.leaveS) {
      // a bicycle beside or just behind goes first
      const beside = vehicles.some(
        (other) => other.route.bicycle && this.#behind(other, 12, 5) && other.v > 0.5,
      );
      if (beside) return stopAt(this.v, halt.leaveS - this.s, this.driver);
    }
    if (this.s > halt.s + 0.5) return this.driver.gain;
    if (this.#haltedMs < 0) {
      if (this.v === 0 && this.s > halt.s - 1.6) this.#haltedMs = nowMs;
      return stopAt(this.v, halt.s - this.s, this.driver);
    }
    const rested = nowMs - this.#haltedMs >= this.haltMs;
    const clear = !vehicles.some(
      (other) => other !== this && this.#behind(other, 8 + other.v * 4.5, 3) && other.v > 0.3,
    );
    if (rested && clear) {
      this.#haltedMs = Number.NEGATIVE_INFINITY;
      this.#rested = true;
    }
    return this.#rested ? this.driver.gain : -1;
  }

  #rested = false;

  /** Whether another goes the same way, at most `back` behind and `ahead` before this one, and no more than two lanes off. */
  #behind(other: Vehicle, back: number, ahead: number): boolean {
    const [cos, sin] = [Math.cos(this.heading), Math.sin(this.heading)];
    const [dx, dy] = [other.x - this.x, other.y - this.y];
    const along = dx * cos + dy * sin;
    if (along < -back - other.size.length / 2 || along > ahead) return false;
    if (Math.abs(dy * cos - dx * sin) > 4.5) return false;
    return other.vx * cos + other.vy * sin >= 0;
  }
}

function free(v: number, top: number, { gain, brake }: Driver): number {
  if (v <= top) return gain * (1 - (v / Math.max(top, 0.1)) ** 4);
  // above the speed it wants, the improved model's (Treiber and Kesting 2013, section 11.3.7) gentle return
  return -Math.max(brake * (1 - (top / v) ** 2), (v - top) * 2);
}

function follow(
  v: number,
  leaderV: number,
  gap: number,
  { gain, brake, headway, gap: least }: Driver,
): number {
  const wanted = least + Math.max(0, v * headway + (v * (v - leaderV)) / (2 * Math.sqrt(gain * brake)));
  return gain * (1 - (wanted / Math.max(gap, 0.05)) ** 2);
}

/** Comes to rest with its nose `gap` ahead, near enough. */
function stopAt(v: number, gap: number, { gain, brake }: Driver): number {
  if (gap < 0.02) return v > 0 ? -HARDEST : -1;
  const needed = (v * v) / (2 * gap);
  if (needed > brake * 0.75) return -needed * 1.05;
  // still far: go on, but no faster than it can brake from
  const top = Math.sqrt(2 * brake * 0.7 * gap);
  return v < top ? gain * (1 - (v / top) ** 4) : -needed;
}

function headingsOf(route: Route, wheelbase: number): Float64Array {
  const count = Math.ceil(route.path.length / GRAIN) + 2;
  const headings = new Float64Array(count);
  route.path.at(0, at);
  let heading = at.heading;
  for (let i = 0; i < count; i++) {
    headings[i] = heading;
    route.path.at((i + 0.5) * GRAIN, at);
    heading += (Math.sin(at.heading - heading) / wheelbase) * GRAIN;
  }
  return headings;
}
