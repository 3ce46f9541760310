import { EngineError, messageOf } from '../../../errors.ts';
import type { Logger } from '../../../observe/logger.ts';
import type { Provider } from '../../../providers.ts';
import type { InputSize } from '../../letterbox.ts';
import type { OpenRunner, RawOutput, Runner, RunnerPicture, RunnerSpec } from '../runner.ts';
import type { BatchLimits } from './batch-policy.ts';
import type { BatchExecutor, BatchJob, BatchQueue } from './batch-queue.ts';
import type { DeviceBatcher } from './device-batcher.ts';
import { monotonicMs } from './monotonic.ts';
import type { SlotOutput } from './slots.ts';

/** A picture in a slot. */
export interface SlotJob extends BatchJob {
  readonly picture: RunnerPicture;
  /** Where its share of the outputs goes. */
  readonly outputs: readonly RawOutput[];
}

/** Pictures of one size, ready to be run in batches. */
export interface DeviceQueue {
  readonly queue: BatchQueue<SlotJob>;
  readonly outputs: readonly SlotOutput[];
}

/** One model on the device, opened once for all workers, with a queue for each size it is given pictures in. */
export class DeviceModel {
  readonly model: string;
  readonly provider: Provider;
  readonly queues = new Map<string, DeviceQueue>();
  readonly #spec: RunnerSpec;
  readonly #open: OpenRunner;
  readonly #batcher: DeviceBatcher;
  readonly #limits: BatchLimits;
  readonly #log: Logger;
  readonly #preparing = new Map<string, Promise<DeviceQueue>>();
  readonly #sizes: InputSize[] = [];
  #runner: Runner | undefined;

  private constructor(
    spec: RunnerSpec,
    runner: Runner,
    open: OpenRunner,
    batcher: DeviceBatcher,
    limits: BatchLimits,
    log: Logger,
  ) {
    this.model = spec.model;
    this.provider = runner.provider;
    this.#spec = spec;
    this.#runner = runner;
    this.#open = open;
    this.#batcher = batcher;
    this.#limits = { ...limits, maxBatch: Math.max(1, Math.min(limits.maxBatch, spec.maxBatch)) };
    this.#log = log;
  }

  /** @param open opens a session on this thread, on the device */
  static async open(
    spec: RunnerSpec,
    open: OpenRunner,
    batcher: DeviceBatcher,
    limits: BatchLimits,
    log: Logger,
  ): Promise<DeviceModel> {
    return new DeviceModel(spec, await open(spec), open, batcher, limits, log);
  }

  /** Makes ready for pictures of `size`, in every size of batch: what a device tunes for each is done before traffic comes. */
  prepare(size: InputSize): Promise<DeviceQueue> {
    const key = `${size.width}x${size.height}`;
    let preparing = this.#preparing.get(key);
    if (!preparing) {
      preparing = this.#prepare(size, key);
      this.#preparing.set(key, preparing);
      preparing.catch(() => this.#preparing.delete(key));
    }
    return preparing;
  }

  async release(): Promise<void> {
    for (const { queue } of this.queues.values()) this.#batcher.remove(queue);
    this.queues.clear();
    const runner = this.#runner;
    this.#runner = undefined;
    await runner?.release();
  }

  async #prepare(size: InputSize, key: string): Promise<DeviceQueue> {
    await this.#ready().prepare(size);
    const executor: BatchExecutor<SlotJob> = {
      model: this.model,
      run: (jobs, batch) => this.#run(jobs, batch),
      renew: () => this.#renew(),
    };
    const queue = this.#batcher.add(executor, this.#limits);
    try {
      const outputs = await this.#warmUp(queue, size);
      const prepared = { queue, outputs };
      this.#sizes.push(size);
      this.queues.set(key, prepared);
      return prepared;
    } catch (err) {
      this.#batcher.remove(queue);
      throw err;
    }
  }

  /** Two runs of each batch size, the second timed, until one takes too long, too much memory, or is not understood. */
  async #warmUp({ policy }: BatchQueue<SlotJob>, size: InputSize): Promise<SlotOutput[]> {
    const area = size.width * size.height;
    const blank = new Uint8Array(area).fill(114);
    const picture: RunnerPicture = {
      planes: [blank, blank, blank],
      size,
      sourceWidth: size.width,
      sourceHeight: size.height,
    };
    let outputs: SlotOutput[] = [];
    for (const batch of policy.sizes) {
      const pictures = Array.from({ length: batch }, () => picture);
      try {
        await this.#ready().run(pictures);
        const startedMs = monotonicMs();
        const raw = await this.#ready().run(pictures);
        const tookMs = monotonicMs() - startedMs;
        if (batch === 1) outputs = raw.map(slotOutput);
        else for (const [k, output] of raw.entries()) this.#share(output, outputs[k].length, batch);
        policy.times.observe(batch, tookMs);
        if (tookMs > this.#limits.maxRunMs) break;
      } catch (err) {
        if (batch === 1) throw err;
        policy.limitTo(Math.floor(batch / 2));
        const { maxBatch } = policy;
        this.#log.warn(
          { model: this.model, batch, maxBatch, reason: messageOf(err) },
          'the model does not run in batches of this size',
        );
        break;
      }
    }
    const { overheadMs, pictureMs } = policy.times;
    const { maxBatch } = policy;
    this.#log.info(
      { model: this.model, provider: this.provider, ...size, maxBatch, overheadMs, pictureMs },
      'model ready on the device',
    );
    return outputs;
  }

  async #run(jobs: readonly SlotJob[], batch: number): Promise<void> {
    const pictures: RunnerPicture[] = [];
    for (let i = 0; i < batch; i++) pictures.push(jobs[Math.min(i, jobs.length - 1)].picture);
    const raw = await this.#ready().run(pictures);
    for (const [k, output] of raw.entries()) {
      const each = this.#share(output, jobs[0].outputs[k].data.length, batch);
      for (const [i, { outputs }] of jobs.entries()) {
        outputs[k].data.set(output.data.subarray(i * each, (i + 1) * each));
      }
    }
  }

  /** Numbers of one picture in an output of a batch. @throws EngineError MODEL_SHAPE when they are not as in a run of one */
  #share({ name, data, dims }: RawOutput, expected: number, batch: number): number {
    if (data.length === expected * batch && (batch === 1 || dims[0] === batch)) return expected;
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${this.model} answers ${name} [${dims.join(',')}] to ${batch} pictures: expected ${batch} x ${expected} numbers`,
    );
  }

  /** A new session in the place of one that failed: what it held is given back. */
  async #renew(): Promise<void> {
    const failed = this.#runner;
    this.#runner = undefined;
    await failed?.release();
    const runner = await this.#open(this.#spec);
    try {
      for (const size of this.#sizes) await runner.prepare(size);
    } catch (err) {
      await runner.release();
      throw err;
    }
    this.#runner = runner;
    this.#log.info({ model: this.model, provider: runner.provider }, 'model opened anew on the device');
  }

  #ready(): Runner {
    if (this.#runner) return this.#runner;
    throw new EngineError('MODEL_FAILED', `model ${this.model} is being opened anew: its device failed`);
  }
}

function slotOutput({ name, data, dims }: RawOutput): SlotOutput {
  return { name, dims: [...dims], double: data instanceof Float64Array, length: data.length };
}
