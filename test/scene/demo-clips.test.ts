import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEMO_CLIPS } from '../../src/camera.ts';
import { DEMO_SPECS } from '../../tools/scene/demo-clips.ts';
import { Random } from '../../tools/scene/random.ts';
import { Camera } from '../../tools/scene/render/camera.ts';
import { CLIP_FPS, CLIP_HEIGHT, CLIP_WIDTH } from '../../tools/scene/render-clip.ts';
import { randomLayout } from '../../tools/scene/scatter.ts';
import { furniture } from '../../tools/scene/traffic/furniture.ts';
import { poleView } from '../../tools/scene/views.ts';

describe('the clips of the demo cameras', () => {
  it('are those that cameras may name', () => {
    assert.deepEqual(DEMO_SPECS.map(({ name }) => name).sort(), [...DEMO_CLIPS].sort());
  });

  it('have every line and zone before the camera, and most of it in the picture', () => {
    const at = new Float64Array(3);
    for (const { name, view, lines, zones } of DEMO_SPECS) {
      const camera = new Camera(view, CLIP_WIDTH, CLIP_HEIGHT);
      const places = [
        ...lines.map((line) => ({
          of: line.name,
          points: line.points as readonly (readonly [number, number])[],
        })),
        ...zones.map((zone) => ({ of: zone.name, points: zone.polygon })),
      ];
      for (const { of, points } of places) {
        const inside = points.filter(([x, y]) => {
          assert.ok(camera.project(x, y, 0, at, 0), `${name}: ${of} is behind the camera at ${x}, ${y}`);
          return at[0]! >= 0 && at[0]! < CLIP_WIDTH && at[1]! >= 0 && at[1]! < CLIP_HEIGHT;
        });
        assert.ok(inside.length * 2 >= points.length, `${name}: most of ${of} is outside the picture`);
      }
    }
  });

  it('last as long as their traffic takes to repeat itself', () => {
    for (const { frames, periodFrames } of DEMO_SPECS) {
      assert.equal(frames, periodFrames);
      assert.ok(frames >= 60 * CLIP_FPS && frames <= 90 * CLIP_FPS);
    }
  });
});

describe('a camera on a pole', () => {
  it('stands at a corner, high, and looks down at the junction', () => {
    for (let seed = 0; seed < 6; seed++) {
      const random = new Random(seed);
      const layout = randomLayout(random);
      const { eye, target } = poleView(layout, furniture(layout), random);
      assert.ok(eye[2] >= 6.5 && eye[2] <= 9.5);
      const away = Math.hypot(target[0] - eye[0], target[1] - eye[1]);
      const tilt = (Math.atan2(eye[2], away) * 180) / Math.PI;
      assert.ok(tilt > 18 && tilt < 48, `${tilt} degrees`);
      assert.ok(Math.hypot(target[0], target[1]) < Math.hypot(eye[0], eye[1]) + 4, 'towards the middle');
    }
  });
});
