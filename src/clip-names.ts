import type { DemoClip } from './camera.ts';

/**
 * The demo clips as people read of them. Not in `camera.ts`: the dashboard shows them, and would take all schemas with
 * them into the browser.
 */
export const CLIP_NAMES: Readonly<Record<DemoClip, string>> = {
  junction: 'Junction, by day',
  crossing: 'Crossing, in the rain',
  avenue: 'Avenue, at night',
  plaza: 'Plaza, at dusk',
};
