/**
 * Changes the picture size an ONNX model declares.
 *
 * Exporters write the training size into a model's input, and the shapes that follow from it beside every
 * tensor, though a fully convolutional network computes at any size its strides divide. Only three places of
 * the file have to change, so this walks the protobuf wire format (protobuf.dev/programming-guides/encoding)
 * of onnx.proto: ModelProto.graph, in it GraphProto.input, .output and .value_info.
 */

const MODEL_GRAPH = 7;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const GRAPH_VALUE_INFO = 13;
const VALUE_NAME = 1;
const VALUE_TYPE = 2;
const TYPE_TENSOR = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIM = 1;
const DIM_VALUE = 1;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

interface Field {
  readonly number: number;
  /** The whole field as it stands, tag included. */
  readonly raw: Uint8Array;
  /** The content of a length-delimited field. */
  readonly content: Uint8Array | null;
}

/**
 * The same model with input `inputName`, `[1, channels, height, width]`, declared for another size. Recorded
 * shapes of intermediate values are left out and the output's is left open: ONNX Runtime infers them. Whether
 * the network really computes at that size shows when it runs.
 *
 * @throws RangeError when `model` is not an ONNX file with such an input
 */
export function withInputSize(
  model: Uint8Array,
  inputName: string,
  width: number,
  height: number,
): Uint8Array {
  let changed = false;
  const bytes = rewrite(model, (field) => {
    if (field.number !== MODEL_GRAPH || !field.content) return field.raw;
    const graph = rewrite(field.content, ({ number, raw, content }) => {
      if (number === GRAPH_VALUE_INFO) return null;
      if (number === GRAPH_OUTPUT && content) return delimited(number, withoutShape(content));
      if (number === GRAPH_INPUT && content && nameOf(content) === inputName) {
        changed = true;
        return delimited(number, withSize(content, width, height));
      }
      return raw;
    });
    return delimited(MODEL_GRAPH, graph);
  });
  if (!changed) throw new RangeError(`no input ${inputName} in the model`);
  return bytes;
}

function nameOf(valueInfo: Uint8Array): string {
  const name = fieldsOf(valueInfo).find(({ number }) => number === VALUE_NAME)?.content;
  return name ? new TextDecoder().decode(name) : '';
}

function withSize(valueInfo: Uint8Array, width: number, height: number): Uint8Array {
  let axis = 0;
  return inShape(valueInfo, (shape) =>
    rewrite(shape, (field) => {
      if (field.number !== SHAPE_DIM) return field.raw;
      const size = [undefined, undefined, height, width][axis++];
      return size === undefined ? field.raw : delimited(SHAPE_DIM, [DIM_VALUE << 3, ...varint(size)]);
    }),
  );
}

function withoutShape(valueInfo: Uint8Array): Uint8Array {
  return inShape(valueInfo, () => null);
}

/** Replaces ValueInfoProto.type.tensor_type.shape, or leaves it out for null. */
function inShape(valueInfo: Uint8Array, change: (shape: Uint8Array) => Uint8Array | null): Uint8Array {
  return inside(valueInfo, VALUE_TYPE, (type) =>
    inside(type, TYPE_TENSOR, (tensor) => inside(tensor, TENSOR_SHAPE, change)),
  );
}

function inside(
  message: Uint8Array,
  fieldNumber: number,
  change: (content: Uint8Array) => Uint8Array | null,
): Uint8Array {
  return rewrite(message, ({ number, raw, content }) => {
    if (number !== fieldNumber || !content) return raw;
    const next = change(content);
    return next && delimited(number, next);
  });
}

function rewrite(message: Uint8Array, change: (field: Field) => Uint8Array | null): Uint8Array {
  return Buffer.concat(fieldsOf(message).flatMap((field) => change(field) ?? []));
}

function fieldsOf(message: Uint8Array): Field[] {
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
    switch (tag & 7) {
      case VARINT:
        readVarint();
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
    fields.push({ number: Math.floor(tag / 8), raw: message.subarray(start, at), content });
  }
  return fields;
}

function delimited(number: number, content: ArrayLike<number>): Uint8Array {
  return Buffer.concat([
    Uint8Array.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(content.length)]),
    content instanceof Uint8Array ? content : Uint8Array.from(content),
  ]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  while (value >= 128) {
    bytes.push((value % 128) + 128);
    value = Math.floor(value / 128);
  }
  return [...bytes, value];
}
