/**
 * The index of the first of `scores[from .. end - 1]` that reaches `threshold`; `end` when none does. What is not a
 * number reaches nothing.
 *
 * A loop of its own, because nearly all of the scores of a picture end here: 0.4 ms for the 672,000 of a YOLOv8 of 80
 * classes, where the same comparison amid what happens to the few others took 0.9 ms.
 */
export function firstAtLeast(
  scores: Float32Array | Float64Array,
  from: number,
  end: number,
  threshold: number,
): number {
  let at = from;
  while (at < end && !(scores[at] >= threshold)) at++;
  return at;
}
