import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

const gunzipped = promisify(gunzip);

/** Light and weather a clip was rendered with. */
export type Condition = 'day' | 'dusk' | 'night' | 'rain';

/**
 * Numbers per object and frame: the whole object's box x, y, w, h, cut at the picture's edges, and the box of what can
 * be seen of it, in tenths of a pixel; how much of it can be seen, in thousandths of what its box would show were
 * nothing before it and the picture endless; ground position x, y in centimetres, and speed in centimetres a second.
 */
export const TRUTH_SAMPLE = 12;

/** One object from the first frame it is in the picture to the last. */
export interface TruthObject {
  /** From 1, unique in the clip. An object that leaves the picture after the loop's end has two, one that stays has one. */
  readonly id: number;
  readonly label: string;
  readonly kind: string;
  readonly behaviour: string;
  readonly firstFrame: number;
  /** `TRUTH_SAMPLE` whole numbers a frame; a frame in which nothing of it can be seen has a visible box of width 0. */
  readonly samples: readonly number[];
  /** The id under which the loop's beginning shows the same object again. */
  readonly continuesAs?: number;
}

/** A line people and vehicles may cross: from `a` to `b`, fractions of the frame. Left to right of a->b is direction `a-b`. */
export interface TruthLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface TruthZone {
  readonly name: string;
  /** Fractions of the frame, in order. */
  readonly polygon: readonly (readonly [x: number, y: number])[];
}

/** What follows from the objects' paths by geometry alone; times are media time, milliseconds. */
export type TruthEvent =
  | { type: 'line.crossed'; atMs: number; object: number; line: string; direction: 'a-b' | 'b-a' }
  | { type: 'zone.entered'; atMs: number; object: number; zone: string }
  | { type: 'zone.left'; atMs: number; object: number; zone: string; dwellMs: number };

/** What a rendered clip shows, frame by frame. */
export interface Truth {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly condition: Condition;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly objects: readonly TruthObject[];
  readonly lines: readonly TruthLine[];
  readonly zones: readonly TruthZone[];
  readonly events: readonly TruthEvent[];
}

/** Reads `<clip>.truth.json.gz`. */
export async function readTruth(path: string): Promise<Truth> {
  return parseTruth(await readFile(path));
}

/** @param packed the bytes of such a file */
export async function parseTruth(packed: Uint8Array): Promise<Truth> {
  return JSON.parse((await gunzipped(packed)).toString()) as Truth;
}
