import type { DetectionBatch } from '../../detection.ts';
import { keepBest } from '../keep-best.ts';
import type { Letterbox } from '../letterbox.ts';

/**
 * Adds a box, its edges in pixels of the model's input, to `into` in pixels of the source frame, clipped to it.
 * What lies wholly outside of the frame, and what is not a number, is left out.
 */
export function keepBox(
  into: DetectionBatch,
  { width, height, offsetX, offsetY, scaleX, scaleY }: Letterbox,
  left: number,
  top: number,
  right: number,
  bottom: number,
  confidence: number,
  classId: number,
): void {
  const x = Math.max(0, (left - offsetX) / scaleX);
  const y = Math.max(0, (top - offsetY) / scaleY);
  const w = Math.min(width, (right - offsetX) / scaleX) - x;
  const h = Math.min(height, (bottom - offsetY) / scaleY) - y;
  // an infinite confidence would outrank everything and is no measurement
  if (w > 0 && h > 0 && confidence < Number.POSITIVE_INFINITY)
    keepBest(into, x, y, w, h, confidence, classId);
}
