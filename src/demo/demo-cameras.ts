import type { CameraInput } from '../camera.ts';
import { CLIP_NAMES } from '../clip-names.ts';
import { BUNDLED_MODEL } from '../models/default-model.ts';
import { clipsIn } from './clips.ts';
import { rtspUrl } from './rtsp-server.ts';

/** What the demo cameras are tagged with. */
export const DEMO_TAG = 'demo';
/** Twice the usual rate: boxes that follow smoothly are the first that anybody sees of it. */
const DEMO_FPS = 10;

/**
 * The cameras that a new data directory is given: one for every clip in `dir`.
 *
 * @param rtspPort where the RTSP server of the clips listens, if they are to come from there
 */
export function demoCameras(dir: string, rtspPort?: number): CameraInput[] {
  return clipsIn(dir).map((clip) => ({
    id: `demo-${clip}`,
    name: CLIP_NAMES[clip],
    source: rtspPort === undefined ? { kind: 'demo', clip } : { kind: 'rtsp', url: rtspUrl(rtspPort, clip) },
    // by name: the truth is about what this model was made to find
    analytics: { model: BUNDLED_MODEL, fps: DEMO_FPS },
    tags: [DEMO_TAG],
  }));
}
