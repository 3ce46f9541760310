import { Assignment, assign } from '../assignment.ts';
import type { Sequence } from './sequence.ts';
import { EPSILON } from './similarity.ts';

/** Localisation thresholds at which HOTA is measured: 0.05, 0.10 .. 0.95. */
export const ALPHAS: readonly number[] = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/** What HOTA is made of, for each threshold of `ALPHAS`. */
export interface HotaCounts {
  readonly tp: Float64Array;
  readonly fn: Float64Array;
  readonly fp: Float64Array;
  /** Sums over the true positives; divided by them they are AssA, AssRe, AssPr and LocA. */
  readonly association: Float64Array;
  readonly associationRecall: Float64Array;
  readonly associationPrecision: Float64Array;
  readonly localisation: Float64Array;
}

/** Ratios from 0 to 1, each the mean over the thresholds. */
export interface HotaScores {
  readonly HOTA: number;
  readonly DetA: number;
  readonly AssA: number;
  readonly DetRe: number;
  readonly DetPr: number;
  readonly AssRe: number;
  readonly AssPr: number;
  readonly LocA: number;
  /** HOTA at each threshold. */
  readonly HOTA_alpha: readonly number[];
}

/**
 * Counts for HOTA (Luiten et al. 2020, "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking").
 *
 * In each frame, boxes are matched so that tracks which overlap well over the whole sequence are preferred; the
 * matching is one for all thresholds, which then only accept or refuse its pairs.
 */
export function hotaCounts(sequence: Sequence): HotaCounts {
  const counts = zeroCounts();
  const { frames, pairs } = sequence;
  const alignment = alignmentOf(sequence);
  /** `pairs.count x ALPHAS.length`: in how many frames each pair is matched. */
  const together = new Float64Array(pairs.count * ALPHAS.length);
  const assignment = new Assignment();
  for (const { truth, tracks, similarity, pairs: pairOf } of frames) {
    const rows = truth.length;
    const cols = tracks.length;
    const cost = similarity.map((iou, at) => (iou === 0 ? 0 : -iou * alignment.score[pairOf[at]]));
    assign(cost, rows, cols, 0, assignment);
    for (let a = 0; a < ALPHAS.length; a++) {
      let matched = 0;
      for (let row = 0; row < rows; row++) {
        const col = assignment.colOfRow[row];
        if (col < 0) continue;
        const at = row * cols + col;
        if (similarity[at] < ALPHAS[a] - EPSILON) continue;
        matched++;
        counts.localisation[a] += similarity[at];
        together[pairOf[at] * ALPHAS.length + a]++;
      }
      counts.tp[a] += matched;
      counts.fn[a] += rows - matched;
      counts.fp[a] += cols - matched;
    }
  }
  associate(counts, together, sequence, alignment);
  return counts;
}

interface Alignment {
  /** In how many frames each object and each track is. */
  readonly truthFrames: Float64Array;
  readonly trackFrames: Float64Array;
  /** Of each pair: how well it goes together over the whole sequence. */
  readonly score: Float64Array;
}

/**
 * The score is an intersection over union of tracks: a frame counts for a pair by its overlap's share of all the overlaps
 * that either of the two has in that frame.
 */
function alignmentOf({ frames, pairs, truthIds, trackIds }: Sequence): Alignment {
  const truthFrames = new Float64Array(truthIds);
  const trackFrames = new Float64Array(trackIds);
  const score = new Float64Array(pairs.count);
  for (const { truth, tracks, similarity, pairs: pairOf } of frames) {
    const cols = tracks.length;
    const ofTruth = new Float64Array(truth.length);
    const ofTrack = new Float64Array(cols);
    for (let row = 0, at = 0; row < truth.length; row++) {
      for (let col = 0; col < cols; col++, at++) {
        ofTruth[row] += similarity[at];
        ofTrack[col] += similarity[at];
      }
    }
    for (let row = 0, at = 0; row < truth.length; row++) {
      for (let col = 0; col < cols; col++, at++) {
        const overlap = similarity[at];
        if (overlap > 0) score[pairOf[at]] += overlap / (ofTruth[row] + ofTrack[col] - overlap);
      }
    }
    for (const object of truth) truthFrames[object]++;
    for (const track of tracks) trackFrames[track]++;
  }
  for (let pair = 0; pair < pairs.count; pair++) {
    const frames = truthFrames[pairs.truth[pair]] + trackFrames[pairs.tracks[pair]];
    score[pair] /= frames - score[pair];
  }
  return { truthFrames, trackFrames, score };
}

/** Adds up, over all true positives, how well their object and track are associated. */
function associate(
  counts: HotaCounts,
  together: Float64Array,
  { pairs }: Sequence,
  { truthFrames, trackFrames }: Alignment,
): void {
  for (let pair = 0, at = 0; pair < pairs.count; pair++) {
    const ofTruth = truthFrames[pairs.truth[pair]];
    const ofTrack = trackFrames[pairs.tracks[pair]];
    for (let a = 0; a < ALPHAS.length; a++, at++) {
      // each of the n matches of a pair has the same association, hence n times n over the whole
      const square = together[at] * together[at];
      counts.association[a] += square / (ofTruth + ofTrack - together[at]);
      counts.associationRecall[a] += square / ofTruth;
      counts.associationPrecision[a] += square / ofTrack;
    }
  }
}

function zeroCounts(): HotaCounts {
  const zeros = (): Float64Array => new Float64Array(ALPHAS.length);
  return {
    tp: zeros(),
    fn: zeros(),
    fp: zeros(),
    association: zeros(),
    associationRecall: zeros(),
    associationPrecision: zeros(),
    localisation: zeros(),
  };
}

/** The counts of several sequences as those of one; AssA and its kin are thereby weighted by true positives. */
export function addHota(all: readonly HotaCounts[]): HotaCounts {
  const total = zeroCounts();
  for (const counts of all) {
    for (const key of Object.keys(total) as (keyof HotaCounts)[]) {
      for (let a = 0; a < ALPHAS.length; a++) total[key][a] += counts[key][a];
    }
  }
  return total;
}

export function hotaScores(counts: HotaCounts): HotaScores {
  const { tp, fn, fp, association, associationRecall, associationPrecision, localisation } = counts;
  const each = (value: (a: number) => number): number[] => ALPHAS.map((_, a) => value(a));
  const ratio = (part: number, whole: number): number => part / Math.max(1, whole);
  const detA = each((a) => ratio(tp[a], tp[a] + fn[a] + fp[a]));
  const assA = each((a) => ratio(association[a], tp[a]));
  const hota = each((a) => Math.sqrt(detA[a] * assA[a]));
  return {
    HOTA: mean(hota),
    DetA: mean(detA),
    AssA: mean(assA),
    DetRe: mean(each((a) => ratio(tp[a], tp[a] + fn[a]))),
    DetPr: mean(each((a) => ratio(tp[a], tp[a] + fp[a]))),
    AssRe: mean(each((a) => ratio(associationRecall[a], tp[a]))),
    AssPr: mean(each((a) => ratio(associationPrecision[a], tp[a]))),
    // where nothing is matched nothing is misplaced
    LocA: mean(each((a) => (tp[a] === 0 ? 1 : localisation[a] / tp[a]))),
    HOTA_alpha: hota,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
