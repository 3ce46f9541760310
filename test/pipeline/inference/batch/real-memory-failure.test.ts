import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { pino } from 'pino';
import { EngineError } from '../../../../src/errors.ts';
import { DeviceLink } from '../../../../src/pipeline/inference/batch/device-link.ts';
import { DeviceServer } from '../../../../src/pipeline/inference/batch/device-server.ts';
import { CPU_ONLY, Sessions } from '../../../../src/pipeline/inference/providers.ts';
import type { Runner, RunnerPicture, RunnerSpec } from '../../../../src/pipeline/inference/runner.ts';
import { openSessionRunner } from '../../../../src/pipeline/inference/session-runner.ts';
import { onnxModel } from '../../../support/onnx-builder.ts';

const log = pino({ level: 'silent' });
const SIDE = 8;

/**
 * A network that answers the mean of each channel, and for pictures with a byte above 200 in batches of more than
 * one asks for a tensor of 2^50 numbers besides: ONNX Runtime itself then fails for want of memory.
 */
function hungryModel(): Buffer {
  const scalar = (name: string, value: bigint) => ({ name, dims: [1], data: BigInt64Array.of(value) });
  return onnxModel({
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 3, SIDE, SIDE] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 3] }],
    constants: [
      scalar('first', 0n),
      scalar('one', 1n),
      scalar('huge', 2n ** 50n),
      scalar('four', 4n),
      { name: 'step', dims: [1], data: Float32Array.of(1 / 200) },
    ],
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'first'], outputs: ['count'] },
      { op: 'Sub', inputs: ['count', 'one'], outputs: ['others'] },
      { op: 'ReduceMax', inputs: ['x'], outputs: ['brightest'], attributes: { keepdims: 0 } },
      { op: 'Mul', inputs: ['brightest', 'step'], outputs: ['steps'] },
      { op: 'Cast', inputs: ['steps'], outputs: ['bright'], attributes: { to: 7 } },
      { op: 'Mul', inputs: ['bright', 'others'], outputs: ['wanted'] },
      { op: 'Mul', inputs: ['wanted', 'huge'], outputs: ['numbers'] },
      { op: 'Add', inputs: ['numbers', 'four'], outputs: ['length'] },
      { op: 'ConstantOfShape', inputs: ['length'], outputs: ['zeros'] },
      { op: 'ReduceMax', inputs: ['zeros'], outputs: ['zero'], attributes: { keepdims: 0 } },
      { op: 'ReduceMean', inputs: ['x'], outputs: ['means'], attributes: { axes: [2, 3], keepdims: 0 } },
      { op: 'Add', inputs: ['means', 'zero'], outputs: ['y'] },
    ],
  });
}

const spec: RunnerSpec = {
  model: 'hungry@1',
  bytes: hungryModel(),
  input: 'x',
  encoding: { layout: 'NCHW', channels: 'BGR', range: '0-255', type: 'float32' },
  outputs: ['y'],
  maxBatch: 16,
  fixedSize: null,
};

function picture(value: number): RunnerPicture {
  const plane = (add: number) => new Uint8Array(SIDE * SIDE).fill(value + add);
  return {
    planes: [plane(0), plane(1), plane(2)],
    size: { width: SIDE, height: SIDE },
    sourceWidth: SIDE,
    sourceHeight: SIDE,
  };
}

async function onDevice(work: (runner: Runner, server: DeviceServer) => Promise<void>): Promise<void> {
  const server = new DeviceServer(
    openSessionRunner(new Sessions(CPU_ONLY, log)),
    { maxBatch: 8, maxWaitMs: 5, maxRunMs: 10_000, slotsPerWorker: 8 },
    log,
  );
  const { port1, port2 } = new MessageChannel();
  server.connect(port1);
  const link = new DeviceLink(port2, undefined, log);
  try {
    const runner = await link.open(spec);
    await runner.prepare({ width: SIDE, height: SIDE });
    await work(runner, server);
    await runner.release();
  } finally {
    link.close();
    await server.close();
  }
}

/** What a run of each picture of `values`, all handed over together, answers: the mean of blue, or the error's code. */
function together(runner: Runner, values: number[]): Promise<Array<number | string>> {
  return Promise.all(
    values.map(async (value) => {
      try {
        const [{ data }] = await runner.run([picture(value)]);
        return data[0];
      } catch (err) {
        assert.ok(err instanceof EngineError);
        return err.code;
      }
    }),
  );
}

describe('a real failure of memory in a batch', () => {
  it('costs the pictures of that batch, halves it, and the next go through', async () => {
    await onDevice(async (runner, server) => {
      const dark = [1, 2, 3, 4, 5, 6, 7, 8];
      assert.deepEqual(await together(runner, dark), dark);
      assert.equal(server.status()[0].maxBatch, 8); // the warm-up found nothing wrong
      const bright = [240, 241, 242, 243, 244, 245, 246, 247];
      for (let i = 0; i < 8; i++) {
        for (const [at, answer] of (await together(runner, bright)).entries()) {
          assert.ok(answer === bright[at] || answer === 'MODEL_OUT_OF_MEMORY', `${answer}`);
        }
      }
      const [{ maxBatch, memoryFailures, failed }] = server.status();
      assert.equal(maxBatch, 1);
      assert.ok(memoryFailures >= 2 && failed >= memoryFailures);
      assert.deepEqual(await together(runner, bright), bright);
    });
  });

  it('is answered with a message that says what failed', async () => {
    await onDevice(async (runner) => {
      await assert.rejects(runner.run([picture(240), picture(241), picture(242), picture(243)]), {
        code: 'MODEL_OUT_OF_MEMORY',
        message: /^model hungry@1 failed: .*memory/i,
      });
    });
  });
});
