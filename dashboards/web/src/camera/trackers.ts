import type { TrackerName } from '../../../../src/tracker-settings.ts';

/** A tracker as people choose it. */
export interface TrackerWords {
  readonly title: string;
  /** What it is for, in one line. */
  readonly purpose: string;
}

/** The tracker of a camera that names none. */
export const DEFAULT_TRACKER = 'sightline';

/** The trackers to choose from, by the name that the API takes; a test holds them against its schema. */
export const TRACKERS: Readonly<Record<TrackerName, TrackerWords>> = {
  sightline: {
    title: 'Sightline',
    purpose: 'By overlap, with a longer memory and the motion of the camera taken out: for most scenes.',
  },
  bytetrack: {
    title: 'ByteTrack',
    purpose: 'By overlap, weak detections included: quick and well known.',
  },
  ocsort: {
    title: 'OC-SORT',
    purpose: 'By overlap and direction: for objects that turn, dance or are hidden for a while.',
  },
  sort: {
    title: 'SORT',
    purpose: 'By overlap alone: the simplest. A track ends soon after its object is hidden.',
  },
  deepsort: {
    title: 'DeepSORT',
    purpose: 'By looks first, then by place: finds people again after they were hidden, for more computing.',
  },
  botsort: {
    title: 'BoT-SORT',
    purpose: 'By place and looks together: keeps people apart who cross, for more computing.',
  },
};

/** A newer hub may know more trackers: those go by their names. */
export function trackerTitle(name: string): string {
  return known(name)?.title ?? name;
}

export function trackerPurpose(name: string): string | undefined {
  return known(name)?.purpose;
}

function known(name: string): TrackerWords | undefined {
  return Object.hasOwn(TRACKERS, name) ? TRACKERS[name as TrackerName] : undefined;
}
