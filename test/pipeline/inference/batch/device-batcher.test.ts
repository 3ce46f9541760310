import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { EngineError } from '../../../../src/errors.ts';
import type {
  BatchExecutor,
  BatchJob,
  BatchQueue,
} from '../../../../src/pipeline/inference/batch/batch-queue.ts';
import { DeviceBatcher } from '../../../../src/pipeline/inference/batch/device-batcher.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const log = pino({ level: 'silent' });

/** A device whose run of `b` pictures takes `overheadMs + b * pictureMs`, in virtual time. */
function device(
  overheadMs: number,
  pictureMs: number,
  { maxBatch = 16, maxWaitMs = 10, maxRunMs = 250 } = {},
) {
  const clock = new VirtualClock();
  const batcher = new DeviceBatcher(clock, log);
  const pace = { overheadMs, pictureMs };
  const runs: Array<{ queue: string; count: number; size: number }> = [];
  let seed = 7;
  const random = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  return {
    clock,
    batcher,
    runs,
    pace,
    random,
    queue(name = 'model', factor = 1) {
      const executor: BatchExecutor<BatchJob> = {
        model: name,
        async run(jobs, size) {
          runs.push({ queue: name, count: jobs.length, size });
          const ms = factor * (pace.overheadMs + size * pace.pictureMs);
          await clock.sleep(ms * (0.97 + 0.06 * random()));
        },
        renew: async () => undefined,
      };
      const queue = batcher.add(executor, { maxBatch, maxWaitMs, maxRunMs });
      // as a warm-up does
      for (const size of queue.policy.sizes)
        queue.policy.times.observe(size, factor * (overheadMs + size * pictureMs));
      return queue;
    },
    /** A camera whose pictures come every `everyMs`, whatever became of the last. */
    camera(queue: BatchQueue, everyMs: number, offsetMs = 0, waits: number[] = []) {
      void (async () => {
        await clock.sleep(offsetMs);
        for (;;) {
          const atMs = clock.elapsed();
          queue.submit({ atMs, answer: () => waits.push(clock.elapsed() - atMs) });
          await clock.sleep(everyMs);
        }
      })();
      return waits;
    },
    /** A worker that always has the next picture, `thinkMs` after the last was answered. */
    worker(queue: BatchQueue, thinkMs: number, answered: number[] = []) {
      const submit = (): void => {
        const atMs = clock.elapsed();
        queue.submit({
          atMs,
          answer: () => {
            answered.push(clock.elapsed() - atMs);
            void clock.sleep(thinkMs * (0.5 + random())).then(submit);
          },
        });
      };
      submit();
      return answered;
    },
  };
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]): number => sum(values) / values.length;

describe('the batcher of a device', () => {
  it('does not make a picture wait while there is little to do', async () => {
    const { clock, queue, camera, runs } = device(5, 1);
    const model = queue();
    // 8 cameras of 5 frames a second: a quarter of what single runs could serve
    const waits = Array.from({ length: 8 }, (_, i) => camera(model, 200, i * 25)).flat();
    const all: number[] = [];
    for (let i = 0; i < 8; i++) camera(model, 200, 1_000 + i * 23, all);
    await clock.advance(20_000);
    void waits;
    // a run of one takes 6 ms; whoever comes during another's run waits for that only
    assert.ok(
      model.counts.waitMs / model.counts.pictures < 2,
      `${model.counts.waitMs / model.counts.pictures} ms`,
    );
    assert.ok(mean(runs.map(({ count }) => count)) < 1.5);
  });

  it('takes pictures that come together into one run after the first', async () => {
    const { clock, queue, camera, runs } = device(5, 1);
    const model = queue();
    for (let i = 0; i < 8; i++) camera(model, 200, i * 0.3);
    await clock.advance(10_000);
    assert.ok(runs.length < 50 * 3, `${runs.length} runs for 50 bursts`);
  });

  for (const { name, overheadMs, pictureMs, workers, thinkMs } of [
    { name: 'an overhead that matters', overheadMs: 10, pictureMs: 1, workers: 16, thinkMs: 1 },
    { name: 'a small overhead', overheadMs: 1, pictureMs: 2, workers: 16, thinkMs: 1 },
    {
      name: 'fewer pictures in flight than a batch may have',
      overheadMs: 10,
      pictureMs: 1,
      workers: 6,
      thinkMs: 1,
    },
    { name: 'more in flight than a batch may have', overheadMs: 10, pictureMs: 1, workers: 40, thinkMs: 2 },
    { name: 'workers that take long', overheadMs: 4, pictureMs: 0.5, workers: 16, thinkMs: 5 },
  ]) {
    it(`reaches the throughput of the best batch at saturation: ${name}`, async () => {
      const { clock, queue, worker } = device(overheadMs, pictureMs);
      const model = queue();
      for (let i = 0; i < workers; i++) worker(model, thinkMs);
      await clock.advance(2_000);
      const { pictures } = model.counts;
      await clock.advance(10_000);
      const perMs = (model.counts.pictures - pictures) / 10_000;
      // every size b that workers in flight can fill, with all of them thinking in between or half of them overlapped
      let best = 0;
      for (let b = 1; b <= Math.min(16, workers); b++) {
        const run = overheadMs + b * pictureMs;
        const idle = workers >= 2 * b ? Math.max(0, thinkMs - run) : thinkMs;
        best = Math.max(best, b / (run + idle));
      }
      assert.ok(perMs >= 0.87 * best, `${perMs.toFixed(3)} of ${best.toFixed(3)} pictures a millisecond`);
    });
  }

  it('keeps runs short enough for the latency bound', async () => {
    const { clock, queue, worker, runs } = device(10, 10, { maxRunMs: 60 });
    const model = queue();
    for (let i = 0; i < 32; i++) worker(model, 1);
    await clock.advance(5_000);
    assert.equal(Math.max(...runs.map(({ size }) => size)), 4); // 50 ms; 8 would take 90
  });

  it('learns that the device became slower, and faster again', async () => {
    const { clock, queue, worker, runs, pace } = device(10, 2, { maxRunMs: 60 });
    const model = queue();
    for (let i = 0; i < 32; i++) worker(model, 1);
    await clock.advance(3_000);
    assert.equal(runs.at(-1)?.size, 16);
    pace.overheadMs *= 4;
    pace.pictureMs *= 4;
    await clock.advance(20_000);
    assert.ok((runs.at(-1)?.size as number) <= 2, `${runs.at(-1)?.size}`);
    pace.overheadMs /= 4;
    pace.pictureMs /= 4;
    await clock.advance(5_000);
    assert.equal(runs.at(-1)?.size, 16);
  });

  it('shares its time between models fairly, also when one of them is slow and one is flooded', async () => {
    const { clock, queue, worker } = device(4, 1);
    const flooded = queue('flooded');
    const slow = queue('slow', 5);
    const single = queue('single');
    for (let i = 0; i < 64; i++) worker(flooded, 0.2);
    for (let i = 0; i < 8; i++) worker(slow, 0.2);
    const answered = worker(single, 0.2);
    await clock.advance(20_000);
    assert.ok(slow.counts.runMs / flooded.counts.runMs > 0.6, `${slow.counts.runMs} ${flooded.counts.runMs}`);
    assert.ok(flooded.counts.runMs / slow.counts.runMs > 0.6, `${slow.counts.runMs} ${flooded.counts.runMs}`);
    // one picture of `single` waits for at most one run of each of the others
    assert.ok(
      Math.max(...answered.slice(3)) <= 1.05 * (5 * (4 + 8) + (4 + 16) + 5) + 10,
      `${Math.max(...answered)}`,
    );
  });

  it('answers what waits with an error when it is closed', async () => {
    const { clock, queue, batcher } = device(5, 1);
    const model = queue();
    const answers: Array<EngineError | undefined> = [];
    for (let i = 0; i < 20; i++) model.submit({ atMs: 0, answer: (error) => answers.push(error) });
    const closed = batcher.close();
    await clock.advance(100);
    await closed;
    assert.equal(answers.length, 20);
    assert.equal(answers.at(-1)?.code, 'MODEL_FAILED');
  });
});
