import { EngineError } from '../../errors.ts';
import type { ModelEntry } from '../../models/manifest.ts';
import { imageInput, inputEncoding } from '../inference/image-input.ts';
import type { RunnerSpec } from '../inference/runner.ts';
import { readSignature } from '../inference/signature.ts';
import type { InputSize, Placement } from '../letterbox.ts';
import { recogniseFamily } from './families.ts';
import type { Family, Head } from './family.ts';

/** Side of the input of a file that leaves it open, when the manifest does not say: what most are trained at. */
const OPEN_SIDE = 640;
/** Pictures of one run where the file leaves it open; what makes use of more has yet to be met. */
const OPEN_BATCH = 64;

/** How one detector is fed and read, known before any session exists. */
export interface DetectorSpec {
  readonly family: Family;
  readonly head: Head;
  readonly runner: RunnerSpec;
  /** The input the network was exported for, or the manifest's. */
  readonly size: InputSize;
  readonly placement: Placement;
  /** Null when the network answers no object twice. */
  readonly nmsIou: number | null;
}

/**
 * Reads from a file's signature and its manifest entry how to feed and read a detector; what the entry says takes
 * the place of what the family has.
 *
 * @param labels how many labels the manifest names
 * @throws EngineError MODEL_FAILED when `bytes` are not a whole ONNX file; MODEL_SHAPE when no family knows it, or
 *   something does not fit the manifest
 */
export function detectorSpec(
  entry: Pick<ModelEntry, 'name' | 'version' | 'family' | 'input' | 'nmsIou'> &
    Partial<Pick<ModelEntry, 'task'>>,
  bytes: Uint8Array,
  labels: number,
): DetectorSpec {
  const { name, task = 'detection', input = {} } = entry;
  if (task !== 'detection') {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${name} is declared for ${task}: cameras need one that detects; trackers with appearance take it`,
    );
  }
  const signature = readSignature(bytes, name);
  const image = imageInput(name, signature, input);
  const { family, head } = recogniseFamily(name, signature, image, labels, entry.family);
  if (head.classes !== null && head.classes !== labels) {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${name} has ${head.classes} classes, its manifest names ${labels} labels`,
    );
  }
  const size = image.size ?? { width: input.width ?? OPEN_SIDE, height: input.height ?? OPEN_SIDE };
  if (size.width % family.stride !== 0 || size.height % family.stride !== 0) {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${name} has an input of ${size.width}x${size.height}: family ${family.name} needs multiples of ${family.stride}`,
    );
  }
  const { sourceSizeInput } = head;
  return {
    family,
    head,
    size,
    placement: {
      at: input.letterbox ?? family.placement.at,
      padding: input.padding ?? family.placement.padding,
    },
    nmsIou: entry.nmsIou ?? family.nmsIou,
    runner: {
      model: `${name}@${entry.version}`,
      bytes,
      input: image.name,
      encoding: inputEncoding(image, family.encoding, input),
      ...(sourceSizeInput !== undefined && { sourceSizeInput }),
      outputs: head.outputs,
      maxBatch: image.batch ?? OPEN_BATCH,
      fixedSize: image.size,
    },
  };
}
