import { createHash } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { DeviceQueueStatus } from '../../../device-status.ts';
import type { Logger } from '../../../observe/logger.ts';
import type { OpenRunner, RunnerSpec } from '../runner.ts';
import type { BatchLimits } from './batch-policy.ts';
import { DeviceBatcher } from './device-batcher.ts';
import { DeviceModel } from './device-model.ts';
import { sharedClock } from './monotonic.ts';
import { ServedLink } from './served-link.ts';

export interface DeviceSettings extends BatchLimits {
  /** Pictures that one worker may have under way, for each model and size. */
  readonly slotsPerWorker: number;
}

interface Opened {
  readonly model: Promise<DeviceModel>;
  /** Once it is open. */
  ready: DeviceModel | undefined;
  holders: number;
}

/** The thread of a device: takes pictures from all analysis workers, each over a link of its own. */
export class DeviceServer {
  readonly #batcher: DeviceBatcher;
  readonly #open: OpenRunner;
  readonly #settings: DeviceSettings;
  readonly #log: Logger;
  readonly #models = new Map<string, Opened>();
  readonly #links = new Set<ServedLink>();

  /** @param open opens a session on this thread, on the device */
  constructor(open: OpenRunner, settings: DeviceSettings, log: Logger) {
    this.#open = open;
    this.#settings = settings;
    this.#log = log;
    this.#batcher = new DeviceBatcher(sharedClock, log);
  }

  /** Serves a worker until its end of the port closes. */
  connect(port: MessagePort): void {
    const link = new ServedLink(port, this.#settings.slotsPerWorker, {
      open: (spec) => this.#hold(spec),
      release: (key) => this.#release(key),
      closed: () => this.#links.delete(link),
    });
    this.#links.add(link);
  }

  status(): DeviceQueueStatus[] {
    const all: DeviceQueueStatus[] = [];
    for (const { ready } of this.#models.values()) {
      for (const [input, { queue }] of ready?.queues ?? []) {
        const { model, provider } = ready as DeviceModel;
        const { maxBatch } = queue.policy;
        all.push({ model, provider, input, maxBatch, waiting: queue.waiting, ...queue.counts });
      }
    }
    return all;
  }

  async close(): Promise<void> {
    await this.#batcher.close();
    for (const link of this.#links) link.close();
    for (const { model } of this.#models.values()) await (await model.catch(() => undefined))?.release();
    this.#models.clear();
  }

  /** Opens a model, once for all workers that use the same file in the same way. */
  async #hold(spec: RunnerSpec): Promise<{ key: string; model: DeviceModel }> {
    const { bytes, ...use } = spec;
    const key = createHash('sha256').update(bytes).update(JSON.stringify(use)).digest('hex');
    let opened = this.#models.get(key);
    if (!opened) {
      const model = DeviceModel.open(spec, this.#open, this.#batcher, this.#settings, this.#log);
      opened = { model, ready: undefined, holders: 0 };
      this.#models.set(key, opened);
    }
    opened.holders++;
    try {
      opened.ready = await opened.model;
      return { key, model: opened.ready };
    } catch (err) {
      if (this.#models.get(key) === opened) this.#models.delete(key);
      throw err;
    }
  }

  #release(key: string): void {
    const opened = this.#models.get(key);
    if (!opened || --opened.holders > 0) return;
    this.#models.delete(key);
    opened.model
      .then((model) => model.release())
      .catch((err) => this.#log.warn({ err }, 'releasing a model failed'));
  }
}
