export interface BotSortOptions {
  /** Detections from this confidence take part in the first association, where their class has no threshold of its own. */
  trackThreshold: number;
  /** How much more confident than that a detection must be to begin a track. */
  newTrackMargin: number;
  /** Detections above this confidence and below `trackThreshold` only keep tracks going (second association). */
  lowThreshold: number;
  /** Cost (1 - overlap x confidence, or half the cosine distance) from which the first association refuses a pair. */
  matchThreshold: number;
  /** The same of the second association, by overlap alone. */
  secondMatchThreshold: number;
  /** The same of the association of tentative tracks. */
  unconfirmedMatchThreshold: number;
  /** Cosine distance, 0 to 1, from which two looks are not of one object; where it lies depends on the network. */
  maxCosineDistance: number;
  /** What a unit of squared Mahalanobis distance costs beside half the cosine distance, of tracks unseen for a while. */
  motionWeight: number;
  /** Cost of overlap (1 - IoU) from which looks count for nothing: theta iou of the paper. */
  proximity: number;
  /** Share of the past in what a track looks like: alpha of the paper. */
  appearanceMemory: number;
  /** How long a track may go unseen and still be found again, media time. */
  lostForMs: number;
}

/** The paper's values, but for the time a track is remembered, which is 30 frames there. */
export const BOTSORT_DEFAULTS: Readonly<BotSortOptions> = {
  trackThreshold: 0.5,
  newTrackMargin: 0.1,
  lowThreshold: 0.1,
  matchThreshold: 0.8,
  secondMatchThreshold: 0.5,
  unconfirmedMatchThreshold: 0.7,
  maxCosineDistance: 0.25,
  motionWeight: 0.01,
  proximity: 0.5,
  appearanceMemory: 0.9,
  lostForMs: 3_000,
};
