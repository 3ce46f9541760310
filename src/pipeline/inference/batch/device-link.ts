import type { MessagePort } from 'node:worker_threads';
import { EngineError } from '../../../errors.ts';
import type { Logger } from '../../../observe/logger.ts';
import type { Provider } from '../../../providers.ts';
import type { InputSize } from '../../letterbox.ts';
import type { OpenRunner, RawOutput, Runner, RunnerPicture, RunnerSpec } from '../runner.ts';
import type { Failure, FromDevice, ToDevice } from './link-protocol.ts';
import { monotonicMs } from './monotonic.ts';
import { SizedSlots } from './sized-slots.ts';

type Answer = Extract<FromDevice, { readonly request: number }>;
/** A message that is answered, before it has its number. */
type Question = { type: 'open'; spec: RunnerSpec } | { type: 'prepare'; runner: number; size: InputSize };

/** An analysis worker's way to the device: opens runners that hand their pictures to its thread. */
export class DeviceLink {
  readonly #port: MessagePort;
  readonly #fallback: OpenRunner | undefined;
  readonly #log: Logger;
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>();
  /** By queue; empty places are those of released runners. */
  readonly #sized: Array<{ runner: number; slots: SizedSlots } | undefined> = [];
  #nextRequest = 1;
  #gone = false;

  /** @param fallback opens what the device does not take, on this thread; absent where the user wants the device only */
  constructor(port: MessagePort, fallback: OpenRunner | undefined, log: Logger) {
    this.#port = port;
    this.#fallback = fallback;
    this.#log = log;
    port.on('message', (message: FromDevice) => this.#take(message));
    port.once('close', () => this.#lost());
  }

  /** An `OpenRunner`. */
  readonly open = async (spec: RunnerSpec): Promise<Runner> => {
    try {
      const answer = await this.#ask({ type: 'open', spec });
      if (answer.type !== 'opened') throw unexpected(answer);
      return new BatchedRunner(spec.model, answer.provider, {
        prepare: (size) => this.#prepare(answer.runner, size),
        release: () => this.#release(answer.runner),
      });
    } catch (err) {
      if (!this.#fallback || !(err instanceof EngineError)) throw err;
      const runner = await this.#fallback(spec);
      this.#log.warn(
        { model: spec.model, provider: runner.provider, reason: err.message },
        'the device does not take the model: it runs in the workers',
      );
      return runner;
    }
  };

  close(): void {
    this.#port.close();
  }

  async #prepare(runner: number, size: InputSize): Promise<SizedSlots> {
    const answer = await this.#ask({ type: 'prepare', runner, size });
    if (answer.type !== 'prepared') throw unexpected(answer);
    const { queue, slots } = answer;
    const sized = new SizedSlots(slots, (slot, { sourceWidth, sourceHeight }) =>
      this.#send({ type: 'run', queue, slot, sourceWidth, sourceHeight, atMs: monotonicMs() }),
    );
    this.#sized[queue] = { runner, slots: sized };
    if (this.#gone) sized.fail(deviceGone());
    return sized;
  }

  #release(runner: number): void {
    this.#send({ type: 'release', runner });
    for (const [queue, sized] of this.#sized.entries()) {
      if (sized?.runner !== runner) continue;
      sized.slots.fail(
        new EngineError('MODEL_FAILED', 'the model was released while a picture was under way'),
      );
      this.#sized[queue] = undefined;
    }
  }

  async #ask(question: Question): Promise<Answer> {
    if (this.#gone) throw deviceGone();
    const request = this.#nextRequest++;
    const answered = Promise.withResolvers<Answer>();
    this.#asked.set(request, answered);
    this.#send({ ...question, request });
    const answer = await answered.promise;
    if (answer.type === 'refused') throw errorOf(answer.failure);
    return answer;
  }

  #send(message: ToDevice): void {
    this.#port.postMessage(message);
  }

  #take(message: FromDevice): void {
    if (message.type === 'answer') {
      const failure = message.failure && errorOf(message.failure);
      this.#sized[message.queue]?.slots.answered(message.slot, failure);
      return;
    }
    this.#asked.get(message.request)?.resolve(message);
    this.#asked.delete(message.request);
  }

  #lost(): void {
    this.#gone = true;
    for (const { reject } of this.#asked.values()) reject(deviceGone());
    this.#asked.clear();
    for (const sized of this.#sized) sized?.slots.fail(deviceGone());
  }
}

interface RunnerLink {
  prepare(size: InputSize): Promise<SizedSlots>;
  release(): void;
}

class BatchedRunner implements Runner {
  readonly provider: Provider;
  readonly #model: string;
  readonly #link: RunnerLink;
  readonly #sizes: SizedSlots[] = [];

  constructor(model: string, provider: Provider, link: RunnerLink) {
    this.#model = model;
    this.provider = provider;
    this.#link = link;
  }

  async prepare(size: InputSize): Promise<void> {
    if (!this.#find(size)) this.#sizes.push(await this.#link.prepare(size));
  }

  /**
   * Several runs may be under way at a time, each of one camera. What one answers is valid until the caller gives
   * the thread up to another event.
   */
  async run(pictures: readonly RunnerPicture[]): Promise<readonly RawOutput[]> {
    const { size } = pictures[0];
    const sized = this.#find(size);
    if (!sized) {
      const { width, height } = size;
      throw new EngineError('MODEL_SHAPE', `model ${this.#model} has no input ${width}x${height}`);
    }
    return pictures.length === 1 ? sized.run(pictures[0]) : sized.runAll(pictures);
  }

  async release(): Promise<void> {
    this.#link.release();
  }

  #find({ width, height }: InputSize): SizedSlots | undefined {
    return this.#sizes.find(({ size }) => size.width === width && size.height === height);
  }
}

function errorOf({ code, message }: Failure): EngineError {
  return new EngineError(code, message);
}

function deviceGone(): EngineError {
  return new EngineError('MODEL_FAILED', "the device's thread ended: the vision node is about to restart");
}

function unexpected({ type }: Answer): EngineError {
  return new EngineError('INTERNAL', `the device answered ${type}`);
}
