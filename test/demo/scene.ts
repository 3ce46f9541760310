import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Condition, Truth, TruthEvent } from '../../src/demo/truth.ts';
import type { DetectedObject } from '../../src/detection.ts';
import type { DetectionsMessage } from '../../src/log/messages.ts';

/** Boxes are x, y, width, height in pixels of a picture of 1280x720. */
export type Box = readonly [x: number, y: number, width: number, height: number];

export interface SceneObject {
  readonly id: number;
  readonly label: string;
  /** Its box in each frame, or the same in all of them. */
  readonly box: Box | ((frame: number) => Box);
  /** Share that can be seen, 0..1; 1 unless told. */
  readonly visible?: number;
  /** The box of what can be seen; the whole unless told. */
  readonly seen?: Box;
  /** First frame and the one after the last; all frames unless told. */
  readonly frames?: readonly [from: number, to: number];
}

export interface Scene {
  readonly frames: number;
  readonly objects: readonly SceneObject[];
  readonly name?: string;
  readonly condition?: Condition;
  readonly width?: number;
  readonly height?: number;
  readonly events?: readonly TruthEvent[];
}

export function truthOf({
  frames,
  objects,
  name = 'made-up',
  condition = 'day',
  width = 1280,
  height = 720,
  events = [],
}: Scene): Truth {
  return {
    ...{ version: 1, name, seed: 7, condition, width, height, fps: 25, frames },
    ...{ lines: [], zones: [], events },
    objects: objects.map(({ id, label, box, visible = 1, seen, frames: [from, to] = [0, frames] }) => ({
      ...{ id, label, kind: label, behaviour: 'through', firstFrame: from },
      samples: Array.from({ length: to - from }, (_, i) => {
        const whole = typeof box === 'function' ? box(from + i) : box;
        return [...whole, ...(seen ?? whole)].map((pixels) => pixels * 10).concat(visible * 1000, 0, 0, 0);
      }).flat(),
    })),
  };
}

export async function writeTruth(path: string, truth: Truth): Promise<void> {
  await writeFile(path, await promisify(gzip)(JSON.stringify(truth)));
}

export interface Found {
  readonly label: string;
  readonly box: Box;
  readonly track?: number;
  readonly confidence?: number;
}

/** What an engine would say that finds `found` in each frame of a clip of 1280x720 at 25 frames a second. */
export function messagesOf(
  frames: number,
  found: (frame: number) => readonly Found[],
  everyNth = 1,
): DetectionsMessage[] {
  const messages: DetectionsMessage[] = [];
  for (let frame = 0; frame < frames; frame += everyNth) {
    messages.push({
      ...{ v: 1, id: `cam/run/${frame}`, camera: 'cam', run: 'run', seq: frame, ptsMs: frame * 40 },
      ...{ capturedAtMs: 0, analysedAtMs: 0, width: 1280, height: 720, model: 'toy@1' },
      objects: found(frame).map(
        ({ label, box: [x, y, w, h], track, confidence = 0.9 }): DetectedObject => ({
          label,
          confidence,
          box: [x / 1280, y / 720, w / 1280, h / 720],
          ...(track === undefined ? {} : { track }),
        }),
      ),
    });
  }
  return messages;
}
