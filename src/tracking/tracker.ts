import type { DetectionBatch } from '../detection.ts';
import type { ActiveTracks } from './active-tracks.ts';

/** What detections look like, for trackers that recognise objects again (re-identification). */
export interface Appearance {
  /** Numbers of one vector; all are of length 1, so that the dot product is the cosine. */
  readonly size: number;
  /** `capacity x size`, one row for each detection of the batch, in its order. */
  readonly vectors: Float32Array;
  /** 1 for detections that have a vector: only those a tracker may start or continue a track with confidently. */
  readonly present: Uint8Array;
}

/** One camera's tracker. Pure: no input or output, time as an argument, nothing allocated per frame in steady state. */
export interface Tracker {
  /** The confirmed tracks matched in the last frame; overwritten by the next update. */
  readonly active: ActiveTracks;
  /** The id given last; `firstId - 1` before the first. */
  readonly lastId: number;
  /**
   * Takes the next analysed frame, empty ones too, in order of `ptsMs` (media time). Writes
   * `detections.trackIds`: the confirmed track each detection continues, else 0.
   */
  update(detections: DetectionBatch, ptsMs: number, appearance?: Appearance): void;
}

/** What every tracker is given besides its own settings. */
export interface TrackerContext {
  /** Id of the first confirmed track; ids count up from it. */
  readonly firstId: number;
  /**
   * By class id: from which confidence a detection is strong (may begin a track), in place of the tracker's own
   * threshold. Absent: the tracker's own for all. Read at each update: its owner may change what is in it.
   */
  readonly strongFrom?: Float32Array;
  /** Expected time between analysed frames; 0 or absent learns it. */
  readonly nominalFrameIntervalMs?: number;
}
