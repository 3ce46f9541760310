import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { pino } from 'pino';
import { DeviceLink } from '../../../../src/pipeline/inference/batch/device-link.ts';
import type { RunnerPicture, RunnerSpec } from '../../../../src/pipeline/inference/runner.ts';

/** A thread that hands pictures to a device, as analysis workers do; the entry of a test. */
export interface PictureWorkerData {
  readonly link: MessagePort;
  readonly spec: RunnerSpec;
  readonly pictures: readonly RunnerPicture[];
  /** Pictures handed over before the first is answered. */
  readonly inFlight: number;
}

if (parentPort) {
  const port: MessagePort = parentPort as MessagePort;
  const { link, spec, pictures, inFlight } = workerData as PictureWorkerData;
  const device = new DeviceLink(link, undefined, pino({ level: 'silent' }));
  const runner = await device.open(spec);
  await runner.prepare(pictures[0].size);
  port.postMessage({ provider: runner.provider });
  port.once('message', async () => {
    const outputs: Array<{ data: number[]; dims: number[] }[]> = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < pictures.length) {
        const index = next++;
        const raw = await runner.run([pictures[index]]);
        outputs[index] = raw.map(({ data, dims }) => ({ data: Array.from(data), dims: [...dims] }));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    const together = await runner.run(pictures);
    port.postMessage({
      outputs,
      together: together.map(({ data, dims }) => ({ data: Array.from(data), dims: [...dims] })),
    });
    port.once('message', async () => {
      await runner.release();
      device.close();
      port.close();
    });
  });
}
