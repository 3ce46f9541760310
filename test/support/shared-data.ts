import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Test data beside the repository: real videos, models and tracking ground truth. Not part of a clone. */
export const SHARED_DATA = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Full path of a file there, e.g. `videos/town-centre-cut.mp4`. */
export function sharedData(path: string): string {
  return `${SHARED_DATA}${path}`;
}

/** For a test's `skip`: false when the file is there, else the reason by name. */
export function missingSharedData(...paths: string[]): string | false {
  const missing = paths.filter((path) => !existsSync(sharedData(path)));
  return missing.length > 0 && `needs ../shared/data/${missing.join(', ')}`;
}

/** 854x480, 25 frames/s, 332 frames of H.264 with key frames at 0, 128, 256, and AAC audio: always people on it. */
export const TOWN_CENTRE = 'videos/town-centre-cut.mp4';
