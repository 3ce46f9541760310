import type { DetectionsMessage } from '../../log/messages.ts';
import type { AveragePrecision } from '../../models/eval/average-precision.ts';
import type { MotScores } from '../../tracking/metrics/mot-metrics.ts';
import { DEMO_LABELS } from '../clips.ts';
import type { Condition, Truth } from '../truth.ts';
import { type CountScores, countScores } from './count-scores.ts';
import { detectionScores, judgedPicture } from './detection-scores.ts';
import { judgedFrame, trackBoxes } from './judged-frame.ts';
import { trackingScores } from './tracking-scores.ts';
import { truthFrames } from './truth-frames.ts';

/** What the engine said of a clip. */
export interface ClipMessages {
  /** With the settings that cameras have unless told otherwise. */
  readonly usual: readonly DetectionsMessage[];
  /** Everything the detector finds, however doubtful: average precision asks for it. */
  readonly doubtful: readonly DetectionsMessage[];
}

/** Percent, unless said otherwise; null where there is nothing to find. */
export interface Scores {
  /** Objects in frames that were judged. */
  readonly boxes: number;
  readonly AP50: number | null;
  readonly AP50To95: number | null;
  readonly HOTA: number | null;
  readonly DetA: number | null;
  readonly AssA: number | null;
  readonly LocA: number | null;
  readonly MOTA: number | null;
  readonly IDF1: number | null;
  /** Identity switches; how many. */
  readonly IDSW: number;
  readonly count: CountScores;
}

export interface ClipReport {
  readonly clip: string;
  readonly condition: Condition;
  readonly seed: number;
  /** `name@version` */
  readonly model: string;
  /** Frames in which tracks and counts were judged, and those of average precision. */
  readonly frames: number;
  readonly pictures: number;
  /** All labels together. */
  readonly all: Scores;
  /** Those that are in the clip or that the engine says are in it. */
  readonly labels: readonly (Scores & { readonly label: string })[];
}

/** Compares what the engine said of a clip with what the clip truly shows. */
export function judgeClip(truth: Truth, { usual, doubtful }: ClipMessages): ClipReport {
  const objects = truthFrames(truth);
  const frames = usual.map((message) => {
    const index = frameOf(message, truth);
    return judgedFrame(index, objects[index], trackBoxes(message.objects, truth));
  });
  const pictures = doubtful.map((message) =>
    judgedPicture(objects[frameOf(message, truth)], message.objects, truth),
  );
  const present = new Set(
    frames.flatMap(({ truth, tracks }) => [...truth, ...tracks].map(({ label }) => label)),
  );
  const labels = DEMO_LABELS.filter((label) => present.has(label));
  const tracking = trackingScores(frames, labels);
  const detection = detectionScores(pictures, labels);
  const scores = (mot: MotScores, ap: AveragePrecision, label?: string): Scores => ({
    ...inPercent(mot, ap),
    count: countScores(frames, truth.fps, label),
  });
  return {
    clip: truth.name,
    condition: truth.condition,
    seed: truth.seed,
    model: usual[0]?.model ?? '',
    frames: frames.length,
    pictures: pictures.length,
    all: scores(tracking.all, detection.all),
    labels: labels.map((label) => ({
      label,
      ...scores(tracking.byLabel.get(label)!, detection.byLabel.get(label)!, label),
    })),
  };
}

/** The clip's frame that a message is about: media time tells, whatever was sampled. */
export function frameOf({ ptsMs }: Pick<DetectionsMessage, 'ptsMs'>, { fps }: Pick<Truth, 'fps'>): number {
  return Math.round((ptsMs * fps) / 1000);
}

function inPercent(mot: MotScores, { ap50, ap50To95 }: AveragePrecision): Omit<Scores, 'count'> {
  const boxes = mot.CLR_TP + mot.CLR_FN;
  const percent = (ratio: number | null): number | null => (ratio === null ? null : ratio * 100);
  const ofBoxes = (ratio: number): number | null => (boxes === 0 ? null : ratio * 100);
  return {
    boxes,
    AP50: percent(ap50),
    AP50To95: percent(ap50To95),
    HOTA: ofBoxes(mot.HOTA),
    DetA: ofBoxes(mot.DetA),
    AssA: ofBoxes(mot.AssA),
    LocA: ofBoxes(mot.LocA),
    MOTA: ofBoxes(mot.MOTA),
    IDF1: ofBoxes(mot.IDF1),
    IDSW: mot.IDSW,
  };
}
