import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ModelEntry, ResolvedModel } from '../../src/models/resolve.ts';
import { type OnnxNode, type OnnxTensor, onnxModel } from './onnx-builder.ts';

export interface ToyDetector {
  /** Of the input `images`; texts are symbols. */
  readonly input: ReadonlyArray<number | string>;
  readonly type?: 'float32' | 'float16';
  /** What the file says of its output `output`. */
  readonly output: ReadonlyArray<number | string>;
  /** The numbers it answers, in the shape of `answerDims`, one picture's; behind them are the picture's mean times `gain`. */
  readonly answer: Float32Array;
  readonly answerDims: readonly number[];
  readonly gain?: number;
}

/**
 * A network that answers `answer + gain * mean of the picture`, whatever the picture: of any signature, and with
 * `gain` one that shows which picture an answer belongs to.
 */
export function toyDetector({
  input,
  type = 'float32',
  output,
  answer,
  answerDims,
  gain = 0,
}: ToyDetector): Buffer {
  const half = type === 'float16';
  const nodes: OnnxNode[] = [
    ...(half ? [{ op: 'Cast', inputs: ['images'], outputs: ['pixels'], attributes: { to: 1 } }] : []),
    {
      op: 'ReduceMean',
      inputs: [half ? 'pixels' : 'images'],
      outputs: ['mean4'],
      attributes: { axes: [1, 2, 3], keepdims: 1 },
    },
    { op: 'Reshape', inputs: ['mean4', 'mean_dims'], outputs: ['mean'] },
    { op: 'Mul', inputs: ['mean', 'gain'], outputs: ['shift'] },
    { op: 'Add', inputs: ['answer', 'shift'], outputs: [half ? 'sum' : 'output'] },
    ...(half ? [{ op: 'Cast', inputs: ['sum'], outputs: ['output'], attributes: { to: 10 } }] : []),
  ];
  return onnxModel({
    inputs: [{ name: 'images', type, dims: input }],
    outputs: [{ name: 'output', type, dims: output }],
    nodes,
    constants: [
      { name: 'answer', dims: [1, ...answerDims], data: answer },
      { name: 'gain', dims: [], data: Float32Array.of(gain) },
      {
        name: 'mean_dims',
        dims: [answerDims.length + 1],
        data: BigInt64Array.of(-1n, ...answerDims.map(() => 1n)),
      },
    ],
  });
}

/** A network that takes `orig_target_sizes` and answers those as its only box, as DETRs answer theirs. */
export function toyDetr(labels: readonly number[], scores: readonly number[]): Buffer {
  const queries = labels.length;
  const outputs: OnnxTensor[] = [
    { name: 'labels', type: 'int64', dims: ['N', queries] },
    { name: 'boxes', type: 'float32', dims: ['N', queries, 4] },
    { name: 'scores', type: 'float32', dims: ['N', queries] },
  ];
  return onnxModel({
    inputs: [
      { name: 'images', type: 'float32', dims: ['N', 3, 64, 64] },
      { name: 'orig_target_sizes', type: 'int64', dims: ['N', 2] },
    ],
    outputs,
    nodes: [
      {
        op: 'ReduceMean',
        inputs: ['images'],
        outputs: ['mean'],
        attributes: { axes: [1, 2, 3], keepdims: 0 },
      },
      { op: 'Mul', inputs: ['mean', 'zero'], outputs: ['nothing'] },
      { op: 'Reshape', inputs: ['nothing', 'column'], outputs: ['nothings'] },
      { op: 'Add', inputs: ['scores_const', 'nothings'], outputs: ['scores'] },
      { op: 'Cast', inputs: ['nothings'], outputs: ['nothings_int'], attributes: { to: 7 } },
      { op: 'Add', inputs: ['labels_const', 'nothings_int'], outputs: ['labels'] },
      // boxes: 0, 0, width, height of the source, for every query
      { op: 'Cast', inputs: ['orig_target_sizes'], outputs: ['sizes'], attributes: { to: 1 } },
      { op: 'MatMul', inputs: ['sizes', 'spread'], outputs: ['corners'] },
      { op: 'Reshape', inputs: ['corners', 'box_dims'], outputs: ['boxes'] },
    ],
    constants: [
      { name: 'zero', dims: [], data: Float32Array.of(0) },
      { name: 'column', dims: [2], data: BigInt64Array.of(-1n, 1n) },
      { name: 'scores_const', dims: [1, queries], data: Float32Array.from(scores) },
      { name: 'labels_const', dims: [1, queries], data: BigInt64Array.from(labels, BigInt) },
      {
        name: 'spread',
        dims: [2, 4 * queries],
        data: Float32Array.from({ length: 8 * queries }, (_, i) =>
          Number(i % 4 === (i < 4 * queries ? 2 : 3)),
        ),
      },
      { name: 'box_dims', dims: [3], data: BigInt64Array.of(-1n, BigInt(queries), 4n) },
    ],
  });
}

/** Puts a file where a detector can be loaded from. */
export async function resolvedModel(
  t: TestContext,
  bytes: Uint8Array,
  labels: readonly string[],
  entry: Partial<ModelEntry> = {},
): Promise<ResolvedModel> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-toy-'));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, 'toy.onnx');
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    entry: {
      name: 'toy',
      version: '1',
      task: 'detection',
      file: 'toy.onnx',
      sha256,
      labels: [...labels],
      ...entry,
    },
    path,
    labels,
  };
}
