import { existsSync } from 'node:fs';
import type { CameraInput, DemoClip } from '../camera.ts';
import { BUNDLED_MODEL } from '../models/default-model.ts';
import { clipPath } from './clips.ts';

/** What the demo cameras are tagged with. */
export const DEMO_TAG = 'demo';
/** Twice the usual rate: boxes that follow smoothly are the first that anybody sees of it. */
const DEMO_FPS = 10;

const NAMES: Readonly<Record<DemoClip, string>> = {
  junction: 'Junction, by day',
  crossing: 'Crossing, at dusk',
  avenue: 'Avenue, at night',
  market: 'Market, in the rain',
};

/** The cameras that a new data directory is given: one for every clip in `dir`, which a lean installation may lack. */
export function demoCameras(dir: string): CameraInput[] {
  const clips = (Object.keys(NAMES) as DemoClip[]).filter((clip) => existsSync(clipPath(dir, clip)));
  return clips.map((clip) => ({
    id: `demo-${clip}`,
    name: NAMES[clip],
    source: { kind: 'demo', clip },
    // by name: the truth is about what this model was made to find
    analytics: { model: BUNDLED_MODEL, fps: DEMO_FPS },
    tags: [DEMO_TAG],
  }));
}
