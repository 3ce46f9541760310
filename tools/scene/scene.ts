import type { Condition } from '../../src/demo/truth.ts';
import type { Layout } from './layout.ts';
import { addBuildings } from './models/buildings.ts';
import {
  addCyclist,
  addPerson,
  type CyclistLook,
  cyclistLook,
  type PersonLook,
  personLook,
} from './models/person.ts';
import { addFurniture, addLenses, type Furniture } from './models/street.ts';
import { type VehicleLook, vehicleLook } from './models/vehicle.ts';
import { Random } from './random.ts';
import { type Background, bake } from './render/bake.ts';
import { Batch, place } from './render/batch.ts';
import { Camera, type View } from './render/camera.ts';
import { type Light, lightOf } from './render/light.ts';
import type { Mover } from './render/picture.ts';
import { type Agent, SAMPLE, type Traffic } from './traffic-types.ts';

/** An agent at one moment. */
export interface Present extends Mover {
  readonly agent: Agent;
  /** How many periods ago it appeared: 0, or 1 for one that is still there from the loop's end. */
  readonly pass: number;
  /** m/s */
  readonly speed: number;
  /** Metres since it appeared. */
  readonly travelled: number;
  readonly braking: boolean;
}

type Look =
  | { readonly kind: 'vehicle'; readonly look: VehicleLook }
  | { readonly kind: 'person'; readonly look: PersonLook }
  | { readonly kind: 'cyclist'; readonly look: CyclistLook };

export interface SceneOptions {
  readonly layout: Layout;
  readonly traffic: Traffic;
  readonly furniture: readonly Furniture[];
  readonly condition: Condition;
  readonly seed: number;
  /** Where the sun stands, radians from east, counter-clockwise; otherwise by the seed. */
  readonly sunFrom?: number;
}

/** A junction with its traffic in one light: what stands still, and what moves at any time of the period. */
export class Scene {
  readonly light: Light;
  readonly layout: Layout;
  #traffic: Traffic;
  readonly #furniture: readonly Furniture[];
  readonly #seed: number;
  /** The triangles of all that stands still. */
  readonly still = new Batch();
  readonly #looks = new Map<number, Look>();

  constructor({ layout, traffic, furniture, condition, seed, sunFrom }: SceneOptions) {
    const random = new Random(seed);
    this.layout = layout;
    this.#traffic = traffic;
    this.#furniture = furniture;
    this.#seed = seed;
    this.light = lightOf(condition, random.fork(1), sunFrom);
    addBuildings(this.still, layout, this.light.lamps > 0.3, random.fork(2));
    addFurniture(this.still, furniture, this.light.lamps > 0, random.fork(3));
    this.traffic = traffic;
  }

  get traffic(): Traffic {
    return this.#traffic;
  }

  /** Other road users in the same place. */
  set traffic(traffic: Traffic) {
    this.#traffic = traffic;
    this.#looks.clear();
    for (const agent of traffic.agents) this.#looks.set(agent.id, this.#lookOf(agent));
  }

  #lookOf(agent: Agent): Look {
    const random = new Random(agent.looks);
    const raining = this.light.rain > 0;
    if (agent.kind === 'person')
      return { kind: 'person', look: personLook(agent.size.height, raining, random) };
    if (agent.kind === 'bicycle') return { kind: 'cyclist', look: cyclistLook(raining, random) };
    return { kind: 'vehicle', look: vehicleLook(agent.kind, agent.size, random) };
  }

  /** What a camera sees of all that stands still. `rays`: of the sky's light, a sample; more is smoother and slower. */
  background(view: View, width: number, height: number, rays: number): Background {
    const camera = new Camera(view, width, height);
    return bake(this.still, this.layout, this.#furniture, camera, this.light, this.#seed, rays);
  }

  /** Who is there at a time in [0, periodMs). */
  at(atMs: number): Present[] {
    const { agents, periodMs, stepMs } = this.#traffic;
    const present: Present[] = [];
    for (const agent of agents) {
      const last = agent.samples.length / SAMPLE - 1;
      for (let pass = 0; ; pass++) {
        const since = (atMs + pass * periodMs - agent.startMs) / stepMs;
        if (since >= last) break; // the last sample is where it is gone
        if (since < 0) continue;
        present.push(this.#present(agent, pass, since, last));
      }
    }
    return present;
  }

  #present(agent: Agent, pass: number, since: number, last: number): Present {
    const { samples, size } = agent;
    const { stepMs } = this.#traffic;
    const i = Math.min(Math.floor(since), Math.max(0, last - 1));
    const f = Math.min(1, since - i);
    const [p, q] = [i * SAMPLE, Math.min(last, i + 1) * SAMPLE];
    const between = (k: number): number => samples[p + k]! + (samples[q + k]! - samples[p + k]!) * f;
    let turn = samples[q + 2]! - samples[p + 2]!;
    turn -= Math.round(turn / (2 * Math.PI)) * 2 * Math.PI;
    const speed = between(3);
    const ahead = Math.min(last, i + Math.round(300 / stepMs)) * SAMPLE;
    const vehicle = agent.kind !== 'person' && agent.kind !== 'bicycle';
    const driven = agent.behaviour !== 'parked';
    return {
      agent,
      pass,
      x: between(0),
      y: between(1),
      heading: samples[p + 2]! + turn * f,
      length: size.length,
      width: size.width,
      height: size.height,
      speed,
      travelled: between(4),
      braking: vehicle && driven && (samples[ahead + 3]! - speed < -0.25 || speed < 0.2),
      beams: vehicle && driven && this.light.headlights,
    };
  }

  /** Adds the shapes of those present, each owned by its place + 1, and the lenses of the signals. */
  draw(batch: Batch, present: readonly Present[], atMs: number): void {
    batch.clear();
    present.forEach((one, i) => {
      const body = place(one.x, one.y, 0, one.heading);
      const found = this.#looks.get(one.agent.id) as Look;
      if (found.kind === 'person') addPerson(batch, body, found.look, i + 1, one.travelled, one.speed, atMs);
      else if (found.kind === 'cyclist') addCyclist(batch, body, found.look, i + 1, one.travelled);
      else batch.add(found.look.mesh, body, found.look.palette(one.beams, one.braking), i + 1);
    });
    for (const item of this.#furniture) {
      if (item.kind !== 'signal') continue;
      // a signal faces those who wait for it
      const road = Math.abs(Math.cos(item.heading)) > 0.7 ? 'east-west' : 'north-south';
      const colour = this.#traffic.light(road, atMs);
      addLenses(batch, item, [
        colour === 'red' || colour === 'red-amber',
        colour === 'amber' || colour === 'red-amber',
        colour === 'green',
      ]);
    }
  }
}
