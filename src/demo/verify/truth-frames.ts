import { isCounted } from '../counted-objects.ts';
import { TRUTH_SAMPLE, type Truth } from '../truth.ts';

/** x, y of the top-left corner, width, height; pixels of the clip. */
export type ClipBox = readonly [x: number, y: number, width: number, height: number];

/** One object in one frame of a clip. */
export interface TruthBox {
  readonly id: number;
  readonly label: string;
  /** Of the whole object, cut at the picture's edges. */
  readonly box: ClipBox;
  /** Of what can be seen of it; width 0 where that is nothing. */
  readonly seen: ClipBox;
  /** False: to find it is neither asked for nor wrong (`isCounted`). */
  readonly counted: boolean;
}

/** What each frame of a clip truly shows. */
export function truthFrames(truth: Truth): TruthBox[][] {
  const frames: TruthBox[][] = Array.from({ length: truth.frames }, () => []);
  for (const object of truth.objects) {
    const { id, label, firstFrame, samples } = object;
    const length = samples.length / TRUTH_SAMPLE;
    for (let i = 0; i < length; i++) {
      const at = i * TRUTH_SAMPLE;
      const boxAt = (from: number): ClipBox => [
        samples[from] / 10,
        samples[from + 1] / 10,
        samples[from + 2] / 10,
        samples[from + 3] / 10,
      ];
      frames[firstFrame + i].push({
        id,
        label,
        box: boxAt(at),
        seen: boxAt(at + 4),
        counted: isCounted(truth, object, i),
      });
    }
  }
  return frames;
}
