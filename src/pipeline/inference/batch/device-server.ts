import { createHash } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { DeviceQueueStatus } from '../../../device-status.ts';
import { EngineError, messageOf } from '../../../errors.ts';
import type { Logger } from '../../../observe/logger.ts';
import type { InputSize } from '../../letterbox.ts';
import type { OpenRunner, RunnerSpec } from '../runner.ts';
import type { BatchLimits } from './batch-policy.ts';
import { DeviceBatcher } from './device-batcher.ts';
import { DeviceModel, type DeviceQueue, type SlotJob } from './device-model.ts';
import type { Failure, FromDevice, ToDevice } from './link-protocol.ts';
import { sharedClock } from './monotonic.ts';
import { allocateSlots, slotsOf } from './slots.ts';

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
  readonly #links = new Set<Link>();

  /** @param open opens a session on this thread, on the device */
  constructor(open: OpenRunner, settings: DeviceSettings, log: Logger) {
    this.#open = open;
    this.#settings = settings;
    this.#log = log;
    this.#batcher = new DeviceBatcher(sharedClock, log);
  }

  /** Serves a worker until its end of the port closes. */
  connect(port: MessagePort): void {
    const link = new Link(port, this.#settings, {
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

interface LinkContext {
  open(spec: RunnerSpec): Promise<{ key: string; model: DeviceModel }>;
  release(key: string): void;
  closed(): void;
}

/** One worker, as the device's thread sees it. */
class Link {
  readonly #port: MessagePort;
  readonly #settings: DeviceSettings;
  readonly #context: LinkContext;
  readonly #runners = new Map<number, { key: string; model: DeviceModel }>();
  /** Empty places are those of released runners. */
  readonly #queues: Array<{ runner: number; device: DeviceQueue; jobs: LinkJob[] } | undefined> = [];
  #nextRunner = 1;
  #closed = false;

  constructor(port: MessagePort, settings: DeviceSettings, context: LinkContext) {
    this.#port = port;
    this.#settings = settings;
    this.#context = context;
    port.on('message', (message: ToDevice) => this.#take(message));
    port.once('close', () => this.close());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#context.closed();
    for (const place of this.#queues) {
      place?.device.queue.withdraw((job) => place.jobs.includes(job as LinkJob));
    }
    for (const { key } of this.#runners.values()) this.#context.release(key);
    this.#runners.clear();
    this.#port.close();
  }

  #take(message: ToDevice): void {
    switch (message.type) {
      case 'run': {
        const place = this.#queues[message.queue];
        place?.device.queue.submit(place.jobs[message.slot].begin(message));
        break;
      }
      case 'open':
        this.#answer(message.request, async () => {
          const opened = await this.#context.open(message.spec);
          const runner = this.#nextRunner++;
          this.#runners.set(runner, opened);
          // the worker ended while its model was loaded
          if (this.#closed) this.#context.release(opened.key);
          return { type: 'opened', request: message.request, runner, provider: opened.model.provider };
        });
        break;
      case 'prepare':
        this.#answer(message.request, () => this.#prepare(message.request, message.runner, message.size));
        break;
      case 'release': {
        const held = this.#runners.get(message.runner);
        this.#runners.delete(message.runner);
        if (held) this.#context.release(held.key);
        // with them goes the memory of their slots
        for (const [queue, place] of this.#queues.entries()) {
          if (place?.runner === message.runner) this.#queues[queue] = undefined;
        }
      }
    }
  }

  async #prepare(request: number, runner: number, size: InputSize): Promise<FromDevice> {
    const held = this.#runners.get(runner);
    if (!held) throw new EngineError('INTERNAL', `runner ${runner} was released before it was prepared`);
    const device = await held.model.prepare(size);
    const slots = allocateSlots(this.#settings.slotsPerWorker, size, device.outputs);
    const queue = this.#queues.length;
    const post = (message: FromDevice): void => this.#port.postMessage(message);
    const jobs = slotsOf(slots).map(({ planes, outputs }, slot) => {
      const picture = { planes, size, sourceWidth: 0, sourceHeight: 0 };
      return new LinkJob(picture, outputs, (failure) => post({ type: 'answer', queue, slot, failure }));
    });
    this.#queues.push({ runner, device, jobs });
    return { type: 'prepared', request, queue, slots };
  }

  #answer(request: number, work: () => Promise<FromDevice>): void {
    work()
      .catch((err): FromDevice => ({ type: 'refused', request, failure: failureOf(err) }))
      .then((message) => this.#port.postMessage(message));
  }
}

/** The picture that is in a slot; one object a slot, used again for every picture. */
class LinkJob implements SlotJob {
  atMs = 0;
  readonly picture: { -readonly [K in keyof SlotJob['picture']]: SlotJob['picture'][K] };
  readonly outputs: SlotJob['outputs'];
  readonly #answered: (failure?: Failure) => void;

  constructor(
    picture: SlotJob['picture'],
    outputs: SlotJob['outputs'],
    answered: (failure?: Failure) => void,
  ) {
    this.picture = picture;
    this.outputs = outputs;
    this.#answered = answered;
  }

  begin({ sourceWidth, sourceHeight, atMs }: Extract<ToDevice, { type: 'run' }>): this {
    this.picture.sourceWidth = sourceWidth;
    this.picture.sourceHeight = sourceHeight;
    this.atMs = atMs;
    return this;
  }

  answer(error?: EngineError): void {
    this.#answered(error && failureOf(error));
  }
}

function failureOf(err: unknown): Failure {
  return { code: err instanceof EngineError ? err.code : 'MODEL_FAILED', message: messageOf(err) };
}
