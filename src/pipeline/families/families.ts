import { EngineError } from '../../errors.ts';
import type { FamilyName } from '../../models/family-name.ts';
import { type Signature, signatureText } from '../inference/signature.ts';
import { detr } from './detr.ts';
import type { Family, Head, ImageInput } from './family.ts';
import { nanodet } from './nanodet.ts';
import { yolo } from './yolo.ts';
import { yoloEnd2End } from './yolo-end2end.ts';
import { yolox } from './yolox.ts';

/** Every kind of detector there is; a new one is a file and a line here. */
export const FAMILIES: readonly Family[] = [yolox, yolo, yoloEnd2End, detr, nanodet];

export interface Recognised {
  readonly family: Family;
  readonly head: Head;
}

/** What each family says to a signature: its head, or what is not as it expects. */
export function opinions(
  signature: Signature,
  image: ImageInput,
  labels: number,
): Array<{ family: Family; head: Head | string }> {
  return FAMILIES.map((family) => ({
    family,
    head: family.recognise(signature, image, { named: false, labels }),
  }));
}

/**
 * The family of a detector: the one its manifest names, else the only one that its signature fits.
 *
 * @param model for messages
 * @throws EngineError MODEL_SHAPE with what was expected and what the file has
 */
export function recogniseFamily(
  model: string,
  signature: Signature,
  image: ImageInput,
  labels: number,
  named: FamilyName | undefined,
): Recognised {
  const found = `its file has ${signatureText(signature)}`;
  if (named !== undefined) {
    const family = FAMILIES.find(({ name }) => name === named) as Family;
    const head = family.recognise(signature, image, { named: true, labels });
    if (typeof head !== 'string') return { family, head };
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${model} is declared as family ${named}, which expects ${family.expects}; ${found} (${head})`,
    );
  }
  const all = opinions(signature, image, labels);
  const fitting = all.flatMap(({ family, head }) => (typeof head === 'string' ? [] : [{ family, head }]));
  if (fitting.length === 1) return fitting[0];
  if (fitting.length > 1) {
    throw new EngineError(
      'MODEL_SHAPE',
      `model ${model} may be of family ${fitting.map(({ family }) => family.name).join(' or ')}: name one as "family" in its manifest entry; ${found}`,
    );
  }
  const expectations = all.map(({ family, head }) => `${family.name} expects ${family.expects}: ${head}`);
  throw new EngineError(
    'MODEL_SHAPE',
    `no family knows model ${model}; ${found}\n  ${expectations.join('\n  ')}`,
  );
}
