import type { ClipCounts } from '../../../../src/demo/clip-counts.ts';
import type { Overlay } from '../../../../src/vision-protocol.ts';

/** What was counted in one frame and what there truly was, by label. */
export interface TruthTally {
  readonly labels: readonly {
    readonly label: string;
    readonly measured: number | null;
    readonly truly: number | null;
  }[];
  /** Objects too many or too few, each label for itself, on average over the last minute; null while unknown. */
  readonly offBy: number | null;
}

const WINDOW_MS = 60_000;
/** An average of fewer frames says nothing yet. */
const LEAST_FRAMES = 10;

/**
 * Holds the confirmed tracks of the frames that are shown against the truth of those very frames.
 *
 * Objects that are too small or too hidden to count may be found or not: a number between the true one and the true
 * one with those is not off.
 *
 * @param classes the labels that the camera looks for; empty: all
 */
export class TruthTallier {
  readonly #truth: ClipCounts;
  readonly #labels: readonly string[];
  /** Of the frames of the last minute, the oldest first. */
  readonly #frames: { readonly atMs: number; readonly off: number }[] = [];
  #sum = 0;
  #measured: ReadonlyMap<string, number> = new Map();
  #index: number | null = null;

  constructor(truth: ClipCounts, classes: readonly string[] = []) {
    this.#truth = truth;
    const labels = Object.keys(truth.counted);
    this.#labels = classes.length === 0 ? labels : labels.filter((label) => classes.includes(label));
  }

  /** @param nowMs any clock that only rises */
  add({ ptsMs, objects }: Pick<Overlay, 'ptsMs' | 'objects'>, nowMs: number): void {
    const index = frameAt(ptsMs, this.#truth);
    const measured = new Map<string, number>();
    for (const { label, track } of objects) {
      if (track !== undefined) measured.set(label, (measured.get(label) ?? 0) + 1);
    }
    let off = 0;
    for (const label of this.#labels) {
      const least = this.#truth.counted[label]![index] ?? 0;
      const most = least + (this.#truth.doubtful[label]?.[index] ?? 0);
      const found = measured.get(label) ?? 0;
      off += Math.max(0, least - found, found - most);
    }
    this.#measured = measured;
    this.#index = index;
    this.#frames.push({ atMs: nowMs, off });
    this.#sum += off;
    while (this.#frames[0]!.atMs < nowMs - WINDOW_MS) this.#sum -= this.#frames.shift()!.off;
  }

  tally(): TruthTally {
    const index = this.#index;
    return {
      labels: this.#labels.map((label) => ({
        label,
        measured: index === null ? null : (this.#measured.get(label) ?? 0),
        truly: index === null ? null : (this.#truth.counted[label]![index] ?? 0),
      })),
      offBy: this.#frames.length < LEAST_FRAMES ? null : this.#sum / this.#frames.length,
    };
  }
}

/** The frame of the clip that is shown at a media time: the clip begins again without a gap. */
export function frameAt(ptsMs: number, { fps, frames }: Pick<ClipCounts, 'fps' | 'frames'>): number {
  return Math.round((ptsMs * fps) / 1000) % frames;
}
