import type { DemoClip } from '../../src/camera.ts';
import { DEMO_LAYOUT } from './layout.ts';
import type { ClipSpec } from './render-clip.ts';
import { DENSITIES } from './traffic/density.ts';

const SECONDS = 60;
const FRAMES = SECONDS * 25;
const COMMON = {
  layout: DEMO_LAYOUT,
  periodFrames: FRAMES,
  frames: FRAMES,
  shake: 0.5,
  bitrate: 330_000,
} as const;

/** The four cameras of the demo: one junction in four lights, each on its own minute of traffic. Places in metres. */
export const DEMO_SPECS: readonly (ClipSpec & { readonly name: DemoClip })[] = [
  {
    ...COMMON,
    name: 'junction',
    condition: 'day',
    seed: 11,
    density: { ...DENSITIES.normal, pedestriansPerMinute: 24, groupsPerMinute: 4, wrongWay: 1 },
    view: { eye: [9.8, 13.8, 9.5], target: [1.2, 3.9, 0], fovDegrees: 40 },
    sunFrom: -2.3,
    lines: [line('west-arm', [-13.6, -8.1], [-13.6, 8.1]), line('west-crossing', [-12.7, 0], [-9.1, 0])],
    zones: [rectangle('junction-box', -9.1, -8.1, 5.6, 8.1), rectangle('west-zebra', -12.7, -8.1, -9.1, 8.1)],
  },
  {
    ...COMMON,
    name: 'crossing',
    condition: 'rain',
    seed: 22,
    density: { ...DENSITIES.normal, pedestriansPerMinute: 20, groupsPerMinute: 3 },
    view: { eye: [-9.5, -14.2, 8], target: [-10.8, -2.5, 0], fovDegrees: 44 },
    lines: [line('west-crossing', [-12.7, 0], [-9.1, 0]), line('stop-line', [-13.9, -8.1], [-13.9, 0])],
    zones: [rectangle('zebra', -12.7, -8.1, -9.1, 8.1)],
  },
  {
    ...COMMON,
    name: 'plaza',
    condition: 'dusk',
    seed: 33,
    density: { ...DENSITIES.normal, crowd: 9, loiterers: 6 },
    view: { eye: [24, 33.5, 8.5], target: [23, 21.5, 0], fovDegrees: 44 },
    lines: [line('pavement', [20, 8.1], [20, 12.1])],
    zones: [rectangle('square', 12, 13.5, 32, 25), rectangle('bus-stop', 16.5, 12.2, 21, 14.8)],
  },
  {
    ...COMMON,
    name: 'avenue',
    condition: 'night',
    seed: 44,
    density: { ...DENSITIES.normal, stoppingPerMinute: 2 },
    view: { eye: [26, -6, 8], target: [14, 3, 0], fovDegrees: 44 },
    lines: [line('east-crossing', [9.1, 0], [12.7, 0]), line('stop-line', [13.9, 0], [13.9, 8.1])],
    zones: [rectangle('zebra', 9.1, -6, 12.7, 8.1)],
  },
];

function line(name: string, from: readonly [number, number], to: readonly [number, number]) {
  return { name, points: [from, to] as const };
}

function rectangle(name: string, west: number, south: number, east: number, north: number) {
  return {
    name,
    polygon: [
      [west, south],
      [east, south],
      [east, north],
      [west, north],
    ] as const,
  };
}
