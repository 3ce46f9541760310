import {
  contentOf,
  DIM_VALUE,
  delimited,
  GRAPH_INPUT,
  GRAPH_OUTPUT,
  GRAPH_VALUE_INFO,
  MODEL_GRAPH,
  numeric,
  rewrite,
  SHAPE_DIM,
  TENSOR_SHAPE,
  TYPE_TENSOR,
  textOf,
  VALUE_NAME,
  VALUE_TYPE,
} from './inference/onnx-file.ts';

/**
 * The same model with input `inputName`, `[batch, channels, height, width]`, declared for another size.
 *
 * Exporters write the training size into a model's input, and the shapes that follow from it beside every
 * tensor, though a fully convolutional network computes at any size its strides divide. Recorded shapes of
 * intermediate values are left out and the outputs' are left open: ONNX Runtime infers them. Whether the
 * network really computes at that size shows when it runs.
 *
 * @param layout where height and width are: `NCHW`, or `NHWC` for `[batch, height, width, channels]`
 * @throws RangeError when `model` is not an ONNX file with such an input
 */
export function withInputSize(
  model: Uint8Array,
  inputName: string,
  width: number,
  height: number,
  layout: 'NCHW' | 'NHWC' = 'NCHW',
): Uint8Array {
  const sizes =
    layout === 'NCHW' ? [undefined, undefined, height, width] : [undefined, height, width, undefined];
  let changed = false;
  const bytes = rewrite(model, (field) => {
    if (field.number !== MODEL_GRAPH || !field.content) return field.raw;
    const graph = rewrite(field.content, ({ number, raw, content }) => {
      if (number === GRAPH_VALUE_INFO) return null;
      if (number === GRAPH_OUTPUT && content) return delimited(number, withoutShape(content));
      if (number === GRAPH_INPUT && content && textOf(contentOf(content, VALUE_NAME)) === inputName) {
        changed = true;
        return delimited(number, withSize(content, sizes));
      }
      return raw;
    });
    return delimited(MODEL_GRAPH, graph);
  });
  if (!changed) throw new RangeError(`no input ${inputName} in the model`);
  return bytes;
}

function withSize(valueInfo: Uint8Array, sizes: ReadonlyArray<number | undefined>): Uint8Array {
  let axis = 0;
  return inShape(valueInfo, (shape) =>
    rewrite(shape, (field) => {
      if (field.number !== SHAPE_DIM) return field.raw;
      const size = sizes[axis++];
      return size === undefined ? field.raw : delimited(SHAPE_DIM, numeric(DIM_VALUE, size));
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
