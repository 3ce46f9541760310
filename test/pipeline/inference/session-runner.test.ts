import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { InputEncoding } from '../../../src/pipeline/inference/input-encoding.ts';
import { CPU_ONLY, Sessions } from '../../../src/pipeline/inference/providers.ts';
import type { RunnerPicture, RunnerSpec } from '../../../src/pipeline/inference/runner.ts';
import { openSessionRunner } from '../../../src/pipeline/inference/session-runner.ts';
import type { InputSize } from '../../../src/pipeline/letterbox.ts';
import { toyDetector, toyDetr } from '../../support/toy-detector.ts';

const open = openSessionRunner(new Sessions(CPU_ONLY, pino({ level: 'silent' })));
const SIZE = { width: 64, height: 32 };
const PLAIN: InputEncoding = { layout: 'NCHW', channels: 'BGR', range: '0-255', type: 'float32' };

/** A picture whose every byte is `value`. */
function picture(value: number, size: InputSize = SIZE): RunnerPicture {
  const plane = () => new Uint8Array(size.width * size.height).fill(value);
  return { planes: [plane(), plane(), plane()], size, sourceWidth: 10 * value, sourceHeight: 7 };
}

function spec(bytes: Uint8Array, more: Partial<RunnerSpec> = {}): RunnerSpec {
  return {
    model: 'toy@1',
    bytes,
    input: 'images',
    encoding: PLAIN,
    outputs: ['output'],
    maxBatch: 64,
    fixedSize: SIZE,
    ...more,
  };
}

/** Answers [0.5, 1.5] and the mean of the picture added to both. */
function meanModel(
  batch: number | string,
  type: 'float32' | 'float16' = 'float32',
  size = [32, 64] as const,
) {
  const answer = Float32Array.of(0.5, 1.5);
  return toyDetector({
    input: [batch, 3, ...size],
    type,
    output: [batch, 2, 1],
    answer,
    answerDims: [2, 1],
    gain: 1,
  });
}

describe('a runner on this thread', () => {
  it('takes as many pictures at once as a dynamic batch allows, in order', async () => {
    const runner = await open(spec(meanModel('N')));
    await runner.prepare(SIZE);
    for (const count of [1, 3, 2, 5, 1]) {
      const pictures = Array.from({ length: count }, (_, i) => picture(10 * i + 1));
      const [{ data, dims }] = await runner.run(pictures);
      assert.deepEqual(dims, [count, 2, 1]);
      assert.deepEqual(
        [...data],
        pictures.flatMap((_, i) => [10 * i + 1.5, 10 * i + 2.5]),
      );
    }
    assert.equal(runner.provider, 'cpu');
    await runner.release();
  });

  it('runs a file of batch 1, or of any fixed batch, as often as it takes', async () => {
    for (const batch of [1, 4]) {
      const runner = await open(spec(meanModel(batch), { maxBatch: batch }));
      await runner.prepare(SIZE);
      for (const count of [1, 4, 6]) {
        const outputs = await runner.run(Array.from({ length: count }, (_, i) => picture(i)));
        const answers = [...outputs[0].data].slice(0, 2 * count);
        assert.deepEqual(answers, Array.from({ length: count }, (_, i) => [i + 0.5, i + 1.5]).flat());
      }
      await runner.release();
    }
  });

  it('keeps the pictures of two callers apart', async () => {
    const runner = await open(spec(meanModel(1)));
    await runner.prepare(SIZE);
    const [alone] = await runner.run([picture(200)]);
    const expected = [...alone.data];
    const [first] = await Promise.all([runner.run([picture(200)]), runner.run([picture(10)])]);
    assert.deepEqual([...first[0].data], expected);
    await runner.release();
  });

  it('answers one picture of a file of batch 4 with the rows of one', async () => {
    const runner = await open(spec(meanModel(4), { maxBatch: 4 }));
    await runner.prepare(SIZE);
    const [{ dims, data }] = await runner.run([picture(10)]);
    assert.deepEqual([dims, data.length], [[1, 2, 1], 2]);
    await runner.release();
  });

  it('feeds and reads half precision', async () => {
    const encoding = { ...PLAIN, type: 'float16', range: '0-1' } as const;
    const runner = await open(spec(meanModel('N', 'float16'), { encoding }));
    await runner.prepare(SIZE);
    const [{ data }] = await runner.run([picture(255), picture(51)]);
    assert.ok(data instanceof Float32Array);
    assert.deepEqual(
      [...data].map((number) => Math.round(number * 1000)),
      [1500, 2500, 700, 1700],
    );
    await runner.release();
  });

  it('tells the network the size of each source picture, and reads whole numbers', async () => {
    const encoding = { ...PLAIN, range: '0-1' } as const;
    const runner = await open(
      spec(toyDetr([3, 2], [0.9, 0.5]), {
        encoding,
        sourceSizeInput: 'orig_target_sizes',
        outputs: ['labels', 'boxes', 'scores'],
        fixedSize: { width: 64, height: 64 },
      }),
    );
    await runner.prepare({ width: 64, height: 64 });
    const size = { width: 64, height: 64 };
    const [labels, boxes, scores] = await runner.run([picture(1, size), picture(2, size)]);
    assert.deepEqual([...labels.data], [3, 2, 3, 2]);
    assert.deepEqual([...boxes.data], [0, 0, 10, 7, 0, 0, 10, 7, 0, 0, 20, 7, 0, 0, 20, 7]);
    assert.deepEqual([...scores.data], [0.9, 0.5, 0.9, 0.5].map(Math.fround));
    await runner.release();
  });

  it('computes at sizes the file leaves open, and at others than the one it fixes', async () => {
    for (const [bytes, fixedSize] of [
      [meanModel(1, 'float32', ['h', 'w'] as never), null],
      [meanModel(1), SIZE],
    ] as const) {
      const runner = await open(spec(bytes, { fixedSize }));
      const sizes = [SIZE, { width: 96, height: 64 }, { width: 32, height: 32 }];
      for (const size of sizes) await runner.prepare(size);
      for (const size of sizes) {
        const [{ data }] = await runner.run([picture(9, size)]);
        assert.deepEqual([...data], [9.5, 10.5]);
      }
      await runner.release();
    }
  });

  it('makes a size ready once for all who ask at the same time', async () => {
    const sessions = new Sessions(CPU_ONLY, pino({ level: 'silent' }));
    let opened = 0;
    const counting = openSessionRunner({
      open: async (...args) => {
        opened++;
        return sessions.open(...args);
      },
    });
    const runner = await counting(spec(meanModel(1)));
    await Promise.all([1, 2, 3].map(() => runner.prepare({ width: 32, height: 32 })));
    assert.equal(opened, 2, 'the file as it is, and the one for this size');
    await runner.release();
  });

  it('goes on with the next provider when one takes the model and then cannot run it', async () => {
    const sessions = new Sessions(CPU_ONLY, pino({ level: 'silent' }));
    const asked: unknown[] = [];
    // a double: no machine here has a device that fails so
    const openDouble = openSessionRunner({
      async open(model, bytes, failed) {
        asked.push(failed?.provider);
        const opened = await sessions.open(model, bytes);
        if (failed) return opened;
        const run = async (): Promise<never> => {
          throw new Error('no kernel image is available');
        };
        return { provider: 'cuda', session: Object.assign(Object.create(opened.session), { run }) };
      },
    });
    const runner = await openDouble(spec(meanModel(1)));
    assert.equal(runner.provider, 'cuda');
    await runner.prepare(SIZE);
    assert.equal(runner.provider, 'cpu');
    assert.deepEqual(asked, [undefined, 'cuda']);
    const [{ data }] = await runner.run([picture(10)]);
    assert.deepEqual([...data], [10.5, 11.5]);
    await runner.release();
  });

  it('names model and size when it is not ready for a picture', async () => {
    const runner = await open(spec(meanModel(1)));
    await assert.rejects(runner.run([picture(1)]), {
      code: 'MODEL_SHAPE',
      message: 'model toy@1 has no input 64x32',
    });
    await runner.release();
  });

  it('tells a want of memory from other failures', async () => {
    const failing = (message: string) =>
      openSessionRunner({
        open: async () => ({
          provider: 'cpu',
          session: {
            run: async () => Promise.reject(new Error(message)),
            release: async () => undefined,
          } as never,
        }),
      });
    for (const [message, prepared] of [
      ['Failed to allocate memory for requested buffer of size 123', 'MODEL_OUT_OF_MEMORY'],
      ['Non-zero status code returned while running Conv node', 'MODEL_SHAPE'],
    ] as const) {
      const runner = await failing(message)(spec(meanModel(1)));
      await assert.rejects(runner.prepare(SIZE), { code: prepared, message: /toy@1/ });
    }
  });
});
