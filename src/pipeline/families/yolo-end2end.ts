import { EngineError } from '../../errors.ts';
import { cellsOf, type Family } from './family.ts';
import { keepBox } from './keep-box.ts';

/** x1, y1, x2, y2, score, class */
const COLUMNS = 6;
const STRIDES = [8, 16, 32] as const;

/** YOLO heads that answer each object once (YOLOv10, Wang et al. 2024; YOLO26): rows of a box's corners in pixels of the input, its score and its class. */
export const yoloEnd2End: Family = {
  name: 'yolo-end2end',
  expects: 'one output [N, rows, 6] of x1, y1, x2, y2, score, class',
  encoding: { channels: 'RGB', range: '0-1' },
  placement: { at: 'centre', padding: 114 },
  stride: 32,
  nmsIou: null,
  recognise({ outputs }, { size }, { named, labels }) {
    const dims = outputs[0].dims;
    if (outputs.length !== 1 || dims?.length !== 3 || dims[2] !== COLUMNS)
      return 'needs one output of three dimensions, the last of 6';
    const rows = dims[1];
    if (!named) {
      // with one class, a row of YOLOX or YOLOv5 has 6 columns too
      if (labels === 1 && typeof rows !== 'number')
        return 'has an open number of rows: with one class only the manifest can tell it from YOLOX and YOLOv5';
      const cells = size ? cellsOf(size, STRIDES) : 0;
      if (rows === cells || rows === 3 * cells) return 'has a row for each cell, as YOLOX and YOLOv5 have';
    }
    return {
      classes: null,
      outputs: [outputs[0].name],
      decode([{ name, data, dims: got }], index, fitted, minConfidence, into) {
        const [, count, columns] = got;
        if (columns !== COLUMNS)
          throw new EngineError('MODEL_SHAPE', `expected output ${name} [N,rows,6], got [${got.join(',')}]`);
        into.count = 0;
        for (let at = index * count * COLUMNS, end = at + count * COLUMNS; at < end; at += COLUMNS) {
          const confidence = data[at + 4];
          if (!(confidence >= minConfidence)) continue;
          keepBox(
            into,
            fitted,
            data[at],
            data[at + 1],
            data[at + 2],
            data[at + 3],
            confidence,
            Math.round(data[at + 5]),
          );
        }
      },
    };
  },
};
