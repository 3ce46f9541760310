import { EngineError } from '../../errors.ts';
import type { ModelInput } from '../../models/manifest-file.ts';
import type { ImageInput } from '../families/family.ts';
import type { InputEncoding } from './input-encoding.ts';
import { type Dim, type Signature, signatureText, type TensorSignature, tensorText } from './signature.ts';

/**
 * The input of a network that takes pictures: the one the manifest names, else the only one of four dimensions.
 *
 * @param model for messages
 * @throws EngineError MODEL_SHAPE when there is none, or it contradicts the manifest
 */
export function imageInput(model: string, signature: Signature, declared: ModelInput = {}): ImageInput {
  const { inputs } = signature;
  const candidates = inputs.filter(({ name, dims }) =>
    declared.name === undefined ? dims?.length === 4 : name === declared.name,
  );
  if (candidates.length !== 1) {
    const wanted =
      declared.name === undefined
        ? 'one input of four dimensions for pictures'
        : `the input ${declared.name} of its manifest entry`;
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${model} should have ${wanted}; its file has ${signatureText(signature)}`,
    );
  }
  const input = candidates[0];
  const { type, dims } = input;
  const layout = dims && layoutOf(dims, declared.layout);
  if ((type !== 'float32' && type !== 'float16') || !dims || !layout) {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${model} should take pictures as float32 or float16 [N,3,H,W] or [N,H,W,3]; its file takes ${tensorText(input)}`,
    );
  }
  const [height, width] = layout === 'NCHW' ? [dims[2], dims[3]] : [dims[1], dims[2]];
  const size = typeof width === 'number' && typeof height === 'number' ? { width, height } : null;
  contradict(model, input, declared, width, height);
  return { name: input.name, type, layout, batch: typeof dims[0] === 'number' ? dims[0] : null, size };
}

/** How bytes become the numbers of `image`: as the manifest says, else by `defaults`. */
export function inputEncoding(
  image: ImageInput,
  defaults: Pick<InputEncoding, 'channels' | 'range' | 'mean' | 'std'>,
  declared: ModelInput = {},
): InputEncoding {
  const channels = declared.channels ?? defaults.channels;
  return {
    layout: image.layout,
    type: image.type,
    channels,
    range: declared.range ?? defaults.range,
    mean: triple(declared.mean) ?? ordered(defaults.mean, channels !== defaults.channels),
    std: triple(declared.std) ?? ordered(defaults.std, channels !== defaults.channels),
  };
}

function layoutOf(dims: readonly Dim[], declared: ModelInput['layout']): InputEncoding['layout'] | null {
  if (dims.length !== 4) return null;
  const possible = (['NCHW', 'NHWC'] as const).filter((layout) => {
    const channels = dims[layout === 'NCHW' ? 1 : 3];
    return channels === 3 || (typeof channels === 'string' && layout === declared);
  });
  if (declared !== undefined) return possible.includes(declared) ? declared : null;
  return possible[0] ?? null;
}

function contradict(
  model: string,
  input: TensorSignature,
  declared: ModelInput,
  width: Dim,
  height: Dim,
): void {
  for (const [side, said, found] of [
    ['width', declared.width, width],
    ['height', declared.height, height],
  ] as const) {
    if (said === undefined || typeof found !== 'number' || said === found) continue;
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${model} is declared with an input ${side} of ${said}; its file takes ${tensorText(input)}: leave the size out of its manifest entry`,
    );
  }
}

type Triple = readonly [number, number, number];

function triple(numbers: readonly number[] | undefined): Triple | undefined {
  return numbers && [numbers[0], numbers[1], numbers[2]];
}

/** The defaults are in the order of the family's own channels. */
function ordered(numbers: Triple | undefined, reversed: boolean): Triple | undefined {
  return numbers && reversed ? [numbers[2], numbers[1], numbers[0]] : numbers;
}
