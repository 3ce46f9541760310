import { heaviestMatching } from './heaviest-matching.ts';
import type { Sequence } from './sequence.ts';

/** From this overlap a track has found an object. */
const THRESHOLD = 0.5;

export interface IdentityCounts {
  readonly IDTP: number;
  readonly IDFN: number;
  readonly IDFP: number;
}

/** Ratios from 0 to 1. */
export interface IdentityScores extends IdentityCounts {
  readonly IDF1: number;
  readonly IDP: number;
  readonly IDR: number;
}

/**
 * Counts for the identity metrics (Ristani et al. 2016, "Performance Measures and a Data Set for Multi-Target,
 * Multi-Camera Tracking"): objects and tracks are paired once for the whole sequence, so that the fewest boxes are left
 * unexplained. These are all boxes less twice the explained ones: the most explained boxes are the same optimum.
 */
export function identityCounts({ frames, pairs, truthBoxes, trackBoxes }: Sequence): IdentityCounts {
  const together = new Float64Array(pairs.count);
  for (const { similarity, pairs: pairOf } of frames) {
    for (let at = 0; at < similarity.length; at++) {
      if (similarity[at] >= THRESHOLD) together[pairOf[at]]++;
    }
  }
  const explained = heaviestMatching(pairs, together);
  return { IDTP: explained, IDFN: truthBoxes - explained, IDFP: trackBoxes - explained };
}

/** The counts of several sequences as those of one. */
export function addIdentity(all: readonly IdentityCounts[]): IdentityCounts {
  const sum = (key: keyof IdentityCounts): number => all.reduce((total, counts) => total + counts[key], 0);
  return { IDTP: sum('IDTP'), IDFN: sum('IDFN'), IDFP: sum('IDFP') };
}

export function identityScores(counts: IdentityCounts): IdentityScores {
  const { IDTP, IDFN, IDFP } = counts;
  return {
    ...counts,
    IDF1: IDTP / Math.max(1, IDTP + IDFN / 2 + IDFP / 2),
    IDP: IDTP / Math.max(1, IDTP + IDFP),
    IDR: IDTP / Math.max(1, IDTP + IDFN),
  };
}
