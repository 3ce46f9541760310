export interface SortOptions {
  /** Detections from this confidence are tracked; a class's own threshold takes its place. */
  trackThreshold: number;
  /** Least overlap of a predicted track and its detection. */
  iouThreshold: number;
  /** In how many frames in a row a track must be seen before it is confirmed. */
  minHits: number;
  /** How long a track may go unseen, media time. The original: one frame. */
  lostForMs: number;
  /** `creation`: as the original counts, so that ids have gaps; `confirmation`: every id is a counted object. */
  idsAt: 'creation' | 'confirmation';
  /** As the original: a track that went unseen is reported again only after `minHits` further frames. */
  confirmAnew: boolean;
}

export const SORT_DEFAULTS: Readonly<SortOptions> = {
  trackThreshold: 0.5,
  iouThreshold: 0.3,
  minHits: 3,
  lostForMs: 200,
  idsAt: 'confirmation',
  confirmAnew: false,
};

/** The original implementation at 30 frames/s, for comparing results row by row. */
export const SORT_2016: Readonly<Partial<SortOptions>> = {
  trackThreshold: 0,
  iouThreshold: 0.3,
  minHits: 3,
  lostForMs: 1000 / 30,
  idsAt: 'creation',
  confirmAnew: true,
};
