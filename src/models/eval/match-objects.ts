import { iou } from '../../geometry/box.ts';
import type { AnnotatedObject } from './annotated-picture.ts';

/** What a model says is there. */
export interface FoundObject {
  readonly label: string;
  /** 0..1. */
  readonly score: number;
  /** x, y of the top-left corner, width, height; pixels of the picture, from 0. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** One picture: what is marked in it, and what a model found. */
export interface JudgedPicture {
  readonly objects: readonly AnnotatedObject[];
  readonly found: readonly FoundObject[];
}

/** A detection beside the object it was matched with; `null` where it has none. */
export interface Match {
  readonly found: FoundObject;
  readonly object: AnnotatedObject | null;
}

/** As many detections of one class as COCO looks at in one picture. */
export const MAX_DETECTIONS = 100;

/** Overlaps of every detection (rows) with every object, as COCO's tools count them. */
export type Overlaps = readonly Float64Array[];

/** The best first, equal scores in the order they came. */
export function byScore(found: readonly FoundObject[]): FoundObject[] {
  return [...found].sort((a, b) => b.score - a.score);
}

/** The objects in the order `matchObjects` takes them: those that must be found before the ignored ones. */
export function askedFirst(objects: readonly AnnotatedObject[]): AnnotatedObject[] {
  return [...objects.filter(({ ignored }) => !ignored), ...objects.filter(({ ignored }) => ignored)];
}

export function overlapsOf(found: readonly FoundObject[], objects: readonly AnnotatedObject[]): Overlaps {
  return found.map(({ box }) =>
    Float64Array.from(objects, (object) =>
      object.crowd ? coverage(box, object.box) : iou(box, 0, object.box, 0),
    ),
  );
}

/**
 * Matches detections with objects the way pycocotools does (Lin et al. 2014): detections choose in the order of
 * their scores; each takes the free object it overlaps most, at least by `minIou`; an ignored object is only
 * taken when no other can be; a crowd can be taken any number of times.
 *
 * @param found the best first (`byScore`)
 * @param objects `askedFirst`
 */
export function matchObjects(
  found: readonly FoundObject[],
  objects: readonly AnnotatedObject[],
  overlaps: Overlaps,
  minIou: number,
): Match[] {
  const taken = new Uint8Array(objects.length);
  return found.map((detection, d) => {
    let best = Math.min(minIou, 1 - 1e-10);
    let chosen = -1;
    for (const [i, { ignored, crowd }] of objects.entries()) {
      if (taken[i] && !crowd) continue;
      if (chosen >= 0 && !objects[chosen].ignored && ignored) break;
      if (overlaps[d][i] < best) continue;
      best = overlaps[d][i];
      chosen = i;
    }
    if (chosen >= 0) taken[chosen] = 1;
    return { found: detection, object: objects[chosen] ?? null };
  });
}

/** How much of `box` lies in `region`, 0..1: many boxes fit into a crowd, so their union says nothing. */
function coverage(box: FoundObject['box'], region: AnnotatedObject['box']): number {
  const width = Math.min(box[0] + box[2], region[0] + region[2]) - Math.max(box[0], region[0]);
  const height = Math.min(box[1] + box[3], region[1] + region[3]) - Math.max(box[1], region[1]);
  return width > 0 && height > 0 ? (width * height) / (box[2] * box[3]) : 0;
}
