import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { EngineError } from '../../../../src/errors.ts';
import type { BatchJob } from '../../../../src/pipeline/inference/batch/batch-queue.ts';
import { DeviceBatcher } from '../../../../src/pipeline/inference/batch/device-batcher.ts';
import { inferenceError } from '../../../../src/pipeline/inference/providers.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** As ONNX Runtime's arena words it. */
const NO_MEMORY =
  "Non-zero status code returned while running Conv node. Name:'/Conv' Status Message: bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, Stream*) Failed to allocate memory for requested buffer of size 4294967296";

/** A double of a session on a device that has memory for `fits` pictures, and throws ONNX Runtime's error beyond. */
function smallDevice(fits: number) {
  const clock = new VirtualClock();
  const lines: Array<Record<string, unknown>> = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const batcher = new DeviceBatcher(clock, log);
  const device = { fits, lost: false, renewed: 0, runs: [] as number[] };
  const queue = batcher.add<BatchJob>(
    {
      model: 'double@1',
      async run(_jobs, size) {
        device.runs.push(size);
        await clock.sleep(5 + size);
        if (device.lost) throw inferenceError('double@1', 'failed', new Error('device lost'));
        if (size > device.fits) throw inferenceError('double@1', 'failed', new Error(NO_MEMORY));
      },
      async renew() {
        device.renewed++;
      },
    },
    { maxBatch: 16, maxWaitMs: 5, maxRunMs: 1_000 },
  );
  const answers: Array<EngineError | undefined> = [];
  const submit = (count: number): void => {
    for (let i = 0; i < count; i++)
      queue.submit({ atMs: clock.elapsed(), answer: (error) => answers.push(error) });
  };
  return { clock, device, queue, answers, submit, lines };
}

describe('a batch that runs out of memory', () => {
  it('is answered with an error for each picture, and the session is made anew', async () => {
    const { clock, device, queue, answers, submit } = smallDevice(8);
    submit(16);
    await clock.advance(100);
    assert.equal(answers.length, 16);
    assert.ok(answers.every((error) => error?.code === 'MODEL_OUT_OF_MEMORY'));
    assert.match(answers[0]?.message as string, /^model double@1 failed: .*Failed to allocate memory/);
    assert.equal(device.renewed, 0); // with the next picture
    submit(1);
    await clock.advance(100);
    assert.equal(device.renewed, 1);
    assert.equal(answers.at(-1), undefined);
    assert.equal(queue.policy.maxBatch, 16); // once is chance: a neighbour may have had the memory
  });

  it('halves the batch when it happens again, down to what fits', async () => {
    const { clock, device, queue, answers, submit, lines } = smallDevice(3);
    for (let i = 0; i < 10; i++) {
      submit(16);
      await clock.advance(500);
    }
    assert.equal(queue.policy.maxBatch, 2);
    assert.equal(answers.length, 160);
    // 16, 16, 8, 8, 4, 4 did not fit
    assert.equal(queue.counts.memoryFailures, 6);
    assert.equal(queue.counts.failed, 2 * (16 + 8 + 4));
    assert.equal(queue.counts.pictures, 160 - queue.counts.failed);
    assert.ok(device.runs.slice(-5).every((size) => size <= 2));
    const told = lines
      .filter(({ msg }) => msg === 'a batch ran out of memory')
      .map(({ maxBatch }) => maxBatch);
    assert.deepEqual(told, [16, 8, 8, 4, 4, 2]);
  });

  it('pauses when not even one picture fits, and recovers by itself', async () => {
    const { clock, device, answers, submit } = smallDevice(0);
    for (let i = 0; i < 100; i++) {
      submit(1);
      await clock.advance(200);
    }
    assert.equal(answers.length, 100);
    assert.ok(answers.every((error) => error?.code === 'MODEL_OUT_OF_MEMORY'));
    // tried after 0.5 s, 1 s, 2 s ... and not for every frame
    assert.ok(device.runs.length <= 7, `${device.runs.length} attempts in 20 s`);
    device.fits = 16;
    await clock.advance(30_000);
    submit(1);
    await clock.advance(100);
    assert.equal(answers.at(-1), undefined);
  });

  it('is told from other failures, which leave the batch as it is', async () => {
    const { clock, device, queue, answers, submit } = smallDevice(16);
    device.lost = true;
    for (let i = 0; i < 3; i++) {
      submit(16);
      await clock.advance(100);
    }
    assert.ok(answers.every((error) => error?.code === 'MODEL_FAILED'));
    assert.equal(queue.policy.maxBatch, 16);
    device.lost = false;
    await clock.advance(1_000);
    submit(16);
    await clock.advance(100);
    assert.equal(device.renewed, 1); // after three in a row
    assert.equal(answers.at(-1), undefined);
  });
});
