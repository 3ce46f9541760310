import {
  askedFirst,
  byScore,
  type JudgedPicture,
  type Match,
  matchObjects,
  overlapsOf,
} from './match-objects.ts';

/** How detections are told from noise, and hits from misses. */
export interface Threshold {
  /** Detections with a lower score are not looked at. */
  readonly score: number;
  /** Overlap from which a detection is of an object. */
  readonly iou: number;
}

/** What a model does at one threshold. Ratios are null where they would divide by nothing. */
export interface OperatingPoint {
  /** Objects that must be found. */
  readonly objects: number;
  readonly detections: number;
  readonly hits: number;
  /** Detections of objects that are ignored. */
  readonly ofIgnored: number;
  /** hits / objects. */
  readonly recall: number | null;
  /** hits / detections: a detection of an ignored object counts as a false one. */
  readonly precision: number | null;
  /** hits / (detections - ofIgnored), as COCO and the MOTChallenge count. */
  readonly precisionBesideIgnored: number | null;
}

/** Counts what is found of `label` at a threshold; each object can be found once. */
export function operatingPoint(
  pictures: readonly JudgedPicture[],
  label: string,
  threshold: Threshold,
): OperatingPoint {
  let objects = 0;
  let detections = 0;
  let hits = 0;
  let ofIgnored = 0;
  for (const picture of pictures) {
    objects += picture.objects.filter((object) => object.label === label && !object.ignored).length;
    for (const { object } of matchesAt(picture, label, threshold)) {
      detections++;
      if (object?.ignored) ofIgnored++;
      else if (object) hits++;
    }
  }
  return withRatios({ objects, detections, hits, ofIgnored });
}

/** The classes together, each object and detection counting alike. */
export function pooled(points: readonly OperatingPoint[]): OperatingPoint {
  const sum = (key: 'objects' | 'detections' | 'hits' | 'ofIgnored') =>
    points.reduce((total, point) => total + point[key], 0);
  return withRatios({
    objects: sum('objects'),
    detections: sum('detections'),
    hits: sum('hits'),
    ofIgnored: sum('ofIgnored'),
  });
}

/** What the detections of `label` in one picture are matched with, the best first. */
export function matchesAt(picture: JudgedPicture, label: string, { score, iou }: Threshold): Match[] {
  const objects = askedFirst(picture.objects.filter((object) => object.label === label));
  const found = byScore(picture.found.filter((object) => object.label === label && object.score >= score));
  return matchObjects(found, objects, overlapsOf(found, objects), iou);
}

function withRatios(
  counts: Pick<OperatingPoint, 'objects' | 'detections' | 'hits' | 'ofIgnored'>,
): OperatingPoint {
  const { objects, detections, hits, ofIgnored } = counts;
  const judged = detections - ofIgnored;
  return {
    ...counts,
    recall: objects === 0 ? null : hits / objects,
    precision: detections === 0 ? null : hits / detections,
    precisionBesideIgnored: judged === 0 ? null : hits / judged,
  };
}
