import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { pino } from 'pino';
import type { DeviceQueueStatus } from '../../../../src/device-status.ts';
import { findModel } from '../../../../src/models/resolve.ts';
import { Detector } from '../../../../src/pipeline/detector.ts';
import { CPU_ONLY, Sessions } from '../../../../src/pipeline/inference/providers.ts';
import type { OpenRunner, RunnerPicture, RunnerSpec } from '../../../../src/pipeline/inference/runner.ts';
import { openSessionRunner } from '../../../../src/pipeline/inference/session-runner.ts';
import type { InputSize } from '../../../../src/pipeline/letterbox.ts';
import { Embedder } from '../../../../src/pipeline/reid/embedder.ts';
import type { Provider } from '../../../../src/providers.ts';
import { DeviceHandle } from '../../../../src/vision/device-handle.ts';
import { missingSharedData, SHARED_DATA } from '../../../support/shared-data.ts';
import { waitFor } from '../../../support/wait-for.ts';
import type { PictureWorkerData } from './picture-worker.ts';

const log = pino({ level: 'silent' });
const WORKERS = 2;
const PICTURES = 8;
const MAX_BATCH = 4;
/** Fewer than a batch: a full one is of several workers. */
const IN_FLIGHT = 3;
/** A GPU's, where a developer has one; the CPU stands in for it elsewhere. */
const PROVIDER = (process.env.SIGHTLINE_TEST_PROVIDER ?? 'cpu') as Provider;

/** What the detector or embedder asks of its runner, and its results on this thread. */
async function single(name: string, load: typeof Detector.load | typeof Embedder.load) {
  let spec: RunnerSpec | undefined;
  let size: InputSize | undefined;
  const here = openSessionRunner(new Sessions(CPU_ONLY, log));
  const open: OpenRunner = async (wanted) => {
    spec = wanted;
    const runner = await here(wanted);
    return {
      ...runner,
      provider: runner.provider,
      prepare: (prepared) => {
        size ??= prepared;
        return runner.prepare(prepared);
      },
      run: (pictures) => runner.run(pictures),
      release: () => runner.release(),
    };
  };
  const loaded = await load(await findModel(name, `${SHARED_DATA}models`), open, log);
  await loaded.release();
  assert.ok(spec && size);
  const runner = await here(spec);
  await runner.prepare(size);
  return { spec, size, runner };
}

/** Pictures with something on them: blocks at places and of colours that follow from `seed`. */
function pictures(size: InputSize, seed: number): RunnerPicture[] {
  const { width, height } = size;
  return Array.from({ length: PICTURES }, (_, n) => {
    const planes = [0, 1, 2].map((channel) => {
      const plane = new Uint8Array(new SharedArrayBuffer(width * height));
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const block = Math.floor((x + 17 * n) / 40) * 31 + Math.floor((y + 11 * seed) / 28) * 57;
          plane[y * width + x] = (block * (channel + 3) + seed * 13 + n * 7) & 255;
        }
      }
      return plane;
    });
    return {
      planes: [planes[0], planes[1], planes[2]] as const,
      size,
      sourceWidth: 640 + 32 * n + seed,
      sourceHeight: 480 + 16 * n,
    };
  });
}

describe('a batched runner, with threads', {
  skip: missingSharedData('models/deimv2_femto_coco.onnx', 'models/osnet_x0_25_msmt17.onnx'),
}, () => {
  for (const [name, load] of [
    ['deimv2-femto', Detector.load],
    ['osnet-x0-25', Embedder.load],
    ['yolox-nano', Detector.load],
  ] as const) {
    it(`answers each picture of each worker what a run of it alone answers: ${name}`, async (t) => {
      const { spec, size, runner } = await single(name, load);
      t.after(() => runner.release());
      const lost: string[] = [];
      const device = new DeviceHandle(
        {
          providers: [PROVIDER],
          deviceId: 0,
          maxBatch: MAX_BATCH,
          maxWaitMs: 5,
          maxRunMs: 10_000,
          slotsPerWorker: IN_FLIGHT,
          logging: { level: 'silent', format: 'json' },
        },
        (reason) => lost.push(reason),
      );
      t.after(() => device.stop());
      /** The last that was told; nothing is told of a model that is released. */
      let queue: DeviceQueueStatus | undefined;
      const threads = await Promise.all(
        Array.from({ length: WORKERS }, async (_, index) => {
          const { port1, port2 } = new MessageChannel();
          device.link(port1);
          const given = pictures(size, index);
          const workerData: PictureWorkerData = { link: port2, spec, pictures: given, inFlight: IN_FLIGHT };
          const worker = new Worker(new URL('./picture-worker.ts', import.meta.url), {
            workerData,
            transferList: [port2],
          });
          t.after(() => worker.postMessage('end')); // also of one whose answers are wrong
          const [{ provider }] = await once(worker, 'message');
          assert.equal(provider, PROVIDER);
          return { worker, given, exited: once(worker, 'exit') };
        }),
      );
      const answers = threads.map(({ worker }) => once(worker, 'message'));
      for (const { worker } of threads) worker.postMessage('go');
      for (const [index, { given }] of threads.entries()) {
        const [{ outputs, together }] = await answers[index];
        assert.equal(outputs.length, PICTURES);
        for (const [n, picture] of given.entries()) {
          const expected = await runner.run([picture]);
          for (const [k, { data, dims }] of expected.entries()) {
            assert.deepEqual(outputs[n][k].dims, dims);
            assertClose(outputs[n][k].data, data, `${name} ${index}/${n}`);
            const part = together[k].data.slice(n * data.length, (n + 1) * data.length);
            assertClose(part, data, `${name} ${index}/${n} together`);
          }
        }
        assert.deepEqual(together[0].dims, [PICTURES, ...outputs[0][0].dims.slice(1)]);
      }
      await waitFor('the counts of the device', () => {
        queue = device.queues[0];
        return queue?.pictures === 2 * WORKERS * PICTURES;
      });
      assert.equal(queue?.largest, Math.min(MAX_BATCH, spec.maxBatch));
      assert.equal(queue?.failed, 0);
      for (const { worker } of threads) worker.postMessage('end');
      for (const { exited } of threads) await exited;
      await waitFor('the device to have released the model', () => device.queues.length === 0);
      assert.deepEqual(lost, []);
    });
  }
});

/** Equal but for the order in which a provider sums up. */
function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  let scale = 1e-3;
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  assert.ok(worst <= 1e-3 * scale, `${what}: off by ${worst} of ${scale}`);
}
