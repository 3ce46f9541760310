import { EngineError } from '../../errors.ts';
import { keepBest } from '../keep-best.ts';
import type { Family } from './family.ts';

/** In the order in which the head reads them. */
const OUTPUTS = ['labels', 'boxes', 'scores'];

/** RT-DETR (Zhao et al. 2023), D-FINE, DEIM: transformers that answer each object once, in pixels of the source. */
export const detr: Family = {
  name: 'detr',
  expects: 'an input orig_target_sizes [N, 2] and outputs labels [N, Q], boxes [N, Q, 4] and scores [N, Q]',
  encoding: { channels: 'RGB', range: '0-1' },
  placement: { at: 'stretch', padding: 0 },
  stride: 32,
  nmsIou: null,
  recognise({ inputs, outputs }, image) {
    const missing = OUTPUTS.filter((name) => !outputs.some((output) => output.name === name));
    if (missing.length > 0) return `needs outputs ${missing.join(', ')}`;
    const sizes = inputs.find(({ name, dims }) => name !== image.name && dims?.length === 2 && dims[1] === 2);
    if (sizes?.type !== 'int64') return 'needs an int64 input [N, 2] for the sizes of the pictures';
    return {
      classes: null,
      outputs: OUTPUTS,
      sourceSizeInput: sizes.name,
      decode([labels, boxes, scores], index, { width, height }, minConfidence, into) {
        const queries = scores.dims[1];
        if (boxes.dims[1] !== queries || boxes.dims[2] !== 4 || labels.dims[1] !== queries) {
          const got = [labels, boxes, scores].map(({ name, dims }) => `${name} [${dims.join(',')}]`);
          throw new EngineError(
            'MODEL_SHAPE',
            `expected outputs ${detr.expects.split('outputs ')[1]}, got ${got.join(', ')}`,
          );
        }
        into.count = 0;
        for (let i = index * queries, end = i + queries; i < end; i++) {
          const confidence = scores.data[i];
          if (!(confidence >= minConfidence && confidence < Number.POSITIVE_INFINITY)) continue;
          const x = Math.max(0, boxes.data[i * 4]);
          const y = Math.max(0, boxes.data[i * 4 + 1]);
          const w = Math.min(width, boxes.data[i * 4 + 2]) - x;
          const h = Math.min(height, boxes.data[i * 4 + 3]) - y;
          if (w > 0 && h > 0) keepBest(into, x, y, w, h, confidence, labels.data[i]);
        }
      },
    };
  },
};
