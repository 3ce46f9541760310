import type { InputSize } from '../../letterbox.ts';
import type { RawOutput } from '../runner.ts';

/** What one picture's share of an output looks like in a slot. */
export interface SlotOutput {
  readonly name: string;
  /** Of a batch of one. */
  readonly dims: readonly number[];
  readonly double: boolean;
  readonly length: number;
}

/** Slots of one worker for pictures of one model and size, in memory that it shares with the device's thread. */
export interface SlotMemory {
  readonly memory: SharedArrayBuffer;
  readonly count: number;
  readonly size: InputSize;
  readonly outputs: readonly SlotOutput[];
}

/** A picture on its way to the device and back: bytes B, G, R in, a quarter of the numbers they become; outputs out. */
export interface Slot {
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly outputs: ReadonlyArray<RawOutput>;
}

export function allocateSlots(count: number, size: InputSize, outputs: readonly SlotOutput[]): SlotMemory {
  return { memory: new SharedArrayBuffer(count * slotBytes(size, outputs)), count, size, outputs };
}

/** Views of every slot, made once on each side. */
export function slotsOf({ memory, count, size, outputs }: SlotMemory): Slot[] {
  const area = size.width * size.height;
  const bytes = slotBytes(size, outputs);
  return Array.from({ length: count }, (_, index) => {
    const at = index * bytes;
    const plane = (channel: number) => new Uint8Array(memory, at + channel * area, area);
    let next = at + aligned(3 * area);
    const views = outputs.map(({ name, dims, double, length }) => {
      const data = double ? new Float64Array(memory, next, length) : new Float32Array(memory, next, length);
      next += aligned(data.byteLength);
      return { name, dims, data };
    });
    return { planes: [plane(0), plane(1), plane(2)], outputs: views };
  });
}

function slotBytes({ width, height }: InputSize, outputs: readonly SlotOutput[]): number {
  let bytes = aligned(3 * width * height);
  for (const { double, length } of outputs) bytes += aligned(length * (double ? 8 : 4));
  return bytes;
}

/** Doubles lie at multiples of 8, and slots of two threads not in one cache line. */
function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
