/**
 * Writes small ONNX files by hand (onnx.proto over the protobuf wire format), so that tests have networks of any
 * signature whose answers are known.
 */

export type OnnxType = 'float32' | 'float16' | 'int64' | 'uint8';
const TYPES: Record<OnnxType, number> = { float32: 1, uint8: 2, int64: 7, float16: 10 };

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  /** A text is a symbol: any size. */
  readonly dims: ReadonlyArray<number | string>;
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers become `i`, lists of numbers `ints`. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxConstant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface OnnxGraph {
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
  readonly nodes: readonly OnnxNode[];
  readonly constants?: readonly OnnxConstant[];
  /** Constants listed among the inputs too, as old exporters do. */
  readonly constantsAsInputs?: boolean;
}

/** IR version 8 and operator set 13: what every ONNX Runtime of the last years loads. */
export function onnxModel({ inputs, outputs, nodes, constants = [], constantsAsInputs }: OnnxGraph): Buffer {
  const listed: readonly OnnxTensor[] = constantsAsInputs
    ? constants.map(({ name, dims, data }) => ({
        name,
        dims,
        type: data instanceof Float32Array ? 'float32' : 'int64',
      }))
    : [];
  const graph = Buffer.concat([
    ...nodes.map((node) => message(1, nodeProto(node))),
    message(2, Buffer.from('graph')),
    ...constants.map((constant) => message(5, tensorProto(constant))),
    ...[...inputs, ...listed].map((tensor) => message(11, valueInfo(tensor))),
    ...outputs.map((tensor) => message(12, valueInfo(tensor))),
  ]);
  return Buffer.concat([
    number(1, 8),
    message(7, graph),
    message(8, Buffer.concat([message(1, Buffer.alloc(0)), number(2, 13)])),
  ]);
}

function nodeProto({ op, inputs, outputs, attributes = {} }: OnnxNode): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => message(1, Buffer.from(name))),
    ...outputs.map((name) => message(2, Buffer.from(name))),
    message(4, Buffer.from(op)),
    ...Object.entries(attributes).map(([name, value]) =>
      message(
        5,
        Buffer.concat([
          message(1, Buffer.from(name)),
          ...(typeof value === 'number'
            ? [number(3, value), number(20, 2)]
            : [...value.map((n) => number(8, n)), number(20, 7)]),
        ]),
      ),
    ),
  ]);
}

function tensorProto({ name, dims, data }: OnnxConstant): Buffer {
  return Buffer.concat([
    ...dims.map((dim) => number(1, dim)),
    number(2, TYPES[data instanceof Float32Array ? 'float32' : 'int64']),
    message(8, Buffer.from(name)),
    message(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}

function valueInfo({ name, type, dims }: OnnxTensor): Buffer {
  const shape = dims.map((dim) =>
    message(1, typeof dim === 'number' ? number(1, dim) : message(2, Buffer.from(dim))),
  );
  const tensor = Buffer.concat([number(1, TYPES[type]), message(2, Buffer.concat(shape))]);
  return Buffer.concat([message(1, Buffer.from(name)), message(2, message(1, tensor))]);
}

function message(field: number, content: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value)); // negative numbers take ten bytes
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
