import { ByteTrack } from '../tracking/bytetrack.ts';
import { BYTETRACK_CPP, BYTETRACK_PYTHON } from '../tracking/bytetrack-options.ts';
import { Sort } from '../tracking/sort.ts';
import { SORT_2016 } from '../tracking/sort-options.ts';
import type { Tracker } from '../tracking/tracker.ts';

export interface Preset {
  readonly tracker: string;
  /** Detections of exactly this confidence are not given to it. */
  readonly ignoredConfidence?: number;
  create(): Tracker;
}

/** The originals counted frames and ran with this rate, whatever the sequence. */
export const PRESET_FPS = 30;

const CONTEXT = { firstId: 1 };

/** Trackers as the original implementations ran, for comparing results with theirs. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  'sort-2016': { tracker: 'sort', create: () => new Sort(SORT_2016, CONTEXT) },
  'bytetrack-python': {
    tracker: 'bytetrack',
    // the original compares by > and <: what is exactly at its threshold is in neither association
    ignoredConfidence: BYTETRACK_PYTHON.trackThreshold,
    create: () => new ByteTrack(BYTETRACK_PYTHON, CONTEXT),
  },
  'bytetrack-cpp': { tracker: 'bytetrack', create: () => new ByteTrack(BYTETRACK_CPP, CONTEXT) },
};
export const PRESET_NAMES = Object.keys(PRESETS);
