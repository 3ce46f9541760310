import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { RawOutput } from '../inference/runner.ts';

/** Confidences are probabilities; half precision rounds them by less than this. */
const LARGEST = 1.01;

/**
 * Refuses what a broken or wrongly exported network answers: no numbers at all, confidences above 1, classes
 * without a label. Costs a look at one number and at the detections.
 *
 * @param scores of the run's last picture
 * @throws EngineError MODEL_FAILED, MODEL_SHAPE
 */
export function checkDetections(
  model: string,
  labels: number,
  scores: RawOutput,
  { count, confidences, classIds }: DetectionBatch,
): void {
  const { data } = scores;
  // a network that breaks answers no numbers anywhere, so not at the end either
  if (
    data.length > 0 &&
    !Number.isFinite(data[data.length - 1]) &&
    !data.some((score) => Number.isFinite(score))
  ) {
    throw new EngineError(
      'MODEL_FAILED',
      `model ${model} answers ${data[data.length - 1]} instead of numbers in ${scores.name} [${scores.dims.join(',')}]: its weights or its input encoding are broken`,
    );
  }
  for (let i = 0; i < count; i++) {
    if (confidences[i] > LARGEST) {
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${model} answers a confidence of ${confidences[i]}, expected 0 to 1: export it with its scores through the sigmoid`,
      );
    }
    if (classIds[i] >= labels) {
      throw new EngineError(
        'MODEL_SHAPE',
        `model ${model} answers class ${classIds[i]}, its manifest names ${labels} labels`,
      );
    }
  }
}
