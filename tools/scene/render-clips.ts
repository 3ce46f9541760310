import type { RenderedClip, RenderOptions } from '../../src/demo/verify/renderer.ts';
import type { Layout } from './layout.ts';
import { Random } from './random.ts';
import { Camera, NEAR, type View } from './render/camera.ts';
import { CLIP_FPS, CLIP_HEIGHT, CLIP_WIDTH, type ClipFiles, type ClipSpec } from './render-clip.ts';
import { renderInProcesses } from './render-processes.ts';
import { randomLayout } from './scatter.ts';
import { DENSITIES } from './traffic/density.ts';
import { furniture } from './traffic/furniture.ts';
import { Plan } from './traffic/plan.ts';
import { poleView } from './views.ts';

/** The least that signals and people who cross need; a clip shows the beginning of it. */
const PERIOD_SECONDS = 60;

/**
 * Renders a scene that follows from its seed alone: a junction of its own, seen by another camera in each condition.
 *
 * @throws the reason of `signal` when it aborts; no half of a clip is left then
 */
export async function renderClips(options: RenderOptions): Promise<RenderedClip[]> {
  const { seed, directory, seconds, conditions, signal, onProgress } = options;
  const frames = Math.round(seconds * CLIP_FPS);
  const specs = conditions.map((condition) => freshSpec(seed, condition, frames));
  const files = await renderInProcesses(specs, directory, {
    ...(signal && { signal }),
    onFrames: (done) => onProgress?.(done, conditions.length * frames),
  });
  return specs.map(({ name, condition }, i) => ({ name, condition, ...(files[i] as ClipFiles) }));
}

function freshSpec(seed: number, condition: ClipSpec['condition'], frames: number): ClipSpec {
  // the junction is the same in every light, the camera and the traffic are not
  const random = new Random(seed);
  const layout = randomLayout(random);
  const own = random.fork(CONDITION_NUMBERS[condition]);
  const { kerbX, kerbY } = new Plan(layout);
  const box = [
    [-kerbX, -kerbY],
    [kerbX, -kerbY],
    [kerbX, kerbY],
    [-kerbX, kerbY],
  ] as const;
  return {
    name: `seed-${seed}-${condition}`,
    condition,
    seed: own.whole(0, 2 ** 30),
    layout,
    density: DENSITIES.quiet,
    view: viewOf(layout, box, own),
    periodFrames: Math.max(frames, PERIOD_SECONDS * CLIP_FPS),
    frames,
    shake: own.between(0, 1),
    bitrate: 1_000_000,
    lines: [],
    zones: [{ name: 'junction-box', polygon: box }],
  };
}

const CONDITION_NUMBERS = { day: 1, dusk: 2, night: 3, rain: 4 } as const;

/** A view in which the whole zone lies before the camera. */
function viewOf(layout: Layout, zone: readonly (readonly [number, number])[], random: Random): View {
  const items = furniture(layout);
  for (;;) {
    const view = poleView(layout, items, random);
    const camera = new Camera(view, CLIP_WIDTH, CLIP_HEIGHT);
    if (zone.every(([x, y]) => camera.depth(x, y, 0) > NEAR)) return view;
  }
}
