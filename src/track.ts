/**
 * Track ids are unique per camera without coordination: the moment in which the run began, in hundredths of a
 * second since 2020, times 2^16, plus a counter from 1. A run with more tracks reaches into the numbers of later
 * moments, in which no other run of the camera can begin: 65,536 tracks take longer than a hundredth of a second.
 * Below 2^53 until the year 2063, so exact in a double, in JSON and in UInt64.
 */
const EPOCH_MS = Date.UTC(2020, 0, 1);
const TICK_MS = 10;
const IDS_PER_TICK = 2 ** 16;

export type TrackState = 'tentative' | 'confirmed' | 'lost' | 'removed';

/** The first id of a run that began at `startedAtMs` (wall clock); ids count up from it. */
export function firstTrackId(startedAtMs: number): number {
  return Math.max(0, Math.floor((startedAtMs - EPOCH_MS) / TICK_MS)) * IDS_PER_TICK + 1;
}

/** The short number people see: the track's place within its run. */
export function trackNumber(trackId: number): number {
  return trackId % IDS_PER_TICK;
}
