import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { RunnerPicture } from '../inference/runner.ts';
import type { InputSize } from '../letterbox.ts';
import { Cropper, type PlanarPicture } from './crop.ts';
import { WorkingPicture } from './working-picture.ts';

/** Larger pictures are scaled down before they are cut: 4K takes four times as long and shows a network no more. */
const MAX_WIDTH = 1920;
const MAX_HEIGHT = 1080;
/** Boxes of fewer pixels, of the source frame and inside it, show nothing that could be recognised. */
const LEAST_WIDTH = 6;
const LEAST_HEIGHT = 12;

type Frame = Parameters<WorkingPicture['take']>[0];

/**
 * What the detections of one camera's frame look like, and the crops it is told from.
 *
 * One a camera: the embedder is shared, but what is under way between two awaits is not. Grows as needed and then
 * allocates nothing per frame; `close` it.
 */
export class AppearanceBatch {
  /** Numbers of one vector. */
  size = 0;
  /** One row for each detection of the batch, in its order; each of length 1 where `present`. */
  vectors = new Float32Array(0);
  /** 1 for detections that have a vector. */
  present = new Uint8Array(0);
  /** The crops cut last, as a runner takes them. */
  readonly pictures: RunnerPicture[] = [];
  readonly #crops: RunnerPicture[] = [];
  readonly #cropper = new Cropper();
  readonly #working = new WorkingPicture(MAX_WIDTH, MAX_HEIGHT);
  #chosen = new Int32Array(64);
  #planar: PlanarPicture | undefined;
  #scaleX = 1;
  #scaleY = 1;

  /** Makes room for `count` vectors of `size` numbers, none of them there yet. */
  reset(count: number, size: number): void {
    this.size = size;
    if (this.vectors.length < count * size)
      this.vectors = new Float32Array(Math.max(count * size, 2 * this.vectors.length));
    if (this.present.length < count) this.present = new Uint8Array(Math.max(count, 2 * this.present.length));
    this.present.fill(0);
  }

  /**
   * Chooses the detections to look at: those `wanted` that are large enough, and of more than `limit` the most
   * confident. Returns how many.
   */
  choose(
    detections: DetectionBatch,
    frame: { readonly width: number; readonly height: number },
    wanted: (index: number) => boolean,
    limit: number,
  ): number {
    const { boxes, confidences } = detections;
    if (this.#chosen.length < limit) this.#chosen = new Int32Array(limit);
    const chosen = this.#chosen;
    let count = 0;
    for (let i = 0; i < detections.count; i++) {
      const at = i * 4;
      const width = within(boxes[at], boxes[at + 2], frame.width);
      const height = within(boxes[at + 1], boxes[at + 3], frame.height);
      if (!(width >= LEAST_WIDTH && height >= LEAST_HEIGHT) || !wanted(i)) continue;
      let place = count;
      if (count < limit) count++;
      else if (limit === 0 || !(confidences[i] > confidences[chosen[limit - 1]])) continue;
      else place = limit - 1;
      // in order of confidence by insertion: detectors answer nearly so
      for (; place > 0 && confidences[chosen[place - 1]] < confidences[i]; place--) {
        chosen[place] = chosen[place - 1];
      }
      chosen[place] = i;
    }
    return count;
  }

  /** The detection of the `k`th that was chosen. */
  indexOf(k: number): number {
    return this.#chosen[k];
  }

  /** Takes the picture from which the chosen detections are cut; it may be released afterwards. */
  look(picture: Frame): void {
    this.#planar = this.#working.take(picture);
    this.#scaleX = this.#planar.width / picture.width;
    this.#scaleY = this.#planar.height / picture.height;
  }

  /** Cuts `count` of the chosen, from the `first`, into `pictures[0]` and on, at `size`. */
  cut(detections: DetectionBatch, first: number, count: number, size: InputSize): void {
    const planar = this.#planar;
    if (!planar)
      throw new EngineError('INTERNAL', 'crops are cut before there is a picture: call look first');
    const [scaleX, scaleY] = [this.#scaleX, this.#scaleY];
    const { boxes } = detections;
    for (let k = 0; k < count; k++) {
      const at = this.#chosen[first + k] * 4;
      const x = Math.max(0, boxes[at] * scaleX);
      const y = Math.max(0, boxes[at + 1] * scaleY);
      const width = within(boxes[at] * scaleX, boxes[at + 2] * scaleX, planar.width);
      const height = within(boxes[at + 1] * scaleY, boxes[at + 3] * scaleY, planar.height);
      this.#cropper.crop(planar, x, y, width, height, size, this.#crop(k, size).planes);
    }
    // the list keeps its memory and its crops; only its length changes
    this.pictures.length = 0;
    for (let k = 0; k < count; k++) this.pictures.push(this.#crops[k]);
  }

  /** Frees the scaler's memory. */
  close(): void {
    this.#working.close();
    this.#planar = undefined;
    this.pictures.length = this.#crops.length = 0;
  }

  /** The `k`th crop's memory. */
  #crop(k: number, size: InputSize): RunnerPicture {
    const last = this.#crops[k];
    if (last && last.size.width === size.width && last.size.height === size.height) return last;
    const area = size.width * size.height;
    const planes = [new Uint8Array(area), new Uint8Array(area), new Uint8Array(area)] as const;
    const crop = { planes, size, sourceWidth: size.width, sourceHeight: size.height };
    this.#crops[k] = crop;
    return crop;
  }
}

/** The part of `from .. from + extent` that lies within `0 .. limit`. */
function within(from: number, extent: number, limit: number): number {
  return Math.min(limit, from + extent) - Math.max(0, from);
}
