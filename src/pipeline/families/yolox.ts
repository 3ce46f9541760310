import type { DetectionBatch } from '../detection.ts';
import { EngineError } from '../errors.ts';
import { keepBest } from './keep-best.ts';
import type { InputSize, Letterbox } from './letterbox.ts';

const STRIDES = [8, 16, 32] as const;
/** Columns of a row before the class scores: cx, cy, w, h, objectness. */
export const YOLOX_BOX_COLUMNS = 5;

/** What both sides of an input must be a multiple of. */
export const YOLOX_STRIDE = 32;

/** Rows of the output of a YOLOX model for an input, whose sides are multiples of 32 pixels. */
export function yoloxRows({ width, height }: InputSize): number {
  let rows = 0;
  for (const stride of STRIDES) rows += (width / stride) * (height / stride);
  return rows;
}

/**
 * Decodes the raw head of a YOLOX model (Ge et al. 2021) into `into`, replacing what it held.
 *
 * `output` is `[rows, 5 + classes]`: the cells of strides 8, 16 and 32 in that order, row by row; box as
 * offsets in cells and logarithms of sizes, objectness and class scores already through the sigmoid.
 * A detection is a row's best class when objectness x score reaches `minConfidence`. Boxes come in pixels
 * of the source frame, clipped to it; what lies wholly in the padding, and what is not a number, is left
 * out. Overlapping boxes are still in it, in no particular order: NMS follows. When there are more than
 * `into` holds, the most confident stay.
 *
 * @throws EngineError MODEL_SHAPE when `output` is not of that size
 */
export function decodeYolox(
  output: Float32Array,
  classes: number,
  fitted: Letterbox,
  minConfidence: number,
  into: DetectionBatch,
): void {
  const columns = YOLOX_BOX_COLUMNS + classes;
  const { width, height, scaleX, scaleY, input } = fitted;
  const rows = yoloxRows(input);
  if (output.length !== rows * columns) {
    throw new EngineError(
      'MODEL_SHAPE',
      `expected ${rows}x${columns} outputs of YOLOX, got ${output.length}`,
    );
  }
  into.count = 0;
  let at = 0;
  for (let level = 0; level < STRIDES.length; level++) {
    const stride = STRIDES[level];
    const cellsAcross = input.width / stride;
    const cellsDown = input.height / stride;
    for (let gridY = 0; gridY < cellsDown; gridY++) {
      for (let gridX = 0; gridX < cellsAcross; gridX++, at += columns) {
        const objectness = output[at + 4];
        // no class score exceeds 1: most of the rows end here, at a single read
        if (!(objectness >= minConfidence)) continue;
        let classId = 0;
        let score = output[at + YOLOX_BOX_COLUMNS];
        for (let c = 1; c < classes; c++) {
          const candidate = output[at + YOLOX_BOX_COLUMNS + c];
          if (candidate > score) {
            score = candidate;
            classId = c;
          }
        }
        const confidence = objectness * score;
        if (!(confidence >= minConfidence)) continue;

        const centreX = (output[at] + gridX) * stride;
        const centreY = (output[at + 1] + gridY) * stride;
        const halfWidth = (Math.exp(output[at + 2]) * stride) / 2;
        const halfHeight = (Math.exp(output[at + 3]) * stride) / 2;
        const left = Math.max(0, (centreX - halfWidth) / scaleX);
        const top = Math.max(0, (centreY - halfHeight) / scaleY);
        const right = Math.min(width, (centreX + halfWidth) / scaleX);
        const bottom = Math.min(height, (centreY + halfHeight) / scaleY);
        if (!(right > left && bottom > top)) continue;
        keepBest(into, left, top, right - left, bottom - top, confidence, classId);
      }
    }
  }
}
