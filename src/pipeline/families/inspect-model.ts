import { createHash } from 'node:crypto';
import { EngineError } from '../../errors.ts';
import type { FamilyName } from '../../models/family-name.ts';
import type { ModelDeclaration } from '../../models/manifest-file.ts';
import { imageInput } from '../inference/image-input.ts';
import { readSignature, type Signature } from '../inference/signature.ts';
import { opinions, recogniseFamily } from './families.ts';
import type { ImageInput } from './family.ts';

/** What an ONNX file is to Sightline. */
export interface Inspection {
  readonly signature: Signature;
  /** Null when it takes no pictures. */
  readonly image: ImageInput | null;
  readonly family: FamilyName | null;
  /** Null when the signature does not say how many. */
  readonly classes: number | null;
  /** Why there is no family, and what each expects; null when there is one. */
  readonly reason: string | null;
  /** Ready to paste; null when no entry could make it work. */
  readonly entry: ModelDeclaration | null;
  /** What in the entry is a guess. */
  readonly notes: readonly string[];
}

export interface InspectOptions {
  readonly family?: FamilyName;
  readonly labels?: string | readonly string[];
  /** How many those are. */
  readonly labelCount?: number;
}

/**
 * Reads a file's signature and proposes a manifest entry, without loading the network.
 *
 * @param file its name in the models directory
 * @throws EngineError MODEL_FAILED when `bytes` are not a whole ONNX file
 */
export function inspectModel(bytes: Uint8Array, file: string, options: InspectOptions = {}): Inspection {
  const signature = readSignature(bytes, file);
  const base = {
    name: nameFor(file),
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
  };
  try {
    const image = imageInput(file, signature);
    const { labelCount } = options;
    try {
      const { family, head } = recogniseFamily(file, signature, image, labelCount ?? -1, options.family);
      const { labels, notes } = labelsFor(head.classes, options);
      // what the signature alone would not tell is written down
      const alone = opinions(signature, image, labelCount ?? -1).filter(
        ({ head }) => typeof head !== 'string',
      );
      const named = alone.length === 1 && alone[0].family === family ? {} : { family: family.name };
      const entry = { ...base, ...named, labels, ...sizeOf(image, notes) };
      return { signature, image, family: family.name, classes: head.classes, reason: null, entry, notes };
    } catch (err) {
      if (!(err instanceof EngineError)) throw err;
      const vectors = signature.outputs.length === 1 && signature.outputs[0].dims?.length === 2;
      const none = { signature, image, family: null, classes: null, reason: err.message };
      if (!vectors || options.family) return { ...none, entry: null, notes: [] };
      const notes = ['it answers one list of numbers for a picture, as models for re-identification do'];
      return { ...none, entry: { ...base, task: 'embedding', ...sizeOf(image, notes) }, notes };
    }
  } catch (err) {
    if (!(err instanceof EngineError)) throw err;
    return {
      signature,
      image: null,
      family: null,
      classes: null,
      reason: err.message,
      entry: null,
      notes: [],
    };
  }
}

/** `My Model_v2.onnx` -> `my-model-v2` */
function nameFor(file: string): string {
  const name = file
    .toLowerCase()
    .replace(/\.onnx$/, '')
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 64);
  return name || 'model';
}

function labelsFor(
  classes: number | null,
  { labels, labelCount }: InspectOptions,
): { labels: string | string[]; notes: string[] } {
  if (labels !== undefined) {
    const notes: string[] = [];
    if (classes !== null && classes !== labelCount)
      notes.push(`it has ${classes} classes, the labels given are ${labelCount}: it would not load`);
    return { labels: typeof labels === 'string' ? labels : [...labels], notes };
  }
  if (classes === null)
    return {
      labels: 'coco80',
      notes: ['its classes show only in its answers: coco80 is a guess, --labels names them'],
    };
  if (classes === 80) return { labels: 'coco80', notes: ['80 classes are taken for those of COCO'] };
  return {
    labels: Array.from({ length: classes }, (_, i) => `class-${i}`),
    notes: [`it has ${classes} classes without names in the file: --labels names them`],
  };
}

/** The size of the entry's input, where the file leaves it open. */
function sizeOf(image: ImageInput, notes: string[]): Pick<ModelDeclaration, 'input'> {
  if (image.size) return {};
  notes.push(
    'the file leaves the size of its input open: put "input": {"width": ..., "height": ...} for another than usual',
  );
  return {};
}
