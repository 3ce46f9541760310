import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { RawOutput } from '../inference/runner.ts';

/** Confidences are probabilities; half precision rounds them by less than this. */
const LARGEST = 1.01;

/** How many numbers of each output are looked at, spread over it. */
const SAMPLES = 128;
/** Knuth's multiplicative hash: steps that no number of columns divides. */
const STEP = 2654435761;

/**
 * Refuses outputs that are no numbers: a network whose weights or input are broken answers NaN in whole columns, and
 * comparisons with NaN would turn that into a frame without objects. Looks at a sample only.
 *
 * @throws EngineError MODEL_FAILED
 */
export function checkNumbers(model: string, outputs: readonly RawOutput[]): void {
  for (const { name, data, dims } of outputs) {
    if (data.length === 0) continue;
    let hash = 0;
    let infinite = 0;
    let value = 0;
    for (let k = 0; k < SAMPLES && !Number.isNaN(value); k++) {
      hash = (hash + STEP) % 2 ** 32;
      value = data[Math.floor((hash / 2 ** 32) * data.length)];
      if (!Number.isFinite(value)) infinite++;
    }
    // some overflow here and there is no harm
    if (!Number.isNaN(value) && infinite < SAMPLES) continue;
    throw new EngineError(
      'MODEL_FAILED',
      `model ${model} answers ${value} instead of numbers in ${name} [${dims.join(',')}]: its weights or its input encoding are broken`,
    );
  }
}

/**
 * Refuses what a wrongly exported network answers: confidences above 1, classes without a label. Costs a look at
 * the detections.
 *
 * @throws EngineError MODEL_SHAPE
 */
export function checkDetections(
  model: string,
  labels: number,
  { count, confidences, classIds }: DetectionBatch,
): void {
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
