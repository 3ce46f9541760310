import { type Agent, SAMPLE, type Traffic } from '../traffic-types.ts';

/** What of the ground something covers: a rectangle about its middle. */
export interface Footprint {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  readonly length: number;
  readonly width: number;
}

/** Whether two rectangles on the ground come closer than `margin` (the separating axis theorem). */
export function overlaps(a: Footprint, b: Footprint, margin: number): boolean {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const far = (Math.hypot(a.length, a.width) + Math.hypot(b.length, b.width)) / 2 + margin;
  if (dx * dx + dy * dy > far * far) return false;
  return !apart(a, b, dx, dy, margin) && !apart(b, a, dx, dy, margin);
}

/** Whether one of the axes of `a` separates them. */
function apart(a: Footprint, b: Footprint, dx: number, dy: number, margin: number): boolean {
  const [cos, sin] = [Math.cos(a.heading), Math.sin(a.heading)];
  const [turnCos, turnSin] = [
    Math.abs(Math.cos(b.heading - a.heading)),
    Math.abs(Math.sin(b.heading - a.heading)),
  ];
  const along = (a.length + b.length * turnCos + b.width * turnSin) / 2 + margin;
  const across = (a.width + b.length * turnSin + b.width * turnCos) / 2 + margin;
  return Math.abs(dx * cos + dy * sin) > along || Math.abs(dy * cos - dx * sin) > across;
}

export interface Clash {
  readonly atMs: number;
  readonly first: Agent;
  readonly second: Agent;
}

/** Between the middles of two people, metres: people touch when they squeeze past each other; nearer, one walks through the other. */
const PERSON_ROOM = 0.1;

/** The first moment of each pair that gets into one another, anywhere in the loop. */
export function clashes(traffic: Traffic): Clash[] {
  const { agents, periodMs, stepMs } = traffic;
  const found = new Map<string, Clash>();
  for (let atMs = 0; atMs < periodMs; atMs += stepMs) {
    const there = agents.flatMap((agent) => footprints(agent, atMs, traffic));
    for (let i = 0; i < there.length; i++) {
      for (let k = i + 1; k < there.length; k++) {
        const [a, b] = [there[i] as Standing, there[k] as Standing];
        const people = a.agent.kind === 'person' && b.agent.kind === 'person';
        if (a.agent.group !== undefined && a.agent.group === b.agent.group) continue;
        const meets = people ? Math.hypot(a.x - b.x, a.y - b.y) < PERSON_ROOM : overlaps(a, b, -0.08);
        const key = `${a.agent.id} ${b.agent.id}`;
        if (meets && !found.has(key)) found.set(key, { atMs, first: a.agent, second: b.agent });
      }
    }
  }
  return [...found.values()];
}

type Standing = Footprint & { readonly agent: Agent };

/** Where an agent is at a time of the loop: nowhere, somewhere, or twice, when it stays for more than a period. */
export function footprints(agent: Agent, atMs: number, { periodMs, stepMs }: Traffic): Standing[] {
  const { samples, size } = agent;
  const last = samples.length / SAMPLE - 1;
  const found: Standing[] = [];
  for (let pass = 0; ; pass++) {
    const i = Math.round((atMs + pass * periodMs - agent.startMs) / stepMs);
    if (i >= last) return found;
    if (i < 0) continue;
    const [x, y, heading] = samples.subarray(i * SAMPLE) as unknown as [number, number, number];
    found.push({ agent, x, y, heading, length: size.length, width: size.width });
  }
}
