import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Camera } from '../../tools/scene/render/camera.ts';
import type { Present } from '../../tools/scene/scene.ts';
import { type Agent, SAMPLE } from '../../tools/scene/traffic-types.ts';
import { TruthRecorder } from '../../tools/scene/truth-recorder.ts';

const FRAMES = 4;
const FACTS = {
  name: 'loop',
  seed: 1,
  condition: 'day',
  fps: 25,
  frames: FRAMES,
  lines: [],
  zones: [],
} as const;
const CAMERA = new Camera({ eye: [0, -10, 5], target: [0, 0, 0], fovDegrees: 40 }, 640, 360);

function agent(id: number, behaviour: Agent['behaviour'], startMs: number, samples: number): Agent {
  return {
    id,
    kind: 'person',
    looks: 0,
    size: { length: 0.5, width: 0.5, height: 1.7 },
    startMs,
    samples: new Float32Array(samples * SAMPLE),
    behaviour,
  };
}

function present(one: Agent, pass: number): Present {
  const { length, width, height } = one.size;
  return {
    agent: one,
    pass,
    x: 0,
    y: 0,
    heading: 0,
    length,
    width,
    height,
    speed: 0,
    travelled: 0,
    braking: false,
    beams: false,
  };
}

/** What is there in each frame; a box of its own for everybody, all of which can be seen. */
function recorded(frames: readonly (readonly Present[])[]) {
  const recorder = new TruthRecorder(CAMERA, FACTS);
  for (const [frame, those] of frames.entries()) {
    const box = { x: 100, y: 100, w: 20, h: 40 };
    recorder.add(
      frame,
      those,
      those.map(() => ({ whole: box, seen: box, visible: 1 })),
      0,
      0,
    );
  }
  return recorder.finish();
}

describe('the truth of a clip that loops', () => {
  it('knows who stays: they go on as themselves', () => {
    for (const behaviour of ['parked', 'loitering', 'crowd'] as const) {
      const stays = agent(1, behaviour, 0, FRAMES + 1);
      const { objects } = recorded(Array.from({ length: FRAMES }, () => [present(stays, 0)]));
      assert.deepEqual(
        objects.map(({ id, continuesAs }) => [id, continuesAs]),
        [[1, 1]],
      );
    }
  });

  it('knows who goes on at its beginning: as another object', () => {
    const walker = agent(7, 'walking', 80, 5);
    const { objects } = recorded([
      [present(walker, 1)],
      [present(walker, 1)],
      [present(walker, 0)],
      [present(walker, 0)],
    ]);
    assert.deepEqual(
      objects.map(({ id, firstFrame, continuesAs }) => [id, firstFrame, continuesAs]),
      [
        [1, 0, undefined],
        [2, 2, 1],
      ],
    );
  });

  it('refuses a line that the camera has behind it before anything is drawn', () => {
    const line = {
      name: 'behind',
      points: [
        [0, -30],
        [0, 0],
      ],
    } as const;
    assert.throws(() => new TruthRecorder(CAMERA, { ...FACTS, lines: [line] }), /0, -30 .*behind the camera/);
  });
});
