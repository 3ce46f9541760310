import { createDetectionBatch } from '../../detection.ts';
import type { Detector } from '../../pipeline/detector.ts';
import type { InputSize } from '../../pipeline/letterbox.ts';
import { TensorInput } from '../../pipeline/tensor-input.ts';
import type { AnnotatedPicture } from './annotated-picture.ts';
import type { InputWay } from './input-way.ts';
import type { FoundObject, JudgedPicture } from './match-objects.ts';
import { readPicture } from './read-picture.ts';
import { toRgb } from './to-rgb.ts';

/** More than a detector leaves in any picture, so that none is lost to a full batch. */
const CAPACITY = 2048;

export interface DetectedPictures {
  readonly pictures: readonly JudgedPicture[];
  /** Input sizes the model computed at, `416x256`. */
  readonly inputs: readonly string[];
  /** Milliseconds a picture, one entry each. */
  readonly times: {
    readonly scaleMs: number[];
    readonly inferMs: number[];
    readonly postprocessMs: number[];
  };
}

/**
 * Runs the pipeline's own stages on every picture: decoded by FFmpeg, scaled into the model's input, inferred,
 * decoded, without duplicates.
 *
 * @param onPicture called after each, with how many are done
 */
export async function detectPictures(
  detector: Detector,
  pictures: readonly AnnotatedPicture[],
  way: InputWay,
  onPicture: (done: number) => void,
): Promise<DetectedPictures> {
  const input = new TensorInput();
  const batch = createDetectionBatch(CAPACITY);
  const inputs = new Set<string>();
  const judged: JudgedPicture[] = [];
  const times = { scaleMs: [] as number[], inferMs: [] as number[], postprocessMs: [] as number[] };
  try {
    for (const { path, objects } of pictures) {
      using decoded = await readPicture(path);
      const { width, height } = decoded;
      using converted = way === 'reference' ? toRgb(decoded, path) : undefined;
      const size: InputSize = way === 'reference' ? detector.size : await detector.inputFor(width, height);
      inputs.add(`${size.width}x${size.height}`);
      const startedMs = performance.now();
      const scaled = input.fill(converted ?? decoded, size, detector.placement);
      times.scaleMs.push(performance.now() - startedMs);
      await detector.detect(scaled, batch);
      times.inferMs.push(detector.times.inferMs);
      times.postprocessMs.push(detector.times.postprocessMs);
      judged.push({ objects, found: foundIn(batch, detector.labels) });
      onPicture(judged.length);
    }
  } finally {
    input.close();
  }
  return { pictures: judged, inputs: [...inputs], times };
}

function foundIn(
  { count, boxes, confidences, classIds }: ReturnType<typeof createDetectionBatch>,
  labels: readonly string[],
): FoundObject[] {
  return Array.from({ length: count }, (_, i) => ({
    label: labels[classIds[i]],
    score: confidences[i],
    box: [boxes[i * 4], boxes[i * 4 + 1], boxes[i * 4 + 2], boxes[i * 4 + 3]],
  }));
}
