import type { DetectionBatch } from '../detection.ts';
import { EngineError } from '../errors.ts';
import { keepBest } from './keep-best.ts';
import type { Letterbox } from './letterbox.ts';

const STRIDES = [8, 16, 32] as const;
/** cx, cy, w, h, objectness; the class scores follow. */
const BOX_COLUMNS = 5;

/** Rows of the output of a YOLOX model with a square input of `inputSize` pixels (a multiple of 32). */
export function yoloxRows(inputSize: number): number {
  let rows = 0;
  for (const stride of STRIDES) rows += (inputSize / stride) ** 2;
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
  inputSize: number,
  fitted: Letterbox,
  minConfidence: number,
  into: DetectionBatch,
): void {
  const columns = BOX_COLUMNS + classes;
  const rows = yoloxRows(inputSize);
  if (output.length !== rows * columns) {
    throw new EngineError(
      'MODEL_SHAPE',
      `expected ${rows}x${columns} outputs of YOLOX, got ${output.length}`,
    );
  }
  const { width, height, scaleX, scaleY } = fitted;
  into.count = 0;
  let at = 0;
  for (let level = 0; level < STRIDES.length; level++) {
    const stride = STRIDES[level];
    const cells = inputSize / stride;
    for (let gridY = 0; gridY < cells; gridY++) {
      for (let gridX = 0; gridX < cells; gridX++, at += columns) {
        const objectness = output[at + 4];
        // no class score exceeds 1: most of the rows end here, at a single read
        if (!(objectness >= minConfidence)) continue;
        let classId = 0;
        let score = output[at + BOX_COLUMNS];
        for (let c = 1; c < classes; c++) {
          const candidate = output[at + BOX_COLUMNS + c];
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
