import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectionBatch, type DetectionBatch } from '../../../src/detection.ts';
import { detr } from '../../../src/pipeline/families/detr.ts';
import type { Family, Head } from '../../../src/pipeline/families/family.ts';
import { nanodet } from '../../../src/pipeline/families/nanodet.ts';
import { yolo } from '../../../src/pipeline/families/yolo.ts';
import { yoloEnd2End } from '../../../src/pipeline/families/yolo-end2end.ts';
import { yolox, yoloxRows } from '../../../src/pipeline/families/yolox.ts';
import type { RawOutput } from '../../../src/pipeline/inference/runner.ts';
import type { TensorSignature } from '../../../src/pipeline/inference/signature.ts';
import { type Letterbox, letterbox } from '../../../src/pipeline/letterbox.ts';
import { seeded } from '../../support/seeded.ts';

/*
 * Every head against the plainest way to read it: all rows, all classes, with nothing left out early. What the
 * networks answer is drawn at random and the same in every run.
 */

const SIDE = 64;
const CLASSES = 5;
const MIN_CONFIDENCE = 0.3;
/** Pictures of a run: what belongs to one must not be read for another. */
const PICTURES = 3;
const SOURCE = { width: 200, height: 120 };

interface Found {
  readonly box: readonly [left: number, top: number, right: number, bottom: number];
  readonly confidence: number;
  readonly classId: number;
}

const next = seeded(3);
/** Mostly weak, as scores are; now and then no number. */
const score = () => (next() < 0.002 ? Number.NaN : next() ** 3);
const pixels = () => next() * 90 - 12;

function output(name: string, dims: number[], number: (index: number) => number): RawOutput {
  const length = dims.reduce((a, b) => a * b, 1);
  return { name, dims, data: Float32Array.from({ length }, (_, i) => number(i)) };
}

function headFor(family: Family, outputs: readonly RawOutput[], named = false): Head {
  const image = {
    name: 'images',
    type: 'float32',
    layout: 'NCHW',
    batch: null,
    size: { width: SIDE, height: SIDE },
  } as const;
  const inputs: TensorSignature[] = [
    { name: 'images', type: 'float32', dims: ['N', 3, SIDE, SIDE] },
    { name: 'orig_target_sizes', type: 'int64', dims: ['N', 2] },
  ];
  const signature = {
    inputs,
    outputs: outputs.map(({ name, dims }) => ({
      name,
      type: 'float32' as const,
      dims: ['N', ...dims.slice(1)],
    })),
  };
  const head = family.recognise(signature, image, { named, labels: CLASSES });
  if (typeof head === 'string') throw new Error(head);
  return head;
}

/** Corners in pixels of the input, as a family answers them, brought into the source frame. */
function inSource(found: Found[], { offsetX, offsetY, scaleX, scaleY, width, height }: Letterbox): Found[] {
  return found.map(({ box: [left, top, right, bottom], ...rest }) => ({
    ...rest,
    box: [
      Math.max(0, (left - offsetX) / scaleX),
      Math.max(0, (top - offsetY) / scaleY),
      Math.min(width, (right - offsetX) / scaleX),
      Math.min(height, (bottom - offsetY) / scaleY),
    ],
  }));
}

/** What counts, the most confident first. */
function counted(found: Found[]): Found[] {
  return found
    .filter(({ box: [l, t, r, b], confidence }) => confidence >= MIN_CONFIDENCE && r > l && b > t)
    .sort((a, b) => b.confidence - a.confidence || a.box[0] - b.box[0]);
}

function foundIn(batch: DetectionBatch): Found[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const [x, y, w, h] = batch.boxes.subarray(i * 4, i * 4 + 4);
    return { box: [x, y, x + w, y + h], confidence: batch.confidences[i], classId: batch.classIds[i] };
  });
}

/** Decodes every picture of a run and compares with the reference, which answers corners in pixels of the input. */
function agrees(
  family: Family,
  outputs: readonly RawOutput[],
  reference: (picture: number) => Found[],
  options: { named?: boolean; inSourceAlready?: boolean } = {},
): void {
  const head = headFor(family, outputs, options.named);
  const ordered = head.outputs.map((name) => outputs.find((one) => one.name === name) as RawOutput);
  const fitted = letterbox(SOURCE.width, SOURCE.height, { width: SIDE, height: SIDE }, family.placement.at);
  const batch = createDetectionBatch(1000);
  let all = 0;
  for (let picture = 0; picture < PICTURES; picture++) {
    head.decode(ordered, picture, fitted, MIN_CONFIDENCE, batch);
    const got = counted(foundIn(batch));
    const whole = options.inSourceAlready
      ? { ...fitted, offsetX: 0, offsetY: 0, scaleX: 1, scaleY: 1 }
      : fitted;
    const expected = counted(inSource(reference(picture), whole));
    assert.equal(got.length, expected.length);
    for (const [i, { box, confidence, classId }] of expected.entries()) {
      assert.equal(got[i].classId, classId);
      assert.ok(Math.abs(got[i].confidence - confidence) < 1e-6);
      for (const [k, edge] of box.entries())
        assert.ok(Math.abs(got[i].box[k] - edge) < 1e-3, `${got[i].box} for ${box}`);
    }
    all += expected.length;
  }
  assert.ok(all > 20, `${all} detections to compare`);
}

function best(scores: number[]): { classId: number; confidence: number } {
  let classId = 0;
  for (const [c, value] of scores.entries())
    if (value > scores[classId] || Number.isNaN(scores[classId])) classId = c;
  return { classId, confidence: scores[classId] };
}

const centred = (x: number, y: number, w: number, h: number): Found['box'] => [
  x - w / 2,
  y - h / 2,
  x + w / 2,
  y + h / 2,
];

describe('decoding', () => {
  it('of YOLOX reads cells of three strides, offsets and logarithms', () => {
    const rows = yoloxRows({ width: SIDE, height: SIDE });
    const columns = 5 + CLASSES;
    const raw = output('output', [PICTURES, rows, columns], (i) =>
      i % columns < 4 ? next() * 3 - 1.5 : next(),
    );
    const cells = [8, 16, 32].flatMap((stride) =>
      Array.from({ length: (SIDE / stride) ** 2 }, (_, i) => ({
        stride,
        x: i % (SIDE / stride),
        y: Math.floor(i / (SIDE / stride)),
      })),
    );
    agrees(yolox, [raw], (picture) =>
      cells.map(({ stride, x, y }, row) => {
        const at = (picture * rows + row) * columns;
        const [dx, dy, w, h, objectness, ...scores] = raw.data.slice(at, at + columns);
        const { classId, confidence } = best(scores);
        const box = centred((dx + x) * stride, (dy + y) * stride, Math.exp(w) * stride, Math.exp(h) * stride);
        return { box, confidence: objectness * confidence, classId };
      }),
    );
  });

  it('of YOLOv8 reads rows of channels', () => {
    const boxes = 84;
    const raw = output('output0', [PICTURES, 4 + CLASSES, boxes], (i) =>
      Math.floor(i / boxes) % (4 + CLASSES) < 4 ? Math.abs(pixels()) : score(),
    );
    agrees(yolo, [{ ...raw, dims: [PICTURES, 4 + CLASSES, boxes] }], (picture) =>
      Array.from({ length: boxes }, (_, i) => {
        const column = Array.from(
          { length: 4 + CLASSES },
          (_, c) => raw.data[(picture * (4 + CLASSES) + c) * boxes + i],
        );
        const [x, y, w, h, ...scores] = column;
        return { box: centred(x, y, w, h), ...best(scores.map((value) => value || 0)) };
      }),
    );
  });

  it('of YOLOv5 multiplies the objectness in, of YOLOv6 and of heads without one reads the rows as they are', () => {
    for (const [rows, first] of [
      [252, 5],
      [84, 5],
      [84, 4],
    ]) {
      const columns = first + CLASSES;
      const raw = output('output', [PICTURES, rows, columns], (i) =>
        i % columns < 4 ? Math.abs(pixels()) : next(),
      );
      // the signature leaves the rows open: named, it is taken for granted
      agrees(
        yolo,
        [raw],
        (picture) =>
          Array.from({ length: rows }, (_, row) => {
            const at = (picture * rows + row) * columns;
            const [x, y, w, h, ...rest] = raw.data.slice(at, at + columns);
            const { classId, confidence } = best(first === 5 ? rest.slice(1) : rest);
            return {
              box: centred(x, y, w, h),
              confidence: first === 5 ? rest[0] * confidence : confidence,
              classId,
            };
          }),
        { named: true },
      );
    }
  });

  it('of end-to-end heads takes rows as they are', () => {
    const raw = output('output0', [PICTURES, 200, 6], (i) =>
      i % 6 < 4 ? pixels() : i % 6 === 4 ? next() : Math.floor(next() * CLASSES),
    );
    agrees(yoloEnd2End, [raw], (picture) =>
      Array.from({ length: 200 }, (_, row) => {
        const [left, top, right, bottom, confidence, classId] = raw.data.slice((picture * 200 + row) * 6);
        return { box: [left, top, right, bottom], confidence, classId };
      }),
    );
  });

  it('of DETRs takes boxes in pixels of the source frame', () => {
    const queries = 200;
    const labels = output('labels', [PICTURES, queries], () => Math.floor(next() * CLASSES));
    const boxes = output('boxes', [PICTURES, queries, 4], () => next() * 260 - 30);
    const scores = output('scores', [PICTURES, queries], score);
    agrees(
      detr,
      [scores, labels, boxes],
      (picture) =>
        Array.from({ length: queries }, (_, q) => {
          const i = picture * queries + q;
          const [left, top, right, bottom] = boxes.data.slice(4 * i);
          return { box: [left, top, right, bottom], confidence: scores.data[i], classId: labels.data[i] };
        }),
      { inSourceAlready: true },
    );
  });

  it('of NanoDet takes the mean of each side distribution, from the middle of the cell', () => {
    const bins = 8;
    const outputs = [8, 16, 32].flatMap((stride) => {
      const cells = (SIDE / stride) ** 2;
      return [
        output(`dis_pred_stride_${stride}`, [PICTURES, cells, 4 * bins], () => next() * 8 - 4),
        output(`cls_pred_stride_${stride}`, [PICTURES, cells, CLASSES], score),
      ];
    });
    const read = (name: string) => outputs.find((one) => one.name === name)?.data as Float32Array;
    agrees(nanodet, outputs, (picture) =>
      [8, 16, 32].flatMap((stride) => {
        const across = SIDE / stride;
        return Array.from({ length: across ** 2 }, (_, cell) => {
          const i = picture * across ** 2 + cell;
          const scores = [...read(`cls_pred_stride_${stride}`).slice(i * CLASSES, (i + 1) * CLASSES)];
          const [left, top, right, bottom] = [0, 1, 2, 3].map((side) => {
            const from = (i * 4 + side) * bins;
            const weights = [...read(`dis_pred_stride_${stride}`).slice(from, from + bins)].map(Math.exp);
            const sum = weights.reduce((a, b) => a + b);
            return stride * weights.reduce((mean, weight, bin) => mean + (bin * weight) / sum, 0);
          });
          const x = (cell % across) * stride + 0.5 * (stride - 1);
          const y = Math.floor(cell / across) * stride + 0.5 * (stride - 1);
          return {
            box: [x - left, y - top, x + right, y + bottom] as const,
            ...best(scores.map((value) => value || 0)),
          };
        });
      }),
    );
  });

  it('leaves out what is not a number or infinitely sure, and keeps the rest', () => {
    const raw = output('output0', [1, 4, 6], () => 0);
    const { NaN: nan, POSITIVE_INFINITY: infinite } = Number;
    raw.data.set([
      1,
      1,
      20,
      20,
      infinite,
      0,
      nan,
      1,
      20,
      20,
      0.9,
      0,
      1,
      1,
      20,
      20,
      nan,
      0,
      1,
      1,
      20,
      20,
      0.8,
      2,
    ]);
    const batch = createDetectionBatch(10);
    const fitted = letterbox(64, 64, { width: SIDE, height: SIDE }, 'centre');
    headFor(yoloEnd2End, [raw]).decode([raw], 0, fitted, MIN_CONFIDENCE, batch);
    assert.deepEqual([batch.count, batch.classIds[0]], [1, 2]);
  });

  it('says what shape it expected when a run answers another', () => {
    const fitted = letterbox(64, 64, { width: SIDE, height: SIDE }, 'centre');
    const batch = createDetectionBatch(10);
    const v8 = headFor(yolo, [output('output0', [1, 9, 84], () => 0)]);
    assert.throws(() => v8.decode([output('output0', [1, 7, 84], () => 0)], 0, fitted, 0.1, batch), {
      code: 'MODEL_SHAPE',
      message: 'expected output output0 [N,9,boxes], got [1,7,84]',
    });
  });
});
