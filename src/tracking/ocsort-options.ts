export interface OcSortOptions {
  /** Detections from this confidence are tracked; a class's own threshold takes its place. */
  trackThreshold: number;
  /** Least overlap of a track and its detection, in both rounds. */
  iouThreshold: number;
  /** Weight of the direction in which a detection lies (lambda of the paper). */
  inertia: number;
  /** In how many frames in a row a track must be seen before it is confirmed. */
  minHits: number;
  /** How long a track may go unseen and still be found again, media time. The paper: 30 frames. */
  lostForMs: number;
}

/** The paper's values, at 30 frames/s. */
export const OCSORT_DEFAULTS: Readonly<OcSortOptions> = {
  trackThreshold: 0.6,
  iouThreshold: 0.3,
  inertia: 0.2,
  minHits: 3,
  lostForMs: 1_000,
};
