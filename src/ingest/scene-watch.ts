import type { DetectionBatch } from '../detection.ts';
import { iou } from '../geometry/box.ts';

/** Objects remembered; a scene with more is busy anyway. */
const CAPACITY = 256;
/** Overlap with where it was seen first, above which an object stands still. */
const SAME_PLACE_IOU = 0.6;
/** A standing object that is detected only now and then is the same one for this long. */
const REMEMBER_MS = 60_000;

/**
 * Says whether an analysed frame shows anything that the frames before it did not: an object that is new or moved.
 *
 * An object is compared with the place where it stood first, not with the last frame: one that creeps is moving.
 */
export class SceneWatch {
  // x, y, width, height in pixels of the frame
  readonly #boxes = new Float64Array(CAPACITY * 4);
  readonly #classIds = new Uint16Array(CAPACITY);
  readonly #seenAtMs = new Float64Array(CAPACITY);
  #count = 0;

  /**
   * @param detections of one frame, in pixels.
   * @param least confidence from which a detection is an object.
   * @param ptsMs media time of the frame.
   */
  changed(detections: DetectionBatch, least: number, ptsMs: number): boolean {
    this.#forget(ptsMs);
    let changed = false;
    for (let i = 0; i < detections.count; i++) {
      if (detections.confidences[i]! < least && detections.trackIds[i] === 0) continue;
      const place = this.#placeOf(detections, i);
      if (place >= 0) this.#seenAtMs[place] = ptsMs;
      else {
        changed = true;
        this.#remember(detections, i, ptsMs);
      }
    }
    return changed;
  }

  #placeOf({ boxes, classIds }: DetectionBatch, i: number): number {
    for (let place = 0; place < this.#count; place++) {
      if (this.#classIds[place] !== classIds[i]) continue;
      if (iou(this.#boxes, place, boxes, i) >= SAME_PLACE_IOU) return place;
    }
    return -1;
  }

  #remember({ boxes, classIds }: DetectionBatch, i: number, ptsMs: number): void {
    const place = this.#count < CAPACITY ? this.#count++ : this.#oldest();
    for (let side = 0; side < 4; side++) this.#boxes[place * 4 + side] = boxes[i * 4 + side]!;
    this.#classIds[place] = classIds[i]!;
    this.#seenAtMs[place] = ptsMs;
  }

  #oldest(): number {
    let oldest = 0;
    for (let place = 1; place < this.#count; place++) {
      if (this.#seenAtMs[place]! < this.#seenAtMs[oldest]!) oldest = place;
    }
    return oldest;
  }

  #forget(ptsMs: number): void {
    let kept = 0;
    for (let place = 0; place < this.#count; place++) {
      const ageMs = ptsMs - this.#seenAtMs[place]!;
      if (ageMs > REMEMBER_MS || ageMs < 0) continue; // another run counts from 0 again
      this.#boxes.copyWithin(kept * 4, place * 4, place * 4 + 4);
      this.#classIds[kept] = this.#classIds[place]!;
      this.#seenAtMs[kept] = this.#seenAtMs[place]!;
      kept++;
    }
    this.#count = kept;
  }
}
