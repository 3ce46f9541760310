import type { MessagePort } from 'node:worker_threads';
import { EngineError, messageOf } from '../../../errors.ts';
import type { InputSize } from '../../letterbox.ts';
import type { RunnerSpec } from '../runner.ts';
import type { DeviceModel, DeviceQueue, SlotJob } from './device-model.ts';
import type { Failure, FromDevice, ToDevice } from './link-protocol.ts';
import { allocateSlots, slotsOf } from './slots.ts';

export interface LinkContext {
  open(spec: RunnerSpec): Promise<{ key: string; model: DeviceModel }>;
  release(key: string): void;
  closed(): void;
}

/** One worker, as the device's thread sees it. */
export class ServedLink {
  readonly #port: MessagePort;
  readonly #slotCount: number;
  readonly #context: LinkContext;
  readonly #runners = new Map<number, { key: string; model: DeviceModel }>();
  /** Empty places are those of released runners. */
  readonly #queues: Array<{ runner: number; device: DeviceQueue; jobs: LinkJob[] } | undefined> = [];
  #nextRunner = 1;
  #closed = false;

  constructor(port: MessagePort, slotCount: number, context: LinkContext) {
    this.#port = port;
    this.#slotCount = slotCount;
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
    const slots = allocateSlots(this.#slotCount, size, device.outputs);
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
