import { mkdir } from 'node:fs/promises';
import type { RenderedClip, RenderOptions } from '../../src/demo/verify/renderer.ts';
import { Random } from './random.ts';
import { CLIP_FPS, type ClipSpec, renderClip } from './render-clip.ts';
import { randomLayout } from './scatter.ts';
import { DENSITIES } from './traffic/density.ts';
import { furniture } from './traffic/furniture.ts';
import { Plan } from './traffic/plan.ts';
import { simulate } from './traffic/simulate.ts';
import { poleView } from './views.ts';

/** The least that signals and people who cross need; a clip shows the beginning of it. */
const PERIOD_SECONDS = 60;

/** Renders a scene that follows from its seed alone: a junction of its own, seen by another camera in each condition. */
export async function renderClips({
  seed,
  directory,
  seconds,
  conditions,
  signal,
  onProgress,
}: RenderOptions): Promise<RenderedClip[]> {
  await mkdir(directory, { recursive: true });
  const frames = Math.round(seconds * CLIP_FPS);
  const clips: RenderedClip[] = [];
  for (const [i, condition] of conditions.entries()) {
    signal?.throwIfAborted();
    const spec = freshSpec(seed, condition, frames);
    const files = await renderClip(spec, trafficOf(spec), directory, (done) => {
      signal?.throwIfAborted();
      onProgress?.(i * frames + done, conditions.length * frames);
    });
    clips.push({ name: spec.name, condition, ...files });
  }
  return clips;
}

/** The traffic a clip shows. */
export function trafficOf({ layout, density, seed, periodFrames }: ClipSpec) {
  const stepMs = 1000 / CLIP_FPS;
  return simulate({ layout, density, seed, periodMs: periodFrames * stepMs, stepMs });
}

function freshSpec(seed: number, condition: ClipSpec['condition'], frames: number): ClipSpec {
  // the junction is the same in every light, the camera and the traffic are not
  const random = new Random(seed);
  const layout = randomLayout(random);
  const own = random.fork(CONDITION_NUMBERS[condition]);
  const view = poleView(layout, furniture(layout), own);
  const { zebra, edge } = measures(layout);
  return {
    name: `seed-${seed}-${condition}`,
    condition,
    seed: own.whole(0, 2 ** 30),
    layout,
    density: DENSITIES.quiet,
    view,
    periodFrames: Math.max(frames, PERIOD_SECONDS * CLIP_FPS),
    frames,
    shake: own.between(0, 1),
    bitrate: 1_000_000,
    lines: [],
    zones: [
      {
        name: 'junction-box',
        polygon: [
          [-zebra, -edge],
          [zebra, -edge],
          [zebra, edge],
          [-zebra, edge],
        ],
      },
    ],
  };
}

const CONDITION_NUMBERS = { day: 1, dusk: 2, night: 3, rain: 4 } as const;

function measures(layout: ClipSpec['layout']): { zebra: number; edge: number } {
  const plan = new Plan(layout);
  return { zebra: plan.kerbX, edge: plan.kerbY };
}
