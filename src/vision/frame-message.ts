import type { DetectedObject, DetectionBatch } from '../detection.ts';
import type { Frame } from '../frame.ts';
import { type DetectionsMessage, detectionsId } from '../log/messages.ts';

/** A tenth of a pixel on a 8K picture; more digits would be noise in every message. */
const BOX_DIGITS = 1e5;
const CONFIDENCE_DIGITS = 1e3;

const fraction = (pixels: number, size: number): number =>
  Math.round((pixels / size) * BOX_DIGITS) / BOX_DIGITS;

/**
 * The frame's detections as they leave the vision node: boxes as fractions of the frame, those below
 * `reportedFrom` of their class only where a confirmed track holds them.
 */
export function detectedObjects(
  batch: DetectionBatch,
  labels: readonly string[],
  frame: Pick<Frame, 'width' | 'height'>,
  reportedFrom: Float32Array,
): DetectedObject[] {
  const objects: DetectedObject[] = [];
  for (let i = 0; i < batch.count; i++) {
    const track = batch.trackIds[i];
    if (track === 0 && batch.confidences[i] < reportedFrom[batch.classIds[i]]) continue;
    const at = i * 4;
    const object: DetectedObject = {
      label: labels[batch.classIds[i]],
      confidence: Math.round(batch.confidences[i] * CONFIDENCE_DIGITS) / CONFIDENCE_DIGITS,
      box: [
        fraction(batch.boxes[at], frame.width),
        fraction(batch.boxes[at + 1], frame.height),
        fraction(batch.boxes[at + 2], frame.width),
        fraction(batch.boxes[at + 3], frame.height),
      ],
    };
    if (track !== 0) object.track = track;
    objects.push(object);
  }
  return objects;
}

/** The frame's message for topic `sightline.detections.v1`. */
export function detectionsMessage(
  camera: string,
  frame: Frame,
  model: string,
  objects: DetectedObject[],
  analysedAtMs: number,
): DetectionsMessage {
  return {
    v: 1,
    id: detectionsId(camera, frame.run, frame.seq),
    camera,
    run: frame.run,
    seq: frame.seq,
    ptsMs: Math.round(frame.ptsMs),
    capturedAtMs: Math.round(frame.capturedAtMs),
    analysedAtMs: Math.round(analysedAtMs),
    width: frame.width,
    height: frame.height,
    model,
    objects,
  };
}
