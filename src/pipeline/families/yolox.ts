import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { InputSize, Letterbox } from '../letterbox.ts';
import { cellsOf, type Family, type Head } from './family.ts';
import { keepBox } from './keep-box.ts';

const STRIDES = [8, 16, 32] as const;
/** Columns of a row before the class scores: cx, cy, w, h, objectness. */
export const YOLOX_BOX_COLUMNS = 5;

/** YOLOX (Ge et al. 2021), exported without `decode_in_inference`. */
export const yolox: Family = {
  name: 'yolox',
  expects: 'one output [N, rows, 5 + classes] with a row for each cell of strides 8, 16 and 32',
  encoding: { channels: 'BGR', range: '0-255' },
  placement: { at: 'top-left', padding: 114 },
  stride: 32,
  nmsIou: 0.45,
  recognise({ outputs }, { size }, { named }) {
    const dims = outputs[0].dims;
    if (outputs.length !== 1 || dims?.length !== 3) return 'needs one output of three dimensions';
    const [, rows, columns] = dims;
    if (typeof columns !== 'number' || columns <= YOLOX_BOX_COLUMNS)
      return 'needs an output whose last dimension is 5 + classes';
    if (typeof rows === 'number' && size) {
      if (rows !== yoloxRows(size))
        return `needs ${yoloxRows(size)} rows for its input of ${size.width}x${size.height}, has ${rows}`;
    } else if (!named) return 'has an open number of rows: only the manifest can tell it from YOLOv5';
    return headOf(outputs[0].name, columns - YOLOX_BOX_COLUMNS);
  },
};

function headOf(output: string, classes: number): Head {
  return {
    classes,
    outputs: [output],
    decode([{ data }], index, fitted, minConfidence, into) {
      const from = index * yoloxRows(fitted.input) * (YOLOX_BOX_COLUMNS + classes);
      decodeYolox(data, classes, fitted, minConfidence, into, from);
    },
  };
}

/** Rows of the output of a YOLOX model for an input, whose sides are multiples of 32 pixels. */
export function yoloxRows(input: InputSize): number {
  return cellsOf(input, STRIDES);
}

/**
 * Decodes the raw head of a YOLOX model (Ge et al. 2021) into `into`, replacing what it held.
 *
 * `output` holds `[rows, 5 + classes]` from index `from` on: the cells of strides 8, 16 and 32 in that order, row
 * by row; box as offsets in cells and logarithms of sizes, objectness and class scores already through the sigmoid.
 * A detection is a row's best class when objectness x score reaches `minConfidence`. Boxes come in pixels
 * of the source frame, clipped to it; what lies wholly in the padding, and what is not a number, is left
 * out. Overlapping boxes are still in it, in no particular order: NMS follows. When there are more than
 * `into` holds, the most confident stay.
 *
 * @throws EngineError MODEL_SHAPE when `output` is not of that size
 */
export function decodeYolox(
  output: Float32Array | Float64Array,
  classes: number,
  fitted: Letterbox,
  minConfidence: number,
  into: DetectionBatch,
  from = 0,
): void {
  const columns = YOLOX_BOX_COLUMNS + classes;
  const { input } = fitted;
  const rows = yoloxRows(input);
  if (output.length % (rows * columns) !== 0 || output.length < from + rows * columns) {
    throw new EngineError(
      'MODEL_SHAPE',
      `expected ${rows}x${columns} outputs of YOLOX, got ${output.length}`,
    );
  }
  into.count = 0;
  let at = from;
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
        keepBox(
          into,
          fitted,
          centreX - halfWidth,
          centreY - halfHeight,
          centreX + halfWidth,
          centreY + halfHeight,
          confidence,
          classId,
        );
      }
    }
  }
}
