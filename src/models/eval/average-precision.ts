import {
  askedFirst,
  byScore,
  type JudgedPicture,
  MAX_DETECTIONS,
  matchObjects,
  overlapsOf,
} from './match-objects.ts';

/** 0.50, 0.55 .. 0.95. */
const IOU_THRESHOLDS = Array.from({ length: 10 }, (_, i) => 0.5 + i * 0.05);
/** Recalls at which precision is read: 0, 0.01 .. 1, in the very doubles of pycocotools. */
const RECALLS = Array.from({ length: 101 }, (_, i) => (i === 100 ? 1 : i * 0.01));

/** COCO's average precision of one class, 0..1; null where there is nothing to find. */
export interface AveragePrecision {
  readonly ap50: number | null;
  /** The mean over the overlaps 0.50, 0.55 .. 0.95. */
  readonly ap50To95: number | null;
}

/** A detection's fate at one overlap; those matched with ignored objects are left out. */
interface Outcome {
  readonly score: number;
  readonly hit: boolean;
}

/**
 * Average precision of `label` as pycocotools computes it: 101-point interpolation, all sizes, at most 100
 * detections a picture.
 */
export function averagePrecision(pictures: readonly JudgedPicture[], label: string): AveragePrecision {
  const outcomes: Outcome[][] = IOU_THRESHOLDS.map(() => []);
  let asked = 0;
  for (const picture of pictures) {
    const objects = askedFirst(picture.objects.filter((object) => object.label === label));
    const found = byScore(picture.found.filter((object) => object.label === label)).slice(0, MAX_DETECTIONS);
    asked += objects.filter(({ ignored }) => !ignored).length;
    const overlaps = overlapsOf(found, objects);
    for (const [t, threshold] of IOU_THRESHOLDS.entries()) {
      for (const { found: detection, object } of matchObjects(found, objects, overlaps, threshold)) {
        if (!object?.ignored) outcomes[t].push({ score: detection.score, hit: object !== null });
      }
    }
  }
  if (asked === 0) return { ap50: null, ap50To95: null };
  const each = outcomes.map((list) => interpolated(list, asked));
  return { ap50: each[0], ap50To95: each.reduce((sum, ap) => sum + ap, 0) / each.length };
}

/** The mean over the classes that have something to find; null when none has. */
export function meanAveragePrecision(classes: readonly AveragePrecision[]): AveragePrecision {
  const mean = (key: keyof AveragePrecision): number | null => {
    const values = classes.map((each) => each[key]).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return { ap50: mean('ap50'), ap50To95: mean('ap50To95') };
}

/** The mean of the best precision at or beyond each recall. */
function interpolated(outcomes: Outcome[], asked: number): number {
  outcomes.sort((a, b) => b.score - a.score);
  const recalls = new Float64Array(outcomes.length);
  const precisions = new Float64Array(outcomes.length);
  let hits = 0;
  for (const [i, { hit }] of outcomes.entries()) {
    if (hit) hits++;
    recalls[i] = hits / asked;
    precisions[i] = hits / (i + 1);
  }
  for (let i = precisions.length - 2; i >= 0; i--) precisions[i] = Math.max(precisions[i], precisions[i + 1]);
  let sum = 0;
  let at = 0;
  for (const recall of RECALLS) {
    while (at < recalls.length && recalls[at] < recall) at++;
    if (at < recalls.length) sum += precisions[at];
  }
  return sum / RECALLS.length;
}
