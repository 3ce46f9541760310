import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { DEMO_LAYOUT } from '../../tools/scene/layout.ts';
import { Random } from '../../tools/scene/random.ts';
import type { Background } from '../../tools/scene/render/bake.ts';
import { Batch } from '../../tools/scene/render/batch.ts';
import type { View } from '../../tools/scene/render/camera.ts';
import { Developer } from '../../tools/scene/render/develop.ts';
import { PictureRenderer, type Sighting } from '../../tools/scene/render/picture.ts';
import { Scene } from '../../tools/scene/scene.ts';
import { type Agent, type AgentKind, SAMPLE, type Traffic } from '../../tools/scene/traffic-types.ts';

const WIDTH = 320;
const HEIGHT = 180;
const VIEW: View = { eye: [-20, -14, 9], target: [0, 0, 0], fovDegrees: 50 };

function standing(kind: AgentKind, x: number, y: number, heading: number, id = 1): Agent {
  const size =
    kind === 'car' ? { length: 4.4, width: 1.8, height: 1.5 } : { length: 0.5, width: 0.5, height: 1.75 };
  const samples = new Float32Array(2 * SAMPLE);
  samples.set([x, y, heading, 0, 0, x, y, heading, 0, 0]);
  return { id, kind, looks: 7 * id, size, startMs: 0, samples, behaviour: 'parked' };
}

const traffic = (agents: Agent[]): Traffic => ({
  periodMs: 40,
  stepMs: 40,
  agents,
  light: () => 'red',
  walk: () => false,
});

function sceneOf(agents: Agent[], condition: 'day' | 'night' = 'day'): Scene {
  return new Scene({
    layout: DEMO_LAYOUT,
    traffic: traffic(agents),
    furniture: [],
    condition,
    seed: 3,
    sunFrom: 0.6,
  });
}

describe('a picture of a scene', () => {
  let background: Background;
  let renderer: PictureRenderer;
  const batch = new Batch();

  before(() => {
    background = sceneOf([]).background(VIEW, WIDTH, HEIGHT, 2);
    renderer = new PictureRenderer(background);
  });

  function sightingsOf(...agents: Agent[]): Sighting[] {
    const scene = sceneOf(agents);
    const present = scene.at(0);
    scene.draw(batch, present, 0);
    return renderer.render(batch, present);
  }

  it('puts a car where a pinhole camera puts the box it fills', () => {
    const [car] = sightingsOf(standing('car', 0, 0, 0.4));
    const corners = [-1, 1].flatMap((u) =>
      [-1, 1].flatMap((v) =>
        [0, 1.5].map((z) => {
          const [a, b] = [u * 2.2, v * 0.9];
          const at = new Float64Array(3);
          background.camera.project(
            a * Math.cos(0.4) - b * Math.sin(0.4),
            a * Math.sin(0.4) + b * Math.cos(0.4),
            z,
            at,
            0,
          );
          return [at[0]!, at[1]!] as const;
        }),
      ),
    );
    const [left, right] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x))];
    const [top, bottom] = [Math.min(...corners.map(([, y]) => y)), Math.max(...corners.map(([, y]) => y))];
    const { whole: full, seen, visible } = car!;
    // a car does not fill the corners of its cuboid, and its mirrors stand out a little
    assert.ok(full.x > left - 1 && full.x + full.w < right + 1 && full.y > top - 1);
    assert.ok(
      full.w > 0.8 * (right - left) && full.h > 0.7 * (bottom - top),
      JSON.stringify({ full, left, right, top, bottom }),
    );
    assert.ok(
      Math.abs(seen.x - full.x) < 1 && Math.abs(seen.w - full.w) < 1.5 && Math.abs(seen.h - full.h) < 1.5,
    );
    assert.ok(visible > 0.97, String(visible)); // its tyres touch the ground
  });

  it('tells how much of a thing another hides', () => {
    // both on one ray from the camera, the person behind the car
    const [, person] = sightingsOf(standing('car', 0, 0, 0.98), standing('person', 1.9, 1.35, 0, 2));
    const [alone] = sightingsOf(standing('person', 1.9, 1.35, 0, 2));
    assert.ok(alone!.visible > 0.97, String(alone!.visible));
    assert.ok(person!.visible > 0.2 && person!.visible < 0.95, String(person!.visible));
    assert.deepEqual(person!.whole, alone!.whole);
    assert.ok(person!.seen.h < alone!.seen.h - 1);
  });

  it('shows nothing of what stands behind a house', () => {
    const [hidden] = sightingsOf(standing('person', -26, 26, 0));
    assert.equal(hidden!.visible, 0);
  });

  it('counts what lies outside the picture as hidden', () => {
    const { camera } = background;
    const dir = new Float64Array(3);
    camera.direction(0.5, HEIGHT * 0.9, dir); // a place on the ground at the left edge
    const t = -camera.eye[2] / dir[2]!;
    const [car] = sightingsOf(standing('car', camera.eye[0] + dir[0]! * t, camera.eye[1] + dir[1]! * t, 0));
    // cut where the picture ends: its box is that of what lies within
    assert.deepEqual(car!.whole, car!.seen);
    assert.equal(car!.whole.x, 0);
    assert.ok(car!.visible > 0.3 && car!.visible < 0.7, String(car!.visible));
  });

  it('leaves no trace in the next picture', () => {
    sightingsOf();
    const empty = renderer.light.slice();
    sightingsOf(standing('car', 0, 0, 1), standing('person', 4, -9, 0, 2));
    assert.notDeepEqual(renderer.light, empty);
    sightingsOf();
    assert.deepEqual(renderer.light, empty);
  });

  it('darkens the ground on the side away from the sun, and only there', () => {
    sightingsOf();
    const empty = renderer.light.slice();
    sightingsOf(standing('car', 0, 0, 0));
    const brightness = (x: number, y: number): number => {
      const at = new Float64Array(3);
      background.camera.project(x, y, 0, at, 0);
      const i = (Math.floor(at[1]!) * WIDTH + Math.floor(at[0]!)) * 3;
      return renderer.light[i + 1]! / empty[i + 1]!;
    };
    // the sun stands in the north-east
    assert.ok(brightness(-1.5, -1.5) < 0.7, `in the shadow ${brightness(-1.5, -1.5)}`);
    assert.equal(brightness(0, 6), 1);
  });

  it('is the same for the same seed, byte for byte', () => {
    const hashOf = (): string => {
      const scene = sceneOf([standing('car', 2, -4, 0.2), standing('person', -6, -10, 2, 2)], 'night');
      const picture = new PictureRenderer(scene.background(VIEW, WIDTH, HEIGHT, 2));
      const present = scene.at(0);
      scene.draw(batch, present, 0);
      picture.render(batch, present);
      const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
      new Developer(WIDTH, HEIGHT, scene.light, new Random(5)).develop(picture.light, 0.4, -0.3, 1, 1, rgb);
      return createHash('sha256').update(rgb).digest('hex');
    };
    assert.equal(hashOf(), hashOf());
  });
});
