import type { DetectedObject } from '../../detection.ts';
import { iou } from '../../geometry/box.ts';
import { Assignment, assign } from '../../tracking/assignment.ts';
import { DEMO_LABELS } from '../clips.ts';
import type { ClipBox, TruthBox } from './truth-frames.ts';

/** From this overlap a box is taken to mean the object. */
const SAME_OBJECT = 0.5;
/** Outweighs any overlap: what can be matched with an object that counts is. */
const COUNTED_FIRST = 1000;

export interface TrackBox {
  readonly track: number;
  readonly label: string;
  readonly box: ClipBox;
}

/** One analysed frame: what counts of the truth, and of the tracks those that are not on what does not count. */
export interface JudgedFrame {
  /** Of the clip, from 0. */
  readonly index: number;
  readonly truth: readonly TruthBox[];
  readonly tracks: readonly TrackBox[];
}

/** A box of a message in pixels of the clip. */
export function clipBox([x, y, w, h]: DetectedObject['box'], width: number, height: number): ClipBox {
  return [x * width, y * height, w * width, h * height];
}

/** The confirmed tracks among a frame's objects: what the engine counts. Of other labels the truth says nothing. */
export function trackBoxes(
  objects: readonly DetectedObject[],
  { width, height }: { readonly width: number; readonly height: number },
): TrackBox[] {
  return objects.flatMap(({ track, label, box }) =>
    track === undefined || !DEMO_LABELS.includes(label)
      ? []
      : [{ track, label, box: clipBox(box, width, height) }],
  );
}

/**
 * Takes out what does not count, as the MOTChallenge does with its distractors (Dendorfer et al. 2020): all tracks of
 * the frame are matched with all that is there, whatever the labels, at an overlap of at least 0.5; a track matched with
 * an object that does not count is no false alarm. As in COCO, it is matched so only where no object that counts can
 * have it. Such an object may be found by its whole box or by what can be seen of it.
 */
export function judgedFrame(
  index: number,
  objects: readonly TruthBox[],
  tracks: readonly TrackBox[],
): JudgedFrame {
  const cost = new Float64Array(objects.length * tracks.length);
  let at = 0;
  for (const { counted, box, seen } of objects) {
    for (const track of tracks) {
      const whole = iou(track.box, 0, box, 0);
      const overlap = counted || seen[2] === 0 ? whole : Math.max(whole, iou(track.box, 0, seen, 0));
      cost[at++] = overlap < SAME_OBJECT ? Infinity : -overlap - (counted ? COUNTED_FIRST : 0);
    }
  }
  const assignment = new Assignment();
  assign(cost, objects.length, tracks.length, 0, assignment);
  const ignored = new Set<number>();
  for (const [row, { counted }] of objects.entries()) if (!counted) ignored.add(assignment.colOfRow[row]);
  return {
    index,
    truth: objects.filter(({ counted }) => counted),
    tracks: tracks.filter((_, col) => !ignored.has(col)),
  };
}
