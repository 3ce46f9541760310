import type { Random } from '../random.ts';
import { type Agent, SAMPLE } from '../traffic-types.ts';
import { CROWD_RADIUS, gatheringPlace, openSpots, type Spot, toSegment } from './open-ground.ts';
import { wrapAngle } from './path.ts';
import { CORNERS, type Plan } from './plan.ts';

/** Someone who stays about: `frames` has x, y and heading for each step of the period, and ends as it begins. */
export interface Stander {
  readonly behaviour: 'loitering' | 'crowd';
  readonly frames: Float64Array;
}

interface Key {
  readonly step: number;
  readonly x: number;
  readonly y: number;
  readonly heading: number;
}

/** Between the middles of people who stand, metres. */
const APART = 0.8;

/** People who stand about on plazas, in parks and at corners, shift a step now and then, and turn. */
export function loiterers(
  plan: Plan,
  count: number,
  taken: readonly Spot[],
  steps: number,
  stepMs: number,
  random: Random,
): Stander[] {
  const inOpen = openSpots(plan, Math.ceil(count * 0.7), ['plaza', 'park'], 1.6, taken, random);
  const spots: Spot[] = [...inOpen];
  // the others by the houses, near the corners
  for (let attempt = 0; attempt < 200 && spots.length < count; attempt++) {
    const { sx, sy, kind } = plan.corner(random.pick(CORNERS));
    if (kind !== 'buildings') continue;
    const along = random.between(1, 12);
    const spot = random.chance(0.5)
      ? { x: sx * (plan.frontX + along), y: sy * (plan.frontY - 0.35) }
      : { x: sx * (plan.frontX - 0.35), y: sy * (plan.frontY + 14 + along) };
    if (spots.every((other) => Math.hypot(other.x - spot.x, other.y - spot.y) > 1.6)) spots.push(spot);
  }
  return spots.map((spot, i) => {
    const open = i < inOpen.length;
    const reach = open ? 0.7 : 0.25;
    const keys = stroll(
      spot,
      random.whole(2, 4),
      reach,
      steps,
      stepMs,
      () => random.between(-Math.PI, Math.PI),
      random,
    );
    return { behaviour: 'loitering', frames: framesOf(keys, steps) };
  });
}

/** A crowd at the gathering place: most stand and shift, some change their place. */
export function crowd(plan: Plan, count: number, steps: number, stepMs: number, random: Random): Stander[] {
  const place = gatheringPlace(plan);
  if (!place || count === 0) return [];
  const spots: Spot[] = [];
  for (let attempt = 0; attempt < 4000 && spots.length < count; attempt++) {
    const [angle, r] = [random.between(0, 2 * Math.PI), CROWD_RADIUS * Math.sqrt(random.next())];
    const spot = { x: place.x + r * Math.cos(angle), y: place.y + r * Math.sin(angle) };
    if (spots.every((other) => Math.hypot(other.x - spot.x, other.y - spot.y) > APART + 0.2))
      spots.push(spot);
  }
  const walked: (readonly [Spot, Spot])[] = [];
  return spots.map((spot) => {
    const facing = (): number => Math.atan2(place.y - spot.y, place.x - spot.x) + random.normal() * 0.7;
    const away = random.chance(0.25) ? newPlace(spot, place, spots, walked, random) : undefined;
    if (away) walked.push([spot, away]);
    const keys = away
      ? thereAndBack(spot, away, steps, stepMs, facing, random)
      : stroll(spot, random.whole(1, 3), 0.1, steps, stepMs, facing, random);
    return { behaviour: 'crowd', frames: framesOf(keys, steps) };
  });
}

function newPlace(
  from: Spot,
  around: Spot,
  spots: readonly Spot[],
  walked: readonly (readonly [Spot, Spot])[],
  random: Random,
): Spot | undefined {
  for (let attempt = 0; attempt < 60; attempt++) {
    const [angle, r] = [random.between(0, 2 * Math.PI), CROWD_RADIUS * Math.sqrt(random.next())];
    const to = { x: around.x + r * Math.cos(angle), y: around.y + r * Math.sin(angle) };
    if (Math.hypot(to.x - from.x, to.y - from.y) < 1.2) continue;
    const free = spots.every(
      (other) => other === from || toSegment(other.x, other.y, from.x, from.y, to.x, to.y) > APART,
    );
    const apart = walked.every(([a, b]) =>
      [0, 0.25, 0.5, 0.75, 1].every(
        (t) =>
          toSegment(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t, a.x, a.y, b.x, b.y) > APART,
      ),
    );
    if (free && apart) return to;
  }
  return undefined;
}

function thereAndBack(
  from: Spot,
  to: Spot,
  steps: number,
  stepMs: number,
  facing: () => number,
  random: Random,
): Key[] {
  const [first, second] = [facing(), facing()];
  const keys: Key[] = [{ step: 0, ...from, heading: first }];
  const leave = Math.round(steps * random.between(0.08, 0.3));
  walk(keys, to, leave, second, stepMs);
  walk(keys, from, Math.round(steps * random.between(0.55, 0.75)), first, stepMs);
  return keys;
}

/** A few short moves about a place, back to it in the end. */
function stroll(
  spot: Spot,
  moves: number,
  reach: number,
  steps: number,
  stepMs: number,
  facing: () => number,
  random: Random,
): Key[] {
  const first = facing();
  const keys: Key[] = [{ step: 0, ...spot, heading: first }];
  for (let i = 1; i <= moves; i++) {
    const at = Math.round(((i - 0.7 + random.between(0, 0.35)) / moves) * steps * 0.85);
    if (i === moves) walk(keys, spot, at, first, stepMs);
    else {
      const [angle, r] = [random.between(0, 2 * Math.PI), reach * random.next()];
      walk(keys, { x: spot.x + r * Math.cos(angle), y: spot.y + r * Math.sin(angle) }, at, facing(), stepMs);
    }
  }
  return keys;
}

/** Adds a move from step `at` on: a turn towards the new place if that is far, the way there, and a turn to face `heading`. */
function walk(keys: Key[], to: Spot, at: number, heading: number, stepMs: number): void {
  const last = keys[keys.length - 1] as Key;
  const distance = Math.hypot(to.x - last.x, to.y - last.y);
  let step = Math.max(at, last.step + Math.round(400 / stepMs));
  let facing = last.heading;
  keys.push({ ...last, step });
  const turn = (toward: number): void => {
    const angle = wrapAngle(toward - facing);
    facing += angle;
    step += Math.max(1, Math.round((300 + Math.abs(angle) * 700) / stepMs));
  };
  if (distance > 0.35) {
    turn(Math.atan2(to.y - last.y, to.x - last.x));
    keys.push({ ...last, step, heading: facing });
  }
  if (distance > 0) {
    step += Math.max(1, Math.round((500 + distance * 1500) / stepMs));
    keys.push({ step, ...to, heading: facing });
  }
  turn(heading);
  keys.push({ step, ...to, heading: facing });
}

function framesOf(keys: readonly Key[], steps: number): Float64Array {
  const frames = new Float64Array(steps * 3);
  let k = 0;
  for (let step = 0; step < steps; step++) {
    while (k + 1 < keys.length && (keys[k + 1] as Key).step <= step) k++;
    const [from, to] = [keys[k] as Key, keys[k + 1]];
    const u = to ? (step - from.step) / (to.step - from.step) : 0;
    // least jerk: starts and ends at rest
    const f = u * u * u * (10 - 15 * u + 6 * u * u);
    frames[step * 3] = to ? from.x + (to.x - from.x) * f : from.x;
    frames[step * 3 + 1] = to ? from.y + (to.y - from.y) * f : from.y;
    frames[step * 3 + 2] = to ? from.heading + (to.heading - from.heading) * f : from.heading;
  }
  return frames;
}

/** Someone who stays: there for the whole period, and again in the next. */
export function standerAgent(
  { behaviour, frames }: Stander,
  steps: number,
  stepMs: number,
  random: Random,
): Omit<Agent, 'id'> {
  const samples = new Float32Array((steps + 1) * SAMPLE);
  let travelled = 0;
  for (let i = 0; i <= steps; i++) {
    const [p, q] = [(i % steps) * 3, ((i + 1) % steps) * 3];
    const moved = Math.hypot(frames[q]! - frames[p]!, frames[q + 1]! - frames[p + 1]!);
    samples.set([frames[p]!, frames[p + 1]!, frames[p + 2]!, moved * (1000 / stepMs), travelled], i * SAMPLE);
    travelled += moved;
  }
  return {
    kind: 'person',
    looks: random.whole(0, 2 ** 30),
    size: { length: 0.5, width: 0.5, height: random.between(1.5, 1.92) },
    startMs: 0,
    samples,
    behaviour,
  };
}
