import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DemoClip } from '../camera.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { ClipCounts } from './clip-counts.ts';
import { DEMO_LABELS, truthPath } from './clips.ts';
import { isCounted } from './counted-objects.ts';
import { parseTruth, TRUTH_SAMPLE, type Truth } from './truth.ts';

const VISIBILITY = 8; // of a sample

/** The numbers of a truth, for every frame. */
export function clipCounts(clip: DemoClip, truth: Truth): ClipCounts {
  const { condition, width, height, fps, frames, objects, lines, zones } = truth;
  const labels = new Set([...DEMO_LABELS, ...objects.map(({ label }) => label)]);
  const zeros = () =>
    Object.fromEntries([...labels].map((label) => [label, new Array<number>(frames).fill(0)]));
  const counted = zeros();
  const doubtful = zeros();
  for (const object of objects) {
    const { label, firstFrame, samples } = object;
    for (let i = 0; i * TRUTH_SAMPLE < samples.length; i++) {
      if (isCounted(truth, object, i)) counted[label][firstFrame + i]++;
      else if (samples[i * TRUTH_SAMPLE + VISIBILITY] > 0) doubtful[label][firstFrame + i]++;
    }
  }
  const names = (named: readonly { readonly name: string }[]) => named.map(({ name }) => name);
  return {
    clip,
    condition,
    width,
    height,
    fps,
    frames,
    lines: names(lines),
    zones: names(zones),
    counted,
    doubtful,
  };
}

/** A truth as it is sent, with what identifies this version of it (RFC 9110, section 8.8.3). */
export interface TruthAnswer {
  readonly etag: string;
  readonly counts: ClipCounts;
}

/** The truths of the clips in a folder, each read once for every version of its file. */
export class ClipTruths {
  readonly #dir: string;
  readonly #answers = new Map<DemoClip, TruthAnswer>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws EngineError TRUTH_NOT_FOUND */
  async of(clip: DemoClip): Promise<TruthAnswer> {
    const path = truthPath(this.#dir, clip);
    try {
      const packed = await readFile(path);
      const etag = `"${createHash('sha256').update(packed).digest('base64url').slice(0, 22)}"`;
      const known = this.#answers.get(clip);
      if (known?.etag === etag) return known;
      const answer = { etag, counts: clipCounts(clip, await parseTruth(packed)) };
      this.#answers.set(clip, answer);
      return answer;
    } catch (err) {
      throw new EngineError(
        'TRUTH_NOT_FOUND',
        `the truth of the demo clip ${clip} cannot be read from ${path} (${messageOf(err)}): restore the folder demo of Sightline`,
        { cause: err },
      );
    }
  }
}
