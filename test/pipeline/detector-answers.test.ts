import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame as AvFrame } from 'node-av/lib';
import { pino } from 'pino';
import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import { EngineError } from '../../src/errors.ts';
import { Detector } from '../../src/pipeline/detector.ts';
import { CPU_ONLY, Sessions } from '../../src/pipeline/inference/providers.ts';
import type { OpenRunner } from '../../src/pipeline/inference/runner.ts';
import { openSessionRunner } from '../../src/pipeline/inference/session-runner.ts';
import { TensorInput } from '../../src/pipeline/tensor-input.ts';
import { resolvedModel, toyDetector, toyDetr } from '../support/toy-detector.ts';

const quiet = pino({ level: 'silent' });
const open = openSessionRunner(new Sessions(CPU_ONLY, quiet));
const WIDTH = 128;
const HEIGHT = 48;

/** Shows a grey picture of 128x48 to a detector, the way a camera does. */
async function look(detector: Detector): Promise<DetectionBatch> {
  const picture = new AvFrame();
  picture.alloc();
  picture.width = WIDTH;
  picture.height = HEIGHT;
  picture.format = AV_PIX_FMT_YUV420P;
  picture.allocBuffer();
  for (const plane of picture.data ?? []) plane.fill(128);
  const input = new TensorInput();
  const batch = createDetectionBatch(100);
  try {
    const size = await detector.inputFor(WIDTH, HEIGHT);
    await detector.detect(input.fill(picture, size, detector.placement), batch);
    return batch;
  } finally {
    input.close();
    picture.free();
  }
}

/** Rows of x1, y1, x2, y2, score, class, in pixels of the input of 64x64. */
const endToEnd = (rows: number[][], more: Partial<Parameters<typeof toyDetector>[0]> = {}) =>
  toyDetector({
    input: ['N', 3, 64, 64],
    output: ['N', rows.length, 6],
    answer: Float32Array.from(rows.flat()),
    answerDims: [rows.length, 6],
    ...more,
  });

async function loaded(t: TestContext, bytes: Uint8Array, labels = ['cat', 'dog']): Promise<Detector> {
  const detector = await Detector.load(await resolvedModel(t, bytes, labels), open, quiet);
  t.after(() => detector.release());
  return detector;
}

const boxes = ({ count, boxes, classIds, confidences }: DetectionBatch) =>
  Array.from({ length: count }, (_, i) => ({
    box: [...boxes.subarray(i * 4, i * 4 + 4)],
    classId: classIds[i],
    confidence: Math.round(confidences[i] * 100) / 100,
  }));

describe('what a network answers', () => {
  // the picture lies in rows 4 to 27 of the tight input of 64x32, at half its size
  it('comes in pixels of the source frame, best first', async (t) => {
    const detector = await loaded(
      t,
      endToEnd([
        [10, 8, 20, 20, 0.5, 0],
        [0, 4, 64, 28, 0.75, 1],
      ]),
    );
    assert.deepEqual(boxes(await look(detector)), [
      { box: [0, 0, 128, 48], classId: 1, confidence: 0.75 },
      { box: [20, 8, 20, 24], classId: 0, confidence: 0.5 },
    ]);
    assert.deepEqual(
      [detector.model, detector.family, detector.provider, detector.placement.at, detector.size.width],
      ['toy@1', 'yolo-end2end', 'cpu', 'centre', 64],
    );
  });

  it('is the same from a network in half precision, and one of any size', async (t) => {
    const row = [[16, 8, 32, 16, 0.5, 1]];
    const expected = [{ box: [32, 8, 32, 16], classId: 1, confidence: 0.5 }];
    assert.deepEqual(boxes(await look(await loaded(t, endToEnd(row, { type: 'float16' })))), expected);
    const anySize = endToEnd(row, { input: ['N', 3, 'h', 'w'], output: ['N', 'n', 6] });
    const model = await resolvedModel(t, anySize, ['cat', 'dog'], { input: { width: 64, height: 64 } });
    const detector = await Detector.load(model, open, quiet);
    t.after(() => detector.release());
    assert.deepEqual(await detector.inputFor(WIDTH, HEIGHT), { width: 64, height: 32 });
    assert.deepEqual(boxes(await look(detector)), expected);
  });

  it('of a DETR is scaled by the network itself, whatever the input', async (t) => {
    const detector = await loaded(t, toyDetr([1], [0.5]));
    assert.deepEqual(await detector.inputFor(WIDTH, HEIGHT), { width: 64, height: 64 });
    assert.deepEqual(boxes(await look(detector)), [{ box: [0, 0, 128, 48], classId: 1, confidence: 0.5 }]);
  });

  it('is refused when it is no number anywhere, with the name of the model', async (t) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const detector = await loaded(
        t,
        endToEnd([new Array<number>(6).fill(value), new Array<number>(6).fill(value)]),
      );
      await assert.rejects(look(detector), {
        code: 'MODEL_FAILED',
        message: `model toy@1 answers ${value} instead of numbers in output [1,2,6]: its weights or its input encoding are broken`,
      });
    }
  });

  it('is refused when confidences are no probabilities, or a class has no label', async (t) => {
    await assert.rejects(look(await loaded(t, endToEnd([[0, 16, 9, 30, 4.5, 0]]))), {
      code: 'MODEL_SHAPE',
      message:
        'model toy@1 answers a confidence of 4.5, expected 0 to 1: export it with its scores through the sigmoid',
    });
    await assert.rejects(look(await loaded(t, endToEnd([[0, 16, 9, 30, 0.5, 7]]))), {
      code: 'MODEL_SHAPE',
      message: 'model toy@1 answers class 7, its manifest names 2 labels',
    });
  });

  it('may be nothing', async (t) => {
    const detector = await loaded(t, endToEnd([[0, 0, 0, 0, 0, 0]]));
    assert.equal((await look(detector)).count, 0);
  });
});

describe('loading a detector', () => {
  it('releases what it opened when the network does not compute', async (t) => {
    let released = 0;
    const failing: OpenRunner = async () => ({
      provider: 'cpu',
      prepare: async () =>
        Promise.reject(new EngineError('MODEL_SHAPE', 'model toy@1 does not compute at 64x64')),
      run: async () => [],
      release: async () => {
        released++;
      },
    });
    const model = await resolvedModel(t, endToEnd([[0, 0, 0, 0, 0, 0]]), ['cat', 'dog']);
    await assert.rejects(Detector.load(model, failing, quiet), { code: 'MODEL_SHAPE' });
    assert.equal(released, 1);
  });

  it('makes a size ready once, however many cameras ask for it at the same time', async (t) => {
    const prepared: string[] = [];
    const slow: OpenRunner = async () => ({
      provider: 'cpu',
      prepare: async ({ width, height }) => void prepared.push(`${width}x${height}`),
      run: async () => [],
      release: async () => undefined,
    });
    const model = await resolvedModel(t, endToEnd([[0, 0, 0, 0, 0, 0]]), ['cat', 'dog']);
    const detector = await Detector.load(model, slow, quiet);
    const sizes = await Promise.all([1, 2, 3].map(() => detector.inputFor(1280, 640)));
    assert.deepEqual(
      sizes,
      [1, 2, 3].map(() => ({ width: 64, height: 32 })),
    );
    assert.deepEqual(prepared, ['64x64', '64x32']);
  });

  it('asks again for a size for which there was no memory', async (t) => {
    let failures = 1;
    const tight: OpenRunner = async () => ({
      provider: 'cpu',
      prepare: async ({ height }) => {
        if (height === 32 && failures-- > 0) throw new EngineError('MODEL_OUT_OF_MEMORY', 'no memory');
      },
      run: async () => [],
      release: async () => undefined,
    });
    const model = await resolvedModel(t, endToEnd([[0, 0, 0, 0, 0, 0]]), ['cat', 'dog']);
    const detector = await Detector.load(model, tight, quiet);
    await assert.rejects(detector.inputFor(1280, 640), { code: 'MODEL_OUT_OF_MEMORY' });
    assert.deepEqual(await detector.inputFor(1280, 640), { width: 64, height: 32 });
  });
});
