import type { DetectionBatch } from '../../detection.ts';
import type { FamilyName } from '../../models/family-name.ts';
import type { InputEncoding } from '../inference/input-encoding.ts';
import type { RawOutput } from '../inference/runner.ts';
import type { Signature } from '../inference/signature.ts';
import type { InputSize, Letterbox, Placement } from '../letterbox.ts';

/** How a network of some kind is fed and its answers are read. */
export interface Family {
  readonly name: FamilyName;
  /** What it expects of a network's signature, in words. */
  readonly expects: string;
  /** What bytes become before they enter, unless the manifest says otherwise. */
  readonly encoding: Pick<InputEncoding, 'channels' | 'range' | 'mean' | 'std'>;
  readonly placement: Placement;
  /** What both sides of an input must be a multiple of. */
  readonly stride: number;
  /** Overlap above which the weaker of two boxes of one class is a duplicate; null when it answers none twice. */
  readonly nmsIou: number | null;
  /**
   * Whether networks of this kind have such a signature: how to read its answers, or what is not as expected.
   *
   * @param image what is known of the network's input
   */
  recognise(signature: Signature, image: ImageInput, hint: Hint): Head | string;
}

/** The input of a network that takes pictures. */
export interface ImageInput {
  readonly name: string;
  readonly type: InputEncoding['type'];
  readonly layout: InputEncoding['layout'];
  /** Null where any number of pictures will do. */
  readonly batch: number | null;
  /** Null where the file leaves its size open. */
  readonly size: InputSize | null;
}

/** What the manifest says. */
export interface Hint {
  /** It names this family: what the signature leaves open is taken for granted. */
  readonly named: boolean;
  readonly labels: number;
}

/** Reads the answers of one network. */
export interface Head {
  /** How many classes its signature has; null when that shows only in its answers. */
  readonly classes: number | null;
  readonly outputs: readonly string[];
  readonly sourceSizeInput?: string;
  /**
   * Decodes what the network answered to the picture `index` of a run into `into`, replacing what it held.
   *
   * Boxes come in pixels of the source frame, clipped to it; what lies wholly in the padding, and what is not a
   * number, is left out. Where the family has an NMS, overlapping boxes are still in it, in no particular order.
   * When there are more than `into` holds, the most confident stay.
   *
   * @throws EngineError MODEL_SHAPE when the outputs do not have the shape that was recognised
   */
  decode(
    outputs: readonly RawOutput[],
    index: number,
    fitted: Letterbox,
    minConfidence: number,
    into: DetectionBatch,
  ): void;
}

/** Cells of a head whose strides divide the input. */
export function cellsOf({ width, height }: InputSize, strides: readonly number[]): number {
  let cells = 0;
  for (const stride of strides) cells += Math.ceil(width / stride) * Math.ceil(height / stride);
  return cells;
}
