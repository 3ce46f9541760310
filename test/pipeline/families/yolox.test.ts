import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decoder, Demuxer } from 'node-av/api';
import * as ort from 'onnxruntime-node';
import { createDetectionBatch, type DetectionBatch } from '../../../src/detection.ts';
import { decodeYolox, yoloxRows } from '../../../src/pipeline/families/yolox.ts';
import { letterbox } from '../../../src/pipeline/letterbox.ts';
import { Nms } from '../../../src/pipeline/nms.ts';
import { TensorInput } from '../../../src/pipeline/tensor-input.ts';
import { missingSharedData, sharedData, TOWN_CENTRE } from '../../support/shared-data.ts';

const MODEL = 'models/yolox_nano_416.onnx';
const CLASSES = 3;
const COLUMNS = 5 + CLASSES;
const INPUT = { width: 64, height: 64 }; // 8x8 + 4x4 + 2x2 cells

/** An output of zeros but for the given rows of [x, y, log w, log h, objectness, class scores]. */
function outputOf(rows: Record<number, number[]>): Float32Array {
  const output = new Float32Array(yoloxRows(INPUT) * COLUMNS);
  for (const [row, values] of Object.entries(rows)) output.set(values, Number(row) * COLUMNS);
  return output;
}

function decode(rows: Record<number, number[]>, width = 128, height = 64, capacity = 16): DetectionBatch {
  const batch = createDetectionBatch(capacity);
  decodeYolox(outputOf(rows), CLASSES, letterbox(width, height, INPUT), 0.1, batch);
  return batch;
}

function boxes(batch: DetectionBatch): number[][] {
  return Array.from({ length: batch.count }, (_, i) => [...batch.boxes.subarray(i * 4, i * 4 + 4)]);
}

describe('decodeYolox', () => {
  it('has a row for each cell of strides 8, 16 and 32', () => {
    assert.deepEqual(
      [416, 640, 192].map((side) => yoloxRows({ width: side, height: side })),
      [3549, 8400, 756],
    );
  });

  it('places boxes of every stride in pixels of the source frame', () => {
    const batch = decode({
      // scale 1/2: 128x64 lies in the upper half of the 64x64 input
      10: [0.5, 0.25, 0, Math.log(2), 0.5, 0.25, 0.75, 0], // stride 8, cell (2, 1): centre (20, 10), 8x16
      [64 + 6]: [0, 0, 0, 0, 1, 0.5, 0, 0], // stride 16, cell (2, 1): centre (32, 16), 16x16
      [64 + 16 + 0]: [0.5, 0.5, 0, 0, 1, 0, 0, 1], // stride 32, cell (0, 0): centre (16, 16), 32x32
    });
    assert.deepEqual(boxes(batch), [
      [32, 4, 16, 32],
      [48, 16, 32, 32],
      [0, 0, 64, 64],
    ]);
    assert.deepEqual([...batch.confidences.subarray(0, 3)], [0.375, 0.5, 1]);
    assert.deepEqual([...batch.classIds.subarray(0, 3)], [1, 0, 2]);
  });

  it('clips boxes to the frame and leaves out what lies in the padding or is not a number', () => {
    const batch = decode({
      0: [0, 0, Math.log(2), Math.log(2), 1, 1, 0, 0], // centre on the corner
      60: [0.5, 0.5, 0, 0, 1, 1, 0, 0], // cell (4, 7): below the picture
      20: [Number.NaN, 0, 0, 0, 1, 1, 0, 0],
      21: [0, 0, Number.NaN, 0, 1, 1, 0, 0],
      22: [0, 0, 0, 0, Number.NaN, 1, 0, 0],
      23: [0, 0, 0, 0, 1, Number.NaN, 0, 0],
      24: [0, 0, 1e4, 1e4, 1, 1, 0, 0], // exp overflows: the whole frame
    });
    assert.deepEqual(boxes(batch), [
      [0, 0, 16, 16],
      [0, 0, 128, 64],
    ]);
  });

  it('drops what is below the confidence asked for, the product of objectness and score', () => {
    const batch = decode({
      1: [0, 0, 0, 0, 0.5, 0.125, 0, 0], // 0.0625
      2: [0, 0, 0, 0, 0.0625, 1, 0, 0],
      3: [0, 0, 0, 0, 0.5, 0.25, 0, 0], // 0.125
    });
    assert.deepEqual([batch.count, batch.confidences[0]], [1, 0.125]);
  });

  it('keeps the most confident when there are more than the batch holds, and starts anew each frame', () => {
    const rows = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [i % 32, [0.5, 0.5, 0, 0, (i % 32) / 32, 1, 0, 0]]),
    );
    const batch = createDetectionBatch(4);
    for (let frame = 0; frame < 2; frame++) {
      decodeYolox(outputOf(rows), CLASSES, letterbox(64, 64, INPUT), 0.1, batch);
      assert.deepEqual([...batch.confidences.toSorted()], [28 / 32, 29 / 32, 30 / 32, 31 / 32]);
    }
  });

  it('says which size it expected of an output of another model', () => {
    const batch = createDetectionBatch(4);
    assert.throws(
      () => decodeYolox(new Float32Array(84 * 85), CLASSES, letterbox(64, 64, INPUT), 0.1, batch),
      { code: 'MODEL_SHAPE', message: 'expected 84x8 outputs of YOLOX, got 7140' },
    );
  });

  it('finds the people of a busy street', { skip: missingSharedData(MODEL, TOWN_CENTRE) }, async () => {
    const session = await ort.InferenceSession.create(sharedData(MODEL), {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    await using demuxer = await Demuxer.open(sharedData(TOWN_CENTRE));
    const video = demuxer.video();
    assert.ok(video);
    using decoder = await Decoder.create(video);
    const input = new TensorInput();
    const batch = createDetectionBatch(1000);
    let width = 0;
    let height = 0;
    for await (const packet of demuxer.packets(video.index)) {
      using _ = packet;
      const [picture, ...rest] = await decoder.decodeAll(packet);
      for (const other of rest) other.free();
      if (!picture) continue;
      ({ width, height } = picture);
      const { planes, fitted } = input.fill(picture, { width: 416, height: 416 });
      picture.free();
      const tensor = new ort.Tensor('float32', Float32Array.from(Buffer.concat(planes)), [1, 3, 416, 416]);
      const { output } = await session.run({ images: tensor });
      decodeYolox(output.data as Float32Array, 80, fitted, 0.1, batch);
      break;
    }
    input.close();
    await session.release();
    const candidates = batch.count;
    new Nms().apply(batch, 0.45);
    assert.ok(batch.count < candidates, `${batch.count} of ${candidates} after NMS`);

    const people = boxes(batch).filter((_, i) => batch.classIds[i] === 0 && batch.confidences[i] >= 0.3);
    assert.ok(people.length >= 8, `${people.length} people`);
    for (const [x, y, w, h] of people) {
      assert.ok(x >= 0 && y >= 0 && x + w <= width + 1e-3 && y + h <= height + 1e-3, `${[x, y, w, h]}`);
      assert.ok(h > 20 && h < 300 && w < h * 1.5, `a person of ${w}x${h}`);
    }
  });
});
