import type { Analytics } from '../analytics.ts';
import type { DetectionBatch } from '../detection.ts';

/** Which of a model's classes a camera wants, and from which confidence each counts. */
export class ClassFilter {
  /** By class id: from which confidence a detection is reported without a track. */
  readonly reportedFrom: Float32Array;
  /** By class id: from which confidence a tracker takes a detection for strong. */
  readonly strongFrom: Float32Array;
  /** Labels that the camera names and the model does not know. */
  readonly unknown: readonly string[];
  /** By class id; null when all are wanted. */
  readonly #wanted: Uint8Array | null;

  constructor({ classes, thresholds, confidence, tracker }: Analytics, labels: readonly string[]) {
    const named = new Set([...classes, ...Object.keys(thresholds)]);
    this.unknown = [...named].filter((label) => !labels.includes(label));
    const own = (label: string): number | undefined =>
      Object.hasOwn(thresholds, label) ? thresholds[label] : undefined;
    this.reportedFrom = Float32Array.from(labels, (label) => own(label) ?? confidence);
    const trackedFrom = tracker.trackThreshold ?? confidence;
    this.strongFrom = Float32Array.from(labels, (label) => own(label) ?? trackedFrom);
    const everything = classes.length === 0;
    this.#wanted = everything ? null : Uint8Array.from(labels, (label) => Number(classes.includes(label)));
  }

  /** Takes out of `batch` what the camera does not want; the rest keeps its order. */
  apply(batch: DetectionBatch): void {
    const wanted = this.#wanted;
    if (wanted === null) return;
    const { boxes, confidences, classIds } = batch;
    let kept = 0;
    for (let i = 0; i < batch.count; i++) {
      if (wanted[classIds[i]] !== 1) continue;
      if (kept < i) {
        for (let k = 0; k < 4; k++) boxes[kept * 4 + k] = boxes[i * 4 + k];
        confidences[kept] = confidences[i];
        classIds[kept] = classIds[i];
      }
      kept++;
    }
    batch.count = kept;
  }
}
