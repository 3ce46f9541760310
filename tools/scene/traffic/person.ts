import { wrapAngle } from './path.ts';
import type { Signals } from './signals.ts';
import type { Vehicle } from './vehicle.ts';
import type { WalkRoute } from './walk-route.ts';

/** What a walker sees of others, standing or walking. */
export interface Body {
  x: number;
  y: number;
  vx: number;
  vy: number;
}

export interface Gait {
  /** m/s */
  readonly speed: number;
  /** Where on the pavement: -1 its right edge, 1 its left one. */
  readonly side: number;
  /** Metres to the left of, and behind, the middle of the group's front row. */
  readonly row: { readonly left: number; readonly back: number };
  /** Half of what the group takes to the side. */
  readonly half: number;
  /** Between the signal and the first step. */
  readonly reactionMs: number;
}

/** Those who walk together: they set out together, and wait for each other. */
export interface Party {
  readonly members: Person[];
  /** How many of its crossings the party has begun. */
  begun: number;
}

/** From this far people begin to make room, metres. */
const SIGHT = 4;
const CLEARANCE = 0.78;
/** How fast people get past each other where there is no room, m/s. */
const SQUEEZE = 0.45;
const at = { x: 0, y: 0, heading: 0 };

/** Someone who walks a route, `s` metres along it and `left` metres beside it. */
export class Person implements Body {
  readonly route: WalkRoute;
  readonly gait: Gait;
  readonly party: Party;
  s: number;
  v: number;
  left = 0;
  #drift = 0;
  x = 0;
  y = 0;
  vx = 0;
  vy = 0;
  heading = 0;
  #tangent = 0;
  /** The next crossing of its route. */
  #next = 0;
  #waitedMs = 0;
  #gain = 0;
  #pull = 0;
  /** The arm whose crossing it is on or steps on, else -1; and whether it walks to greater y (or x), 1, or to lesser, -1. */
  zebra = -1;
  toward: 1 | -1 = 1;
  onRoad = false;

  constructor(route: WalkRoute, gait: Gait, party: Party) {
    this.route = route;
    this.gait = gait;
    this.party = party;
    this.s = -gait.row.back;
    this.v = gait.speed * 0.9;
    this.left = this.#lane();
    this.#place();
    this.heading = this.#tangent;
  }

  get gone(): boolean {
    return this.s >= this.route.path.length;
  }

  /** Where it would walk with nobody about: metres to the left of the route. */
  #lane(): number {
    const { side, row, half } = this.gait;
    const room = Math.max(0, this.route.roomAt(this.s) - half);
    const onZebra = this.zebra >= 0 ? Math.min(side, -0.12) : side;
    return onZebra * room + row.left;
  }

  #place(): void {
    this.route.path.at(this.s, at);
    this.x = at.x - Math.sin(at.heading) * this.left;
    this.y = at.y + Math.cos(at.heading) * this.left;
    this.#tangent = at.heading;
  }

  decide(
    people: readonly Person[],
    standing: readonly Body[],
    vehicles: readonly Vehicle[],
    signals: Signals,
    nowMs: number,
  ): void {
    const { route, gait } = this;
    const [tx, ty] = [Math.cos(this.#tangent), Math.sin(this.#tangent)];
    let wanted = gait.speed;
    const party = this.party.members;
    if (party.length > 1) {
      let ahead = 0;
      for (const mate of party) ahead += mate.s + mate.gait.row.back;
      wanted += 0.8 * (ahead / party.length - (this.s + gait.row.back));
      wanted = Math.max(0.5, Math.min(wanted, gait.speed * 1.3));
    }
    const crossing = route.crossings[this.#next];
    if (this.onRoad) wanted = Math.max(wanted, 1.35) * 1.06;
    if (crossing && !this.onRoad) wanted = Math.min(wanted, this.#atKerb(crossing, vehicles, signals, nowMs));
    let target = this.#lane();
    const room = route.roomAt(this.s);
    let push = 0;
    let limit = wanted;
    const meet = (x: number, y: number, vx: number, vy: number, mate: boolean, hurry: boolean): void => {
      const [dx, dy] = [x - this.x, y - this.y];
      const ahead = dx * tx + dy * ty;
      if (ahead < -0.5 || ahead > SIGHT) return;
      const aside = dy * tx - dx * ty;
      const toward = vx * tx + vy * ty;
      if (ahead > 0.05 && Math.abs(aside) < (mate || hurry ? 0.3 : 0.5) && ahead < 2.2) {
        const behind = Math.max(0, toward) + Math.max(0, ahead - (mate ? 0.7 : 0.62)) * 1.2;
        // those who have stood before each other for a while squeeze past
        limit = Math.min(limit, hurry && !mate ? Math.max(behind, SQUEEZE) : behind);
      }
      if (mate) return;
      const closing = this.v - toward;
      if (closing < 0.08 && ahead > 0.8) return;
      const seconds = Math.max(0, ahead - 0.4) / Math.max(closing, 0.1);
      if (seconds > 3) return;
      const then = aside + (vy * tx - vx * ty) * Math.min(seconds, 1.5);
      if (Math.abs(then) >= CLEARANCE) return;
      // past each other on the right, unless the other is clearly on that side
      const side = then < -0.08 ? 1 : -1;
      const need = side * (CLEARANCE - Math.abs(then)) * (1 - seconds / 3.5);
      if (Math.abs(need) > Math.abs(push)) push = need;
    };
    const hurry = this.#waitedMs > 3000;
    for (const other of people) {
      if (other === this) continue;
      const [dx, dy] = [other.x - this.x, other.y - this.y];
      if (dx * dx + dy * dy < SIGHT * SIGHT)
        meet(other.x, other.y, other.vx, other.vy, other.party === this.party, hurry);
    }
    for (const other of standing) {
      const [dx, dy] = [other.x - this.x, other.y - this.y];
      if (dx * dx + dy * dy < SIGHT * SIGHT) meet(other.x, other.y, other.vx, other.vy, false, false);
    }
    if (this.onRoad) limit = Math.min(limit, this.#pastVehicles(vehicles, tx, ty));
    target = Math.max(-room, Math.min(room, push === 0 ? target : this.left + push * 1.6));
    this.#gain = Math.max(-2.2, Math.min(1.1, (limit - this.v) * 3));
    this.#pull = Math.max(-1.6, Math.min(1.6, 4 * (target - this.left) - 3.6 * this.#drift));
  }

  move(seconds: number): void {
    const { route } = this;
    const wasX = this.x;
    const wasY = this.y;
    const v = Math.max(0, this.v + this.#gain * seconds);
    this.s += ((v + this.v) / 2) * seconds;
    this.v = v < 0.015 && this.#gain < 0 ? 0 : v;
    this.#drift = Math.max(-0.55, Math.min(0.55, this.#drift + this.#pull * seconds));
    this.left += this.#drift * seconds;
    this.#waitedMs = this.v < 0.15 && this.zebra >= 0 === this.onRoad ? this.#waitedMs + seconds * 1000 : 0;
    this.#place();
    this.vx = (this.x - wasX) / seconds;
    this.vy = (this.y - wasY) / seconds;
    const facing = this.#tangent + Math.atan2(this.#drift * Math.min(1, this.v), Math.max(this.v, 0.6));
    const turn = wrapAngle(facing - this.heading);
    this.heading += Math.max(-2.6, Math.min(2.6, turn * 5)) * seconds;
    const crossing = route.crossings[this.#next];
    if (!crossing) return;
    this.onRoad = this.s > crossing.from - 0.15 && this.s < crossing.to;
    if (this.s < crossing.to + 0.3) return;
    this.#next++;
    this.zebra = -1;
    this.onRoad = false;
  }

  /** The speed at which it may come near the kerb: 0 there, unless it may cross. */
  #atKerb(
    crossing: WalkRoute['crossings'][number],
    vehicles: readonly Vehicle[],
    signals: Signals,
    nowMs: number,
  ): number {
    const distance = crossing.wait - this.gait.row.back - this.s;
    if (distance > 6 || this.zebra >= 0) return Number.POSITIVE_INFINITY;
    const index = this.#next;
    const together = this.party.members.length > 1;
    if (this.party.begun > index || this.#maySetOut(crossing, distance, together, vehicles, signals, nowMs)) {
      this.party.begun = Math.max(this.party.begun, index + 1);
      if (distance < 1.6) {
        this.zebra = crossing.arm;
        this.toward = crossing.toward;
      }
      return Number.POSITIVE_INFINITY;
    }
    return Math.sqrt(2 * 0.9 * Math.max(0, distance));
  }

  #maySetOut(
    crossing: WalkRoute['crossings'][number],
    distance: number,
    together: boolean,
    vehicles: readonly Vehicle[],
    signals: Signals,
    nowMs: number,
  ): boolean {
    if (distance > 1.3) return false;
    const leftMs = signals.walkLeftMs(crossing.road, nowMs);
    // all of a party must be off the kerb before it ends
    if (leftMs < (together ? 2900 : 1900)) return false;
    if (this.v < 0.3 && signals.walkLeftMs(crossing.road, nowMs - this.gait.reactionMs) < leftMs)
      return false;
    for (const vehicle of vehicles) {
      for (const zebra of vehicle.route.zebras) {
        if (zebra.arm !== crossing.arm) continue;
        if (vehicle.front > zebra.from - 0.2 - vehicle.v * 0.9 && vehicle.rear < zebra.to) return false;
      }
    }
    return true;
  }

  #pastVehicles(vehicles: readonly Vehicle[], tx: number, ty: number): number {
    let limit = Number.POSITIVE_INFINITY;
    for (const vehicle of vehicles) {
      const [dx, dy] = [vehicle.x - this.x, vehicle.y - this.y];
      if (dx * dx + dy * dy > 100) continue;
      for (let d = 0; d < vehicle.discs.length; d += 2) {
        const [ox, oy] = [(vehicle.discs[d] as number) - this.x, (vehicle.discs[d + 1] as number) - this.y];
        const ahead = ox * tx + oy * ty;
        const aside = Math.abs(oy * tx - ox * ty);
        if (ahead < 0 || aside > vehicle.radius + 0.45) continue;
        limit = Math.min(limit, Math.max(0, ahead - vehicle.radius - 0.7) * 1.1);
      }
    }
    return limit;
  }
}
