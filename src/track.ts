/**
 * Track ids are unique per camera for ever, without coordination: the second in which the run began,
 * times 2^20, plus a counter from 1. At most 2^51, so exact in a double, in JSON and in UInt64.
 */
const IDS_PER_RUN = 2 ** 20;

export type TrackState = 'tentative' | 'confirmed' | 'lost' | 'removed';

/** The first id of a run that began at `startedAtMs` (wall clock); ids count up from it. */
export function firstTrackId(startedAtMs: number): number {
  return Math.floor(startedAtMs / 1000) * IDS_PER_RUN + 1;
}

/** The short number people see: the track's place within its run. */
export function trackNumber(trackId: number): number {
  return trackId % IDS_PER_RUN;
}
