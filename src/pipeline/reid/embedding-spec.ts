import { EngineError } from '../../errors.ts';
import type { ModelEntry } from '../../models/manifest.ts';
import { imageInput, inputEncoding } from '../inference/image-input.ts';
import type { RunnerSpec } from '../inference/runner.ts';
import { readSignature, signatureText, type TensorSignature } from '../inference/signature.ts';
import type { InputSize } from '../letterbox.ts';

/** What re-identification networks are trained at, where a file leaves it open and the manifest says nothing. */
const OPEN_SIZE: InputSize = { width: 128, height: 256 };
/** Crops of one run where the file leaves it open: on a CPU a crop of 16 takes 0.8 of one alone, one of 32 no less. */
const OPEN_BATCH = 16;
/** As networks trained with PyTorch on ImageNet's statistics take them; others say so in the manifest. */
const ENCODING = {
  channels: 'RGB',
  range: '0-1',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** What an embedder needs to know of its network. */
export interface EmbeddingSpec {
  readonly runner: RunnerSpec;
  /** What crops are resized to, pixels. */
  readonly input: InputSize;
  /** Numbers of one vector. */
  readonly size: number;
}

/**
 * Reads from a file's signature and its manifest entry how to feed an embedding model and what it answers.
 *
 * @throws EngineError MODEL_FAILED when `bytes` are not a whole ONNX file; MODEL_SHAPE when it is no embedding model,
 *   or something does not fit the manifest
 */
export function embeddingSpec(
  entry: Pick<ModelEntry, 'name' | 'version' | 'task' | 'input'>,
  bytes: Uint8Array,
): EmbeddingSpec {
  const { name, version, task, input = {} } = entry;
  if (task !== 'embedding') {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${name} is declared for ${task}; a tracker with appearance needs one whose manifest entry says "task": "embedding"`,
    );
  }
  const signature = readSignature(bytes, name);
  const image = imageInput(name, signature, input);
  const output = signature.outputs.find((candidate) => vectorSize(candidate) > 0);
  if (!output || signature.inputs.length !== 1) {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${name} should take one picture and answer one vector for it, float32 or float16 [N,numbers]; its file has ${signatureText(signature)}`,
    );
  }
  const { width = OPEN_SIZE.width, height = OPEN_SIZE.height } = input;
  // trained for one range only: numbers to divide by belong to the channels they were told for
  const defaults =
    input.range === '0-255' ? { channels: ENCODING.channels, range: ENCODING.range } : ENCODING;
  return {
    input: image.size ?? { width, height },
    size: vectorSize(output),
    runner: {
      model: `${name}@${version}`,
      bytes,
      input: image.name,
      encoding: inputEncoding(image, defaults, input),
      outputs: [output.name],
      maxBatch: image.batch ?? OPEN_BATCH,
      fixedSize: image.size,
    },
  };
}

/** How many numbers there are for each picture; 0 when the output is no vector of known length. */
function vectorSize({ type, dims }: TensorSignature): number {
  if ((type !== 'float32' && type !== 'float16') || !dims || dims.length < 2) return 0;
  const [size, ...rest] = dims.slice(1);
  return typeof size === 'number' && rest.every((dim) => dim === 1) ? size : 0;
}
