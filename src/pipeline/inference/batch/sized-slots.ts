import type { EngineError } from '../../../errors.ts';
import type { InputSize } from '../../letterbox.ts';
import type { RawOutput, RunnerPicture } from '../runner.ts';
import { type Slot, type SlotMemory, slotsOf } from './slots.ts';

/** A worker's slots for pictures of one model and size. Who finds none free waits for one: that is the backpressure. */
export class SizedSlots {
  readonly size: InputSize;
  readonly #slots: readonly Slot[];
  readonly #submit: (slot: number, picture: RunnerPicture) => void;
  readonly #free: number[];
  readonly #waiting: Array<(slot: number) => void> = [];
  readonly #running: Array<PromiseWithResolvers<void> | undefined> = [];
  #failure: EngineError | undefined;

  constructor(memory: SlotMemory, submit: (slot: number, picture: RunnerPicture) => void) {
    this.size = memory.size;
    this.#slots = slotsOf(memory);
    this.#submit = submit;
    this.#free = this.#slots.map((_, slot) => slot);
  }

  async run(picture: RunnerPicture): Promise<readonly RawOutput[]> {
    const slot = await this.#take();
    try {
      await this.#run(slot, picture);
      return this.#slots[slot].outputs;
    } finally {
      // after the caller, which runs before any other event, has read the outputs
      setImmediate(() => this.#release(slot));
    }
  }

  /** Their outputs are gathered behind each other, as of one batch. */
  async runAll(pictures: readonly RunnerPicture[]): Promise<readonly RawOutput[]> {
    const gathered = this.#slots[0].outputs.map(({ name, data, dims }) => ({
      name,
      data: new (data instanceof Float64Array ? Float64Array : Float32Array)(data.length * pictures.length),
      dims: [pictures.length, ...dims.slice(1)],
    }));
    const one = async (picture: RunnerPicture, index: number): Promise<void> => {
      const slot = await this.#take();
      try {
        await this.#run(slot, picture);
        for (const [k, { data }] of this.#slots[slot].outputs.entries()) {
          gathered[k].data.set(data, index * data.length);
        }
      } finally {
        this.#release(slot);
      }
    };
    const results = await Promise.allSettled(pictures.map(one));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return gathered;
  }

  answered(slot: number, error: EngineError | undefined): void {
    const running = this.#running[slot];
    this.#running[slot] = undefined;
    if (error) running?.reject(error);
    else running?.resolve();
  }

  /** The device is gone: nothing will be answered any more. */
  fail(error: EngineError): void {
    this.#failure = error;
    for (const slot of this.#slots.keys()) this.answered(slot, error);
  }

  #take(): Promise<number> {
    const slot = this.#free.pop();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(slot: number): void {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#free.push(slot);
  }

  #run(slot: number, picture: RunnerPicture): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    const { planes } = this.#slots[slot];
    for (let channel = 0; channel < 3; channel++) planes[channel].set(picture.planes[channel]);
    const running = Promise.withResolvers<void>();
    this.#running[slot] = running;
    this.#submit(slot, picture);
    return running.promise;
  }
}
