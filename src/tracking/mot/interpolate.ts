import type { TrackBox } from './track-box.ts';

/**
 * Fills gaps of up to `maxGap` missing frames in each track with boxes on the straight line between those around it.
 *
 * Off-line: it needs to know that the track goes on, so it serves evaluations and uploaded videos, never a live
 * camera. Longer gaps stay open, as in the evaluation of ByteTrack (Zhang et al. 2022), whose limit is 20 frames.
 */
export function interpolated(boxes: readonly TrackBox[], maxGap: number): TrackBox[] {
  const filled: TrackBox[] = [];
  for (const track of Map.groupBy(boxes, ({ id }) => id).values()) {
    track.sort((a, b) => a.frame - b.frame);
    for (const [i, after] of track.entries()) {
      const before = track[i - 1];
      const missing = before ? after.frame - before.frame - 1 : 0;
      if (missing <= maxGap) {
        for (let k = 1; k <= missing; k++) filled.push(between(before, after, k));
      }
      filled.push(after);
    }
  }
  return filled.sort((a, b) => a.frame - b.frame || a.id - b.id);
}

/** The box `k` frames after `before`. Its confidence is the lesser of the two: nothing was seen there. */
function between(before: TrackBox, after: TrackBox, k: number): TrackBox {
  const share = k / (after.frame - before.frame);
  const mix = (i: 0 | 1 | 2 | 3): number => before.box[i] + (after.box[i] - before.box[i]) * share;
  return {
    frame: before.frame + k,
    id: before.id,
    box: [mix(0), mix(1), mix(2), mix(3)],
    confidence: Math.min(before.confidence, after.confidence),
  };
}
