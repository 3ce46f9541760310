import type { DetectedObject } from '../../detection.ts';
import type { AnnotatedObject } from '../../models/eval/annotated-picture.ts';
import {
  type AveragePrecision,
  averagePrecision,
  meanAveragePrecision,
} from '../../models/eval/average-precision.ts';
import type { JudgedPicture } from '../../models/eval/match-objects.ts';
import { DEMO_LABELS } from '../clips.ts';
import { clipBox } from './judged-frame.ts';
import type { TruthBox } from './truth-frames.ts';

/** COCO's average precision of one clip, 0..1. */
export interface DetectionScores {
  /** The mean over the labels that have something to find. */
  readonly all: AveragePrecision;
  readonly byLabel: ReadonlyMap<string, AveragePrecision>;
}

export function detectionScores(
  pictures: readonly JudgedPicture[],
  labels: readonly string[],
): DetectionScores {
  const byLabel = new Map(labels.map((label) => [label, averagePrecision(pictures, label)]));
  return { all: meanAveragePrecision([...byLabel.values()]), byLabel };
}

/**
 * One frame as the metrics of pictures take it. What does not count is ignored under every label, by its whole box and by
 * what can be seen of it: as in `judgedFrame`, it may be called anything.
 *
 * @param size pixels of the clip
 */
export function judgedPicture(
  truth: readonly TruthBox[],
  objects: readonly DetectedObject[],
  size: { readonly width: number; readonly height: number },
): JudgedPicture {
  return {
    objects: truth.flatMap(({ label, box, seen, counted }): AnnotatedObject[] => {
      if (counted) return [{ label, box, ignored: false, crowd: false }];
      const boxes = seen[2] > 0 ? [box, seen] : [box];
      return DEMO_LABELS.flatMap((any) =>
        boxes.map((ignored) => ({ label: any, box: ignored, ignored: true, crowd: false })),
      );
    }),
    found: objects.map(({ label, confidence, box }) => ({
      label,
      score: confidence,
      box: clipBox(box, size.width, size.height),
    })),
  };
}
