import { askedFirst, byScore, type JudgedPicture, matchObjects, overlapsOf } from './match-objects.ts';
import { matchesAt, type Threshold } from './operating-point.ts';

/** What is not there (a row) or not found (a column). */
export const BACKGROUND = 'background';

export interface ConfusionMatrix {
  /** The classes, then `background`: of the rows as of the columns. */
  readonly labels: readonly string[];
  /** `counts[truth][found]`. */
  readonly counts: readonly (readonly number[])[];
}

/**
 * What is taken for what at a threshold. Detections are matched within their class first, so the diagonal is the
 * hits of `operatingPoint`; what is left over is then matched whatever its class. An object nobody found is
 * found as background, a detection of nothing is background in truth; ignored objects, and what was found of them,
 * are in no cell.
 */
export function confusionMatrix(
  pictures: readonly JudgedPicture[],
  classes: readonly string[],
  threshold: Threshold,
): ConfusionMatrix {
  const labels = [...classes, BACKGROUND];
  const rowOf = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => labels.map(() => 0));
  const count = (truth: string, found: string): void => {
    counts[rowOf.get(truth)!][rowOf.get(found)!]++;
  };
  for (const picture of pictures) {
    const matches = classes.flatMap((label) => matchesAt(picture, label, threshold));
    const matched = new Set(matches.map(({ object }) => object));
    for (const { found, object } of matches) if (object && !object.ignored) count(object.label, found.label);

    const left = byScore(matches.filter(({ object }) => object === null).map(({ found }) => found));
    const missed = askedFirst(
      picture.objects.filter((object) => rowOf.has(object.label) && (object.crowd || !matched.has(object))),
    );
    const confused = matchObjects(left, missed, overlapsOf(left, missed), threshold.iou);
    for (const { found, object } of confused) {
      if (!object?.ignored) count(object?.label ?? BACKGROUND, found.label);
      if (object) matched.add(object);
    }
    for (const object of missed) {
      if (!object.ignored && !matched.has(object)) count(object.label, BACKGROUND);
    }
  }
  return { labels, counts };
}
