/**
 * The protobuf wire format (protobuf.dev/programming-guides/encoding) and the fields of onnx.proto that the
 * pipeline reads or changes by itself, without loading a model.
 */

export const MODEL_GRAPH = 7;
export const GRAPH_NODE = 1;
export const GRAPH_INITIALIZER = 5;
export const GRAPH_INPUT = 11;
export const GRAPH_OUTPUT = 12;
export const GRAPH_VALUE_INFO = 13;
export const INITIALIZER_NAME = 8;
export const VALUE_NAME = 1;
export const VALUE_TYPE = 2;
export const TYPE_TENSOR = 1;
export const TENSOR_ELEMENT_TYPE = 1;
export const TENSOR_SHAPE = 2;
export const SHAPE_DIM = 1;
export const DIM_VALUE = 1;
export const DIM_SYMBOL = 2;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

export interface Field {
  readonly number: number;
  /** The whole field as it stands, tag included. */
  readonly raw: Uint8Array;
  /** The content of a length-delimited field. */
  readonly content: Uint8Array | null;
  /** The number of a varint field. */
  readonly value: number | null;
}

/**
 * The fields of a message, in order.
 *
 * @throws RangeError when it is no protobuf message, or is cut short
 */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (at >= message.length) throw new RangeError('not an ONNX model: it ends within a number');
      const byte = message[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = readVarint();
    let content: Uint8Array | null = null;
    let value: number | null = null;
    switch (tag & 7) {
      case VARINT:
        value = readVarint();
        break;
      case FIXED64:
        at += 8;
        break;
      case LENGTH_DELIMITED: {
        const length = readVarint();
        content = message.subarray(at, at + length);
        at += length;
        break;
      }
      case FIXED32:
        at += 4;
        break;
      default:
        throw new RangeError(`not an ONNX model: wire type ${tag & 7} at byte ${start}`);
    }
    if (at > message.length) throw new RangeError('not an ONNX model: a field is cut short');
    fields.push({ number: Math.floor(tag / 8), raw: message.subarray(start, at), content, value });
  }
  return fields;
}

/** The content of the first field of that number; null when there is none. */
export function contentOf(message: Uint8Array, fieldNumber: number): Uint8Array | null {
  return fieldsOf(message).find(({ number, content }) => number === fieldNumber && content)?.content ?? null;
}

export function textOf(content: Uint8Array | null): string {
  return content ? new TextDecoder().decode(content) : '';
}

/** The message with every field as `change` gives it; null leaves it out. */
export function rewrite(message: Uint8Array, change: (field: Field) => Uint8Array | null): Uint8Array {
  return Buffer.concat(fieldsOf(message).flatMap((field) => change(field) ?? []));
}

/** A length-delimited field. */
export function delimited(number: number, content: ArrayLike<number>): Uint8Array {
  return Buffer.concat([
    Uint8Array.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(content.length)]),
    content instanceof Uint8Array ? content : Uint8Array.from(content),
  ]);
}

/** A field that holds a number, 0 or greater. */
export function numeric(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(number * 8 + VARINT), ...varint(value)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  while (value >= 128) {
    bytes.push((value % 128) + 128);
    value = Math.floor(value / 128);
  }
  return [...bytes, value];
}
