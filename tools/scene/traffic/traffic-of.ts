import { CLIP_FPS, type ClipSpec } from '../render-clip.ts';
import type { Traffic } from '../traffic-types.ts';
import { simulate } from './simulate.ts';

/** The traffic that a clip shows. */
export function trafficOf({ layout, density, seed, periodFrames }: ClipSpec): Traffic {
  const stepMs = 1000 / CLIP_FPS;
  return simulate({ layout, density, seed, periodMs: periodFrames * stepMs, stepMs });
}
