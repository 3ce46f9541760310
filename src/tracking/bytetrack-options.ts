import * as sizeFilter from './botsort-filter.ts';
import * as aspectFilter from './box-filter.ts';
import * as timedFilter from './timed-filter.ts';

/** The functions of a Kalman filter of boxes on `STRIDE` numbers a track, see `box-filter.ts`. */
export type BoxFilter = Pick<
  typeof aspectFilter,
  'initiateFrom' | 'predict' | 'updateFrom' | 'writeCorners' | 'stopGrowing'
> & {
  /** It counts in seconds in place of frame intervals. */
  readonly inSeconds?: boolean;
};

export interface ByteTrackOptions {
  /** Detections from this confidence take part in the first association. */
  trackThreshold: number;
  /** Detections from this confidence that continue no track begin one. */
  newTrackThreshold: number;
  /** Detections above this confidence and below `trackThreshold` only keep tracks going (second association). */
  lowThreshold: number;
  /** Cost (1 - IoU, fused with the score) from which the first association refuses a pair. */
  matchThreshold: number;
  /** The same of the second association, which is never fused. */
  secondMatchThreshold: number;
  /** The same of the association of tentative tracks. */
  unconfirmedMatchThreshold: number;
  /** Weighs IoU with the detection's confidence in the first and the tentative association. */
  fuseScore: boolean;
  /** How long a track may go unseen and still be found again, media time. ByteTrack: track_buffer / fps. */
  lostForMs: number;
  /** `inclusive`: corners name pixels, so every extent counts one more; as the original implementations measure. */
  pixelConvention: 'continuous' | 'inclusive';
  /** Where a track is looked for: where it should be by now, or where it was last seen. */
  associateAt: 'prediction' | 'last-seen';
  /**
   * Removes lost tracks as the original implementations do: two frames after `lostForMs`; a track found within
   * these two lives on, but is removed at once when next lost.
   */
  lateRemoval: boolean;
  /** How boxes move: height and aspect (ByteTrack), or width and height (BoT-SORT). */
  filter: BoxFilter;
  /** Weighs overlap with how like in height two boxes are. */
  heightModulated: boolean;
  /** Moves all tracks by what the boxes moved together, as a camera that pans or shakes moves them. */
  followShift: boolean;
  /** Tentative tracks move on too, as far as one second look tells where to; the original leaves them in place. */
  predictTentative: boolean;
}

export const BYTETRACK_DEFAULTS: Readonly<ByteTrackOptions> = {
  trackThreshold: 0.5,
  newTrackThreshold: 0.6,
  lowThreshold: 0.1,
  matchThreshold: 0.8,
  secondMatchThreshold: 0.5,
  unconfirmedMatchThreshold: 0.7,
  fuseScore: true,
  lostForMs: 1_000,
  pixelConvention: 'continuous',
  associateAt: 'prediction',
  lateRemoval: false,
  filter: aspectFilter,
  heightModulated: false,
  followShift: false,
  predictTentative: false,
};

/**
 * Our own combination. ByteTrack's two stages on a filter whose noise is a matter of time, so that it holds at 5 frames/s
 * as at 30, with overlap weighed by likeness in height, twice the memory, and a camera's own motion taken out by the
 * boxes alone. docs/benchmarks.md has the numbers.
 */
export const SIGHTLINE_DEFAULTS: Readonly<ByteTrackOptions> = {
  ...BYTETRACK_DEFAULTS,
  matchThreshold: 0.9,
  unconfirmedMatchThreshold: 0.9,
  lostForMs: 2_000,
  filter: { ...timedFilter, writeCorners: sizeFilter.writeCorners },
  heightModulated: true,
  followShift: true,
  predictTentative: true,
};

/** The original Python implementation as evaluated on MOT17, for comparing results row by row. */
export const BYTETRACK_PYTHON: Readonly<Partial<ByteTrackOptions>> = {
  trackThreshold: 0.6,
  newTrackThreshold: 0.7,
  matchThreshold: 0.9,
  pixelConvention: 'inclusive',
  lateRemoval: true,
};

/** The original C++ implementation: its predictions never reach the boxes it associates. */
export const BYTETRACK_CPP: Readonly<Partial<ByteTrackOptions>> = {
  trackThreshold: 0.5,
  newTrackThreshold: 0.6,
  matchThreshold: 0.8,
  fuseScore: false,
  pixelConvention: 'inclusive',
  associateAt: 'last-seen',
  lateRemoval: true,
};
