import { TRUTH_SAMPLE, type Truth, type TruthObject } from './truth.ts';

/** Thousandths of an object; what shows less of itself, nobody can be asked to find. */
const MIN_VISIBLE = 300;
/** Pixels of a picture 720 high. */
const MIN_HEIGHT = 16;

/**
 * Whether an object counts in a frame: at least 30 % of it can be seen, and its whole box, cut at the picture's edges,
 * is at least 16 pixels high (in 720p). To find another is neither right nor wrong.
 *
 * @param index of the sample: the clip's frame less the object's `firstFrame`
 */
export function isCounted(
  { height }: Pick<Truth, 'height'>,
  { samples }: TruthObject,
  index: number,
): boolean {
  const at = index * TRUTH_SAMPLE;
  const boxHeight = samples[at + 3] / 10;
  return samples[at + 8] >= MIN_VISIBLE && boxHeight * 720 >= MIN_HEIGHT * height;
}
