import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Condition } from '../../src/demo/truth.ts';
import type { GroundLine, GroundZone } from './ground-events.ts';
import type { Layout } from './layout.ts';
import { Random } from './random.ts';
import { Batch } from './render/batch.ts';
import { Camera, type View } from './render/camera.ts';
import { Developer } from './render/develop.ts';
import { PictureRenderer } from './render/picture.ts';
import { Scene } from './scene.ts';
import type { TrafficDensity } from './traffic/density.ts';
import { furniture } from './traffic/furniture.ts';
import type { Traffic } from './traffic-types.ts';
import { TruthRecorder } from './truth-recorder.ts';
import { VideoWriter } from './video-writer.ts';

export const CLIP_WIDTH = 1280;
export const CLIP_HEIGHT = 720;
export const CLIP_FPS = 25;
/** Rays that look for the sky from each pixel of what stands still. */
const RAYS = 16;

/** All that a clip follows from; plain data, so that it can be handed to a process. */
export interface ClipSpec {
  readonly name: string;
  readonly condition: Condition;
  readonly seed: number;
  readonly layout: Layout;
  readonly density: TrafficDensity;
  readonly view: View;
  /** Where the sun stands, radians from east; otherwise by the seed. */
  readonly sunFrom?: number;
  /** The traffic repeats itself after so many frames. */
  readonly periodFrames: number;
  /** Frames of the clip, at most the period; equal to it, the clip loops without a seam. */
  readonly frames: number;
  /** How far the wind moves the camera, pixels. */
  readonly shake: number;
  /** Bits a second. */
  readonly bitrate: number;
  readonly lines: readonly GroundLine[];
  readonly zones: readonly GroundZone[];
}

export interface ClipFiles {
  readonly video: string;
  readonly truth: string;
}

/** Where the files of a clip grow until they are whole. */
export function partsOf(name: string, directory: string): [video: string, truth: string] {
  return [join(directory, `${name}.part.mp4`), join(directory, `${name}.part.truth.json.gz`)];
}

/** Renders `<name>.mp4` and `<name>.truth.json.gz` into a directory; `traffic` repeats itself after `spec.periodFrames`. */
export async function renderClip(
  spec: ClipSpec,
  traffic: Traffic,
  directory: string,
  onFrame: (frames: number) => void = () => {},
): Promise<ClipFiles> {
  const { name, seed, condition, layout, frames } = spec;
  const stepMs = 1000 / CLIP_FPS;
  const truth = new TruthRecorder(new Camera(spec.view, CLIP_WIDTH, CLIP_HEIGHT), { ...spec, fps: CLIP_FPS });
  const scene = new Scene({
    layout,
    traffic,
    furniture: furniture(layout),
    condition,
    seed,
    sunFrom: spec.sunFrom,
  });
  const background = scene.background(spec.view, CLIP_WIDTH, CLIP_HEIGHT, RAYS);
  const renderer = new PictureRenderer(background);
  const developer = new Developer(CLIP_WIDTH, CLIP_HEIGHT, scene.light, new Random(seed + 1));
  const [videoPart, truthPart] = partsOf(name, directory);
  const writer = await VideoWriter.open(videoPart, {
    width: CLIP_WIDTH,
    height: CLIP_HEIGHT,
    fps: CLIP_FPS,
    bitrate: spec.bitrate,
    gop: 2 * CLIP_FPS,
  });
  const batch = new Batch();
  const rgb = new Uint8Array(CLIP_WIDTH * CLIP_HEIGHT * 3);
  for (let frame = 0; frame < frames; frame++) {
    const atMs = frame * stepMs;
    const present = scene.at(atMs);
    scene.draw(batch, present, atMs);
    const sightings = renderer.render(batch, present);
    const [shiftX, shiftY] = shakeAt(spec.shake, frame / spec.periodFrames);
    truth.add(frame, present, sightings, shiftX, shiftY);
    developer.develop(renderer.light, shiftX, shiftY, frame, frame, rgb);
    await writer.write(rgb);
    onFrame(frame + 1);
  }
  await writer.close();
  const facts = truth.finish();
  await writeFile(truthPart, gzipSync(JSON.stringify(facts), { level: 9 }));
  const [video, path] = [join(directory, `${name}.mp4`), join(directory, `${name}.truth.json.gz`)];
  await rename(videoPart, video);
  await rename(truthPart, path);
  return { video, truth: path };
}

/** A pole in the wind: two swings that fit the period a whole number of times, so that the loop has no seam. */
function shakeAt(strength: number, share: number): [number, number] {
  const turn = 2 * Math.PI * share;
  return [
    strength * (0.7 * Math.sin(turn * 17) + 0.3 * Math.sin(turn * 41 + 1)),
    strength * (0.4 * Math.sin(turn * 23 + 2) + 0.2 * Math.sin(turn * 53)),
  ];
}
