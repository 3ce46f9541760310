import { Value } from 'typebox/value';
import { TrackerSettings } from '../tracker-settings.ts';
import { BotSort } from './botsort.ts';
import { ByteTrack } from './bytetrack.ts';
import { BYTETRACK_DEFAULTS, SIGHTLINE_DEFAULTS } from './bytetrack-options.ts';
import { DeepSort } from './deepsort.ts';
import { OcSort } from './ocsort.ts';
import { Sort } from './sort.ts';
import type { Tracker, TrackerContext } from './tracker.ts';

/** ByteTrack begins tracks on detections this much above its track threshold (Zhang et al. 2022). */
const NEW_TRACK_MARGIN = BYTETRACK_DEFAULTS.newTrackThreshold - BYTETRACK_DEFAULTS.trackThreshold;

/** The tracker that `settings` describe; what they leave out is as their schema says. */
export function createTracker(settings: TrackerSettings, context: TrackerContext): Tracker {
  const { name, lostForSeconds, trackThreshold, ...rest } = withTrackerDefaults(settings);
  const options = {
    ...rest,
    ...(trackThreshold === undefined ? {} : { trackThreshold }),
    lostForMs: Number(lostForSeconds) * 1000,
  };
  const strong = trackThreshold ?? BYTETRACK_DEFAULTS.trackThreshold;
  const newTrackThreshold = Math.min(1, strong + NEW_TRACK_MARGIN);
  switch (name) {
    case 'sort':
      return new Sort(options, context);
    case 'bytetrack':
      return new ByteTrack({ ...options, newTrackThreshold }, context);
    case 'sightline':
      return new ByteTrack({ ...SIGHTLINE_DEFAULTS, ...options, newTrackThreshold }, context);
    case 'ocsort':
      return new OcSort(options, context);
    case 'deepsort':
      return new DeepSort(options, context);
    case 'botsort':
      return new BotSort(options, context);
  }
}

export function withTrackerDefaults(settings: TrackerSettings): TrackerSettings {
  return Value.Default(TrackerSettings, Value.Clone(settings)) as TrackerSettings;
}

/** The embedding model that a tracker needs to tell objects apart by their looks; undefined for none. */
export function appearanceModelOf(settings: TrackerSettings): string | undefined {
  return 'model' in settings ? settings.model : undefined;
}
