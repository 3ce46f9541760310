import type { DetectionBatch } from '../../detection.ts';
import { EngineError } from '../../errors.ts';
import type { RawOutput } from '../inference/runner.ts';
import type { Letterbox } from '../letterbox.ts';
import type { Family, Head } from './family.ts';
import { firstAtLeast } from './first-at-least.ts';
import { keepBox } from './keep-box.ts';

const SCORES = /^cls_pred_stride_(\d+)$/;

/** NanoDet (RangiLyu 2020): class scores and distances to the four sides as distributions, an output of each for every stride. */
export const nanodet: Family = {
  name: 'nanodet',
  expects:
    'outputs cls_pred_stride_S [N, cells, classes] and dis_pred_stride_S [N, cells, 4 x bins] of each stride S',
  // mean and deviation of ImageNet, as B, G, R
  encoding: {
    channels: 'BGR',
    range: '0-255',
    mean: [103.53, 116.28, 123.675],
    std: [57.375, 57.12, 58.395],
  },
  placement: { at: 'centre', padding: 0 },
  stride: 32,
  nmsIou: 0.6,
  recognise({ outputs }) {
    const scores = outputs.filter(({ name }) => SCORES.test(name));
    if (scores.length === 0) return 'needs outputs cls_pred_stride_8 and so on';
    const strides = scores.map(({ name }) => Number(SCORES.exec(name)?.[1])).sort((a, b) => a - b);
    const distances = strides.map((stride) =>
      outputs.find(({ name }) => name === `dis_pred_stride_${stride}`),
    );
    const classes = scores[0].dims?.[2];
    const sides = distances[0]?.dims?.[2];
    if (typeof classes !== 'number' || typeof sides !== 'number' || sides % 4 !== 0)
      return 'needs outputs of three dimensions, the last of classes and of 4 x bins';
    if (
      !distances.every((output) => output?.dims?.[2] === sides) ||
      !scores.every(({ dims }) => dims?.[2] === classes)
    )
      return 'needs outputs of the same classes and bins for every stride';
    return headOf(strides, classes, sides / 4);
  },
};

function headOf(strides: readonly number[], classes: number, bins: number): Head {
  return {
    classes,
    outputs: strides.flatMap((stride) => [`cls_pred_stride_${stride}`, `dis_pred_stride_${stride}`]),
    decode(outputs, index, fitted, minConfidence, into) {
      into.count = 0;
      for (let level = 0; level < strides.length; level++) {
        decodeLevel(
          outputs[2 * level],
          outputs[2 * level + 1],
          index,
          strides[level],
          classes,
          bins,
          fitted,
          minConfidence,
          into,
        );
      }
    },
  };
}

function decodeLevel(
  scores: RawOutput,
  distances: RawOutput,
  index: number,
  stride: number,
  classes: number,
  bins: number,
  fitted: Letterbox,
  minConfidence: number,
  into: DetectionBatch,
): void {
  const { input } = fitted;
  const across = Math.ceil(input.width / stride);
  const cells = across * Math.ceil(input.height / stride);
  if (scores.dims[1] !== cells || distances.dims[1] !== cells) {
    throw new EngineError(
      'MODEL_SHAPE',
      `expected ${cells} cells of stride ${stride}, got ${scores.name} [${scores.dims.join(',')}] and ${distances.name} [${distances.dims.join(',')}]`,
    );
  }
  const { data } = scores;
  const first = index * cells * classes;
  const last = first + cells * classes;
  for (let at = firstAtLeast(data, first, last, minConfidence); at < last; ) {
    const cell = Math.floor((at - first) / classes);
    const end = first + (cell + 1) * classes;
    let best = at;
    for (let c = at + 1; c < end; c++) if (data[c] > data[best]) best = c;
    at = firstAtLeast(data, end, last, minConfidence);
    const classId = best - (end - classes);
    // the middle of the cell's first and last pixel
    const x = (cell % across) * stride + (stride - 1) / 2;
    const y = Math.floor(cell / across) * stride + (stride - 1) / 2;
    const sides = (index * cells + cell) * 4 * bins;
    const left = x - stride * expectation(distances.data, sides, bins);
    const top = y - stride * expectation(distances.data, sides + bins, bins);
    const right = x + stride * expectation(distances.data, sides + 2 * bins, bins);
    const bottom = y + stride * expectation(distances.data, sides + 3 * bins, bins);
    keepBox(into, fitted, left, top, right, bottom, data[best], classId);
  }
}

/** The mean of 0, 1 .. under the softmax of `bins` logits (generalised focal loss, Li et al. 2020). */
function expectation(logits: Float32Array | Float64Array, at: number, bins: number): number {
  let most = logits[at];
  for (let k = 1; k < bins; k++) most = Math.max(most, logits[at + k]);
  let sum = 0;
  let weighted = 0;
  for (let k = 0; k < bins; k++) {
    const weight = Math.exp(logits[at + k] - most);
    sum += weight;
    weighted += k * weight;
  }
  return weighted / sum;
}
