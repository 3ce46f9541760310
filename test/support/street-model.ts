import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toyDetector } from './toy-detector.ts';

const LABELS = ['person', 'car'];
const CELLS = 84; // of a 64x64 input: 8x8 + 4x4 + 2x2

/** A models directory in which the model that comes with the program sees one car, always in the same place. */
export function writeStreetModel(dir: string): void {
  const weights = oneCar();
  writeFileSync(join(dir, 'street.onnx'), weights);
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const model = { name: 'sightline-street', family: 'yolox', file: 'street.onnx', bundled: true, sha256 };
  const manifest = { version: 1, models: [{ ...model, labels: LABELS }] };
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest));
}

/** A network of the family yolox. */
function oneCar(): Buffer {
  const answer = new Float32Array(CELLS * (5 + LABELS.length));
  answer.set([0, 0, 0, 0, 1, 0, 1], (64 + 5) * (5 + LABELS.length));
  const shape = [CELLS, 5 + LABELS.length];
  return toyDetector({ input: [1, 3, 64, 64], output: [1, ...shape], answer, answerDims: shape });
}
