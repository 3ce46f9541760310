import { Assignment, assign } from '../assignment.ts';
import type { MotRows } from '../mot/mot-rows.ts';
import { EPSILON, similarities } from './similarity.ts';

const PEDESTRIAN = 1;
const VEHICLE = 6;
/** Person on a vehicle, static person, distractor, reflection: finding one is neither right nor wrong. */
const DISTRACTORS: readonly number[] = [2, 7, 8, 12];
/** From this overlap a box of the result is taken to mean the object. */
const SAME_OBJECT = 0.5;

/** Of the classes that MOT16 and later number. */
export function isPedestrian(classId: number): boolean {
  return classId === PEDESTRIAN;
}

/**
 * Those of `resultRows` whose partner is a distractor, when the result is matched to everything that is annotated in
 * the frame, whether it counts or not, for the greatest sum of overlaps.
 */
export function distractorRows(
  truth: MotRows,
  truthRows: readonly number[],
  result: MotRows,
  resultRows: readonly number[],
  ignoreVehicles: boolean,
): Set<number> {
  const similarity = similarities(truth.boxes, truthRows, result.boxes, resultRows);
  const cost = similarity.map((iou) => (iou < SAME_OBJECT - EPSILON ? Infinity : -iou));
  const assignment = new Assignment();
  assign(cost, truthRows.length, resultRows.length, 0, assignment);
  const found = new Set<number>();
  for (const [i, row] of truthRows.entries()) {
    const col = assignment.colOfRow[i];
    const classId = truth.classes[row];
    const ignored = DISTRACTORS.includes(classId) || (ignoreVehicles && classId === VEHICLE);
    if (col >= 0 && ignored) found.add(resultRows[col]);
  }
  return found;
}
