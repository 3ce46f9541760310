import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_CLIPS, type DemoClip } from '../camera.ts';

/** Where the clips of the demo cameras lie, wherever the program is started from. */
export const DEMO_DIR = fileURLToPath(new URL('../../demo', import.meta.url));

/** What is labelled in the clips, and what the model that comes with them finds. */
export const DEMO_LABELS: readonly string[] = ['person', 'bicycle', 'car', 'bus', 'truck'];

export function clipPath(dir: string, clip: DemoClip): string {
  return join(dir, `${clip}.mp4`);
}

/** The clips that are there: a lean installation may lack some. */
export function clipsIn(dir: string): DemoClip[] {
  return DEMO_CLIPS.filter((clip) => existsSync(clipPath(dir, clip)));
}

export function truthPath(dir: string, clip: DemoClip): string {
  return join(dir, `${clip}.truth.json.gz`);
}
