import { EngineError } from '../../errors.ts';
import { type AveragePrecision, averagePrecision, meanAveragePrecision } from './average-precision.ts';
import { type ConfusionMatrix, confusionMatrix } from './confusion-matrix.ts';
import type { JudgedPicture } from './match-objects.ts';
import { type OperatingPoint, operatingPoint, pooled, type Threshold } from './operating-point.ts';

/** The MOTChallenge's name and, of COCO's, those for which VOC's older names live on in lists of labels. */
const SYNONYMS = new Map([
  ['pedestrian', 'person'],
  ['aeroplane', 'airplane'],
  ['diningtable', 'dining table'],
  ['motorbike', 'motorcycle'],
  ['pottedplant', 'potted plant'],
  ['sofa', 'couch'],
  ['tvmonitor', 'tv'],
]);

export type Scores = AveragePrecision & OperatingPoint;

/** How good a model is on annotated pictures. */
export interface Evaluation extends Scores {
  readonly pictures: number;
  /** Marked objects that need not be found. */
  readonly ignoredObjects: number;
  readonly classes: readonly (Scores & { readonly label: string })[];
  readonly confusion: ConfusionMatrix;
}

/**
 * The classes that are judged: those the model knows and the annotations mark, or of these the ones asked for.
 * The case of letters does not matter, nor which of two common names it is (`motorbike`, `motorcycle`).
 *
 * @returns the model's label of each, with the annotations' name for it, and what is left out
 * @throws EngineError VALIDATION when none is left, or one asked for is not among them
 */
export function judgedClasses(
  modelLabels: readonly string[],
  annotated: readonly string[],
  asked: readonly string[] | undefined,
): { classes: ReadonlyMap<string, string>; unknown: readonly string[] } {
  const ofModel = new Map(modelLabels.map((label) => [plain(label), label]));
  const classes = new Map<string, string>(); // by the annotations' name
  for (const label of annotated) {
    const known = ofModel.get(plain(label));
    if (known !== undefined) classes.set(label, known);
  }
  const unknown = annotated.filter((label) => !classes.has(label));
  if (asked) {
    const wanted = new Set(asked.map(plain));
    for (const label of asked) {
      if ([...classes.values()].some((known) => plain(known) === plain(label))) continue;
      throw new EngineError(
        'VALIDATION',
        `--classes names ${JSON.stringify(label)}, which ${ofModel.has(plain(label)) ? 'the annotations do not mark' : 'the model does not know'}; what can be judged is: ${listed([...classes.values()])}`,
      );
    }
    for (const [label, known] of classes) if (!wanted.has(plain(known))) classes.delete(label);
  }
  if (classes.size > 0) return { classes, unknown };
  throw new EngineError(
    'VALIDATION',
    `the model knows none of what the annotations mark (${listed(annotated)}): it knows ${listed(modelLabels)}`,
  );
}

/** Objects under the model's labels; what is not judged is left out, of truth and of detections. */
export function restrictedTo(
  classes: ReadonlyMap<string, string>,
  pictures: readonly JudgedPicture[],
): JudgedPicture[] {
  const labels = new Set(classes.values());
  return pictures.map(({ objects, found }) => ({
    objects: objects.flatMap((object) => {
      const label = classes.get(object.label);
      return label === undefined ? [] : [{ ...object, label }];
    }),
    found: found.filter(({ label }) => labels.has(label)),
  }));
}

/** Judges pictures that are `restrictedTo` the classes `labels`. */
export function evaluate(
  pictures: readonly JudgedPicture[],
  labels: readonly string[],
  threshold: Threshold,
): Evaluation {
  const classes = labels.map((label) => ({
    label,
    ...averagePrecision(pictures, label),
    ...operatingPoint(pictures, label, threshold),
  }));
  return {
    pictures: pictures.length,
    ignoredObjects: pictures.reduce(
      (sum, { objects }) => sum + objects.filter(({ ignored }) => ignored).length,
      0,
    ),
    ...meanAveragePrecision(classes),
    ...pooled(classes),
    classes,
    confusion: confusionMatrix(pictures, labels, threshold),
  };
}

/** One name for what is the same. */
function plain(label: string): string {
  const lower = label.trim().toLowerCase();
  return SYNONYMS.get(lower) ?? lower;
}

function listed(labels: readonly string[]): string {
  const most = 10;
  const rest = labels.length > most ? ` and ${labels.length - most} more` : '';
  return (labels.slice(0, most).join(', ') || 'nothing') + rest;
}
