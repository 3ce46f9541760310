export interface DeepSortOptions {
  /** Detections from this confidence are tracked where their class has no threshold of its own; others are ignored. */
  trackThreshold: number;
  /** Frames in a row in which a new track must be seen before it is confirmed and gets its id. */
  confirmAfter: number;
  /** How long a track may go unseen and still be recognised, media time. */
  lostForMs: number;
  /** Cosine distance, 0 to 1, from which two looks are not of one object; where it lies depends on the network. */
  maxCosineDistance: number;
  /** What a unit of squared Mahalanobis distance costs beside the cosine distance; 0 goes by looks alone. */
  motionWeight: number;
  /** How many of its latest looks a track is compared with. */
  gallerySize: number;
  /** Least overlap by which a track is continued without, or in spite of, its looks. */
  iouThreshold: number;
}

/**
 * As in the paper, but for two: a track is remembered longer than a second, since recognising it again is what the
 * looks are for; and the gallery holds 30 looks of 100, which is as good here and bounds the memory (60 KB a track).
 */
export const DEEPSORT_DEFAULTS: Readonly<DeepSortOptions> = {
  trackThreshold: 0.5,
  confirmAfter: 3,
  lostForMs: 3_000,
  maxCosineDistance: 0.25,
  motionWeight: 0.02,
  gallerySize: 30,
  iouThreshold: 0.3,
};
