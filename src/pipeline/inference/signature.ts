import { EngineError, messageOf } from '../../errors.ts';
import {
  contentOf,
  DIM_SYMBOL,
  DIM_VALUE,
  type Field,
  fieldsOf,
  GRAPH_INITIALIZER,
  GRAPH_INPUT,
  GRAPH_NODE,
  GRAPH_OUTPUT,
  INITIALIZER_NAME,
  MODEL_GRAPH,
  SHAPE_DIM,
  TENSOR_ELEMENT_TYPE,
  TENSOR_SHAPE,
  TYPE_TENSOR,
  textOf,
  VALUE_NAME,
  VALUE_TYPE,
} from './onnx-file.ts';

/** TensorProto.DataType of onnx.proto, by number. */
const ELEMENT_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
] as const;
export type ElementType = (typeof ELEMENT_TYPES)[number] | 'other';

/** A number where the file fixes it, a name (`?` when it has none) where it is left open. */
export type Dim = number | string;

export interface TensorSignature {
  readonly name: string;
  readonly type: ElementType;
  /** Null where the file does not even say how many there are. */
  readonly dims: readonly Dim[] | null;
}

/** What goes into a network and what comes out. */
export interface Signature {
  /** Without the initialisers that older exporters list as inputs too. */
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/**
 * Reads the inputs and outputs of an ONNX file without loading it.
 *
 * @param model for messages
 * @throws EngineError MODEL_FAILED when `bytes` are not a whole ONNX file
 */
export function readSignature(bytes: Uint8Array, model: string): Signature {
  try {
    const graph = contentOf(bytes, MODEL_GRAPH);
    if (!graph) throw new RangeError('not an ONNX model: it has no graph');
    const initialisers = new Set<string>();
    const inputs: TensorSignature[] = [];
    const outputs: TensorSignature[] = [];
    let nodes = 0;
    for (const { number, content } of fieldsOf(graph)) {
      if (!content) continue;
      if (number === GRAPH_NODE) nodes++;
      else if (number === GRAPH_INPUT) inputs.push(tensorOf(content));
      else if (number === GRAPH_OUTPUT) outputs.push(tensorOf(content));
      else if (number === GRAPH_INITIALIZER) initialisers.add(textOf(contentOf(content, INITIALIZER_NAME)));
    }
    if (nodes === 0 || outputs.length === 0) throw new RangeError('not an ONNX model: its graph is empty');
    return { inputs: inputs.filter(({ name }) => !initialisers.has(name)), outputs };
  } catch (err) {
    if (!(err instanceof RangeError)) throw err;
    throw new EngineError(
      'MODEL_FAILED',
      `model ${model} cannot be loaded: expected a whole ONNX file, got ${bytes.length} bytes that are ${messageOf(err)}`,
      { cause: err },
    );
  }
}

/** `inputs images float32 [1,3,416,416]; outputs output float32 [1,3549,85]`, for messages. */
export function signatureText({ inputs, outputs }: Signature): string {
  const list = (tensors: readonly TensorSignature[]) => tensors.map(tensorText).join(', ') || 'none';
  return `inputs ${list(inputs)}; outputs ${list(outputs)}`;
}

export function tensorText({ name, type, dims }: TensorSignature): string {
  return `${name} ${type} [${dims ? dims.join(',') : '...'}]`;
}

function tensorOf(valueInfo: Uint8Array): TensorSignature {
  const fields = fieldsOf(valueInfo);
  const name = textOf(contentIn(fields, VALUE_NAME));
  const type = contentIn(fields, VALUE_TYPE);
  const tensor = type && contentOf(type, TYPE_TENSOR);
  if (!tensor) return { name, type: 'other', dims: null };
  const tensorFields = fieldsOf(tensor);
  const element = tensorFields.find(({ number }) => number === TENSOR_ELEMENT_TYPE)?.value ?? 0;
  const shape = contentIn(tensorFields, TENSOR_SHAPE);
  const dims = shape && fieldsOf(shape).filter(({ number }) => number === SHAPE_DIM);
  return {
    name,
    type: ELEMENT_TYPES[element] ?? 'other',
    dims: dims ? dims.map(({ content }) => dimOf(content ?? new Uint8Array(0))) : null,
  };
}

function dimOf(dim: Uint8Array): Dim {
  const fields = fieldsOf(dim);
  const size = fields.find(({ number }) => number === DIM_VALUE)?.value ?? null;
  // -1 as a 64-bit varint is how some exporters write "any"
  if (size !== null && size > 0 && size < 2 ** 31) return size;
  return textOf(contentIn(fields, DIM_SYMBOL)) || '?';
}

function contentIn(fields: readonly Field[], fieldNumber: number): Uint8Array | null {
  return fields.find(({ number, content }) => number === fieldNumber && content)?.content ?? null;
}
