import { Tensor } from 'onnxruntime-node';
import { EngineError } from '../../errors.ts';

/** ONNX Runtime's binding takes half precision as bits only, which Tensor would turn into a Float16Array. */
export function halfTensor(bits: Uint16Array, dims: readonly number[]): Tensor {
  return Object.defineProperty(new Tensor('float16', bits, dims), 'data', { value: bits });
}

/**
 * The numbers of an output.
 *
 * @throws EngineError MODEL_SHAPE when they are no numbers
 */
export function numbersOf({ type, data }: Tensor, model: string, name: string): Float32Array | Float64Array {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  const length = (data as ArrayLike<unknown>).length;
  if (type === 'float16') {
    const numbers = new Float32Array(length);
    numbers.set(data as ArrayLike<number>);
    return numbers;
  }
  const numbers = new Float64Array(length);
  if (data instanceof BigInt64Array) {
    // by halves: a BigInt for each number would burden the garbage collector
    const words = new Int32Array(data.buffer, data.byteOffset, 2 * length);
    for (let i = 0; i < length; i++) numbers[i] = words[2 * i + 1] * 2 ** 32 + (words[2 * i] >>> 0);
    return numbers;
  }
  if (type === 'int32' || type === 'uint8' || type === 'int8' || type === 'bool') {
    numbers.set(data as ArrayLike<number>);
    return numbers;
  }
  throw new EngineError('MODEL_SHAPE', `model ${model} answers ${name} as ${type}: expected numbers`);
}
