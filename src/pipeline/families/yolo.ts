import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { RawOutput } from '../inference/runner.ts';
import type { Letterbox } from '../letterbox.ts';
import { cellsOf, type Family, type Head } from './family.ts';
import { firstAtLeast } from './first-at-least.ts';
import { keepBox } from './keep-box.ts';

const STRIDES = [8, 16, 32] as const;
/** YOLOv5 and v7 predict three boxes a cell. */
const ANCHORS = 3;

/**
 * YOLO heads that answer boxes as cx, cy, w, h in pixels of the input and scores through the sigmoid: YOLOv8, 9
 * and 11, `[N, 4 + classes, boxes]`; YOLOv5 and v7, `[N, boxes, 5 + classes]` with an objectness; YOLOv6 likewise
 * with as many rows as YOLOX, from which only the manifest tells it.
 */
export const yolo: Family = {
  name: 'yolo',
  expects:
    'one output [N, 4 + classes, boxes] (YOLOv8, v11) or [N, boxes, 5 + classes] with three boxes for each cell of strides 8, 16 and 32 (YOLOv5)',
  encoding: { channels: 'RGB', range: '0-1' },
  placement: { at: 'centre', padding: 114 },
  stride: 32,
  nmsIou: 0.5,
  recognise({ outputs }, { size }, { named, labels }) {
    const dims = outputs[0].dims;
    if (outputs.length !== 1 || dims?.length !== 3) return 'needs one output of three dimensions';
    const [, a, b] = dims;
    const cells = size ? cellsOf(size, STRIDES) : null;
    // channels first: their number is fixed, and far below that of the boxes where that is too
    if (typeof a === 'number' && a > 4 && (b === cells || typeof b === 'string'))
      return columnsHead(outputs[0].name, a - 4);
    if (typeof b !== 'number' || b <= 4) return 'needs 4 + classes or 5 + classes in one dimension';
    const anchored = cells !== null && a === cells * ANCHORS;
    if (!anchored && !named)
      return cells === null
        ? 'has an open number of boxes: only the manifest can tell YOLOv5 from YOLOX'
        : `needs ${cells} or ${cells * ANCHORS} boxes for its input of ${size?.width}x${size?.height}, has ${a}`;
    if (cells !== null && typeof a === 'number' && !anchored && a !== cells)
      return `needs ${cells} or ${cells * ANCHORS} boxes for its input of ${size?.width}x${size?.height}, has ${a}`;
    const objectness = anchored || b !== 4 + labels;
    return rowsHead(outputs[0].name, b, objectness);
  },
};

/** `[N, 4 + classes, boxes]` */
function columnsHead(output: string, classes: number): Head {
  let best = new Float32Array(0);
  let bestClass = new Uint16Array(0);
  let found = new Int32Array(0);
  return {
    classes,
    outputs: [output],
    decode([raw], index, fitted, minConfidence, into) {
      const { data, dims } = raw;
      const [, channels, boxes] = dims;
      if (channels !== 4 + classes) throw unexpected(raw, `[N,${4 + classes},boxes]`);
      if (best.length < boxes) {
        best = new Float32Array(boxes);
        bestClass = new Uint16Array(boxes);
        found = new Int32Array(boxes);
      }
      const from = index * channels * boxes;
      let count = 0;
      for (let c = 0; c < classes; c++) {
        const row = from + (4 + c) * boxes;
        const end = row + boxes;
        // along the memory: a class with all its boxes, then the next
        for (
          let at = firstAtLeast(data, row, end, minConfidence);
          at < end;
          at = firstAtLeast(data, at + 1, end, minConfidence)
        ) {
          const i = at - row;
          if (data[at] <= best[i]) continue;
          if (best[i] === 0) found[count++] = i;
          best[i] = data[at];
          bestClass[i] = c;
        }
      }
      into.count = 0;
      for (let k = 0; k < count; k++) {
        const i = found[k];
        const at = from + i;
        keepCentred(
          into,
          fitted,
          data[at],
          data[at + boxes],
          data[at + 2 * boxes],
          data[at + 3 * boxes],
          best[i],
          bestClass[i],
        );
        best[i] = 0;
      }
    },
  };
}

/** `[N, boxes, 5 + classes]`, or `[N, boxes, 4 + classes]` without an objectness. */
function rowsHead(output: string, columns: number, objectness: boolean): Head {
  const first = objectness ? 5 : 4;
  const classes = columns - first;
  return {
    classes,
    outputs: [output],
    decode([raw], index, fitted, minConfidence, into) {
      const { data, dims } = raw;
      const rows = dims[1];
      if (dims[2] !== columns) throw unexpected(raw, `[N,boxes,${columns}]`);
      into.count = 0;
      let at = index * rows * columns;
      for (let i = 0; i < rows; i++, at += columns) {
        const sure = objectness ? data[at + 4] : 1;
        if (!(sure >= minConfidence)) continue;
        let classId = 0;
        let score = data[at + first];
        for (let c = 1; c < classes; c++) {
          const candidate = data[at + first + c];
          if (candidate > score) {
            score = candidate;
            classId = c;
          }
        }
        const confidence = sure * score;
        if (confidence >= minConfidence)
          keepCentred(into, fitted, data[at], data[at + 1], data[at + 2], data[at + 3], confidence, classId);
      }
    },
  };
}

/** Centre and size in pixels of the input. */
function keepCentred(
  into: DetectionBatch,
  fitted: Letterbox,
  x: number,
  y: number,
  width: number,
  height: number,
  confidence: number,
  classId: number,
): void {
  const [halfWidth, halfHeight] = [width / 2, height / 2];
  keepBox(into, fitted, x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, confidence, classId);
}

function unexpected({ name, dims }: RawOutput, expected: string): EngineError {
  return new EngineError('MODEL_SHAPE', `expected output ${name} ${expected}, got [${dims.join(',')}]`);
}
