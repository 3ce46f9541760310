import type { ActiveTracks } from './active-tracks.ts';
import type { SlotList } from './slot-list.ts';
import { CONFIRMED, type TrackPool } from './track-pool.ts';

/** Writes the confirmed tracks of `tracks`, all seen in this frame, into `active` and into their detections' `trackIds`. */
export function reportTracks(
  pool: TrackPool,
  tracks: SlotList,
  active: ActiveTracks,
  trackIds: Float64Array,
): void {
  const { corners, states, ids, classIds, detections } = pool;
  active.reset(tracks.count);
  for (let i = 0; i < tracks.count; i++) {
    const slot = tracks.items[i];
    if (states[slot] !== CONFIRMED) continue;
    const at = slot * 4;
    const k = active.count++;
    active.ids[k] = ids[slot];
    active.boxes[k * 4] = corners[at];
    active.boxes[k * 4 + 1] = corners[at + 1];
    active.boxes[k * 4 + 2] = corners[at + 2] - corners[at];
    active.boxes[k * 4 + 3] = corners[at + 3] - corners[at + 1];
    active.classIds[k] = classIds[slot];
    active.detections[k] = detections[slot];
    trackIds[detections[slot]] = ids[slot];
  }
}
