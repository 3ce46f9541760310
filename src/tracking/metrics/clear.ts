import { Assignment, assign } from '../assignment.ts';
import type { Sequence } from './sequence.ts';
import { EPSILON } from './similarity.ts';

/** A box is found when it overlaps by at least this. */
const THRESHOLD = 0.5;
/** Outweighs any overlap: who was matched in the frame before stays matched while it can. */
const CONTINUITY = 1000;
const MOSTLY_TRACKED = 0.8;
const PARTLY_TRACKED = 0.2;

export interface ClearCounts {
  readonly CLR_TP: number;
  readonly CLR_FN: number;
  readonly CLR_FP: number;
  /** Identity switches. */
  readonly IDSW: number;
  /** Objects mostly (> 80 % of their frames), partly (>= 20 %) tracked, and mostly lost. */
  readonly MT: number;
  readonly PT: number;
  readonly ML: number;
  /** How often a tracked object was lost and found again. */
  readonly Frag: number;
  /** Sum of the overlaps of all true positives. */
  readonly overlap: number;
}

/** Ratios; MOTA and its kin may be negative. */
export interface ClearScores extends Omit<ClearCounts, 'overlap'> {
  readonly MOTA: number;
  readonly MOTP: number;
  readonly MODA: number;
  readonly CLR_Re: number;
  readonly CLR_Pr: number;
  readonly MTR: number;
  readonly PTR: number;
  readonly MLR: number;
  readonly sMOTA: number;
}

/** Counts for the CLEAR MOT metrics (Bernardin and Stiefelhagen 2008) and for MT, PT, ML (Li et al. 2009), at IoU 0.5. */
export function clearCounts({ frames, truthIds }: Sequence): ClearCounts {
  let tp = 0;
  let fn = 0;
  let fp = 0;
  let switches = 0;
  let overlap = 0;
  const seenFrames = new Float64Array(truthIds);
  const matchedFrames = new Float64Array(truthIds);
  const begun = new Float64Array(truthIds);
  /** The track each object was matched with last, and in the frame before; -1 for none. */
  const lastTrack = new Int32Array(truthIds).fill(-1);
  let previous = new Int32Array(truthIds).fill(-1);
  const assignment = new Assignment();
  for (const { truth, tracks, similarity } of frames) {
    for (const id of truth) seenFrames[id]++;
    // a frame without truth or without tracks leaves what went before as it is
    if (truth.length === 0 || tracks.length === 0) {
      fn += truth.length;
      fp += tracks.length;
      continue;
    }
    const cols = tracks.length;
    const cost = similarity.map((iou, at) => {
      if (iou < THRESHOLD - EPSILON) return Infinity;
      const continues = previous[truth[Math.floor(at / cols)]] === tracks[at % cols];
      return -iou - (continues ? CONTINUITY : 0);
    });
    assign(cost, truth.length, cols, 0, assignment);
    const now = new Int32Array(truthIds).fill(-1);
    let matched = 0;
    for (let row = 0; row < truth.length; row++) {
      const col = assignment.colOfRow[row];
      if (col < 0) continue;
      const id = truth[row];
      const track = tracks[col];
      matched++;
      overlap += similarity[row * cols + col];
      matchedFrames[id]++;
      if (lastTrack[id] !== -1 && lastTrack[id] !== track) switches++;
      lastTrack[id] = track;
      now[id] = track;
      if (previous[id] === -1) begun[id]++;
    }
    previous = now;
    tp += matched;
    fn += truth.length - matched;
    fp += cols - matched;
  }
  let mostly = 0;
  let partly = 0;
  let fragments = 0;
  for (let id = 0; id < truthIds; id++) {
    const ratio = matchedFrames[id] / seenFrames[id];
    if (ratio > MOSTLY_TRACKED) mostly++;
    else if (ratio >= PARTLY_TRACKED) partly++;
    if (begun[id] > 0) fragments += begun[id] - 1;
  }
  return {
    CLR_TP: tp,
    CLR_FN: fn,
    CLR_FP: fp,
    IDSW: switches,
    MT: mostly,
    PT: partly,
    ML: truthIds - mostly - partly,
    Frag: fragments,
    overlap,
  };
}

/** The counts of several sequences as those of one. */
export function addClear(all: readonly ClearCounts[]): ClearCounts {
  const sum = (key: keyof ClearCounts): number => all.reduce((total, counts) => total + counts[key], 0);
  return {
    CLR_TP: sum('CLR_TP'),
    CLR_FN: sum('CLR_FN'),
    CLR_FP: sum('CLR_FP'),
    IDSW: sum('IDSW'),
    MT: sum('MT'),
    PT: sum('PT'),
    ML: sum('ML'),
    Frag: sum('Frag'),
    overlap: sum('overlap'),
  };
}

export function clearScores({ overlap, ...counts }: ClearCounts): ClearScores {
  const { CLR_TP: tp, CLR_FN: fn, CLR_FP: fp, IDSW, MT, PT, ML } = counts;
  const boxes = Math.max(1, tp + fn);
  const objects = Math.max(1, MT + PT + ML);
  return {
    ...counts,
    MOTA: (tp - fp - IDSW) / boxes,
    MOTP: overlap / Math.max(1, tp),
    MODA: (tp - fp) / boxes,
    CLR_Re: tp / boxes,
    CLR_Pr: tp / Math.max(1, tp + fp),
    MTR: MT / objects,
    PTR: PT / objects,
    MLR: ML / objects,
    sMOTA: (overlap - fp - IDSW) / boxes,
  };
}
