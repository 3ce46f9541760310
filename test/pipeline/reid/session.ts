import * as ort from 'onnxruntime-node';
import type { OpenRunner, RunnerPicture } from '../../../src/pipeline/inference/runner.ts';

/** Runs a network the plainest way: a tensor made anew of each batch, number by number. */
export const openPlainly: OpenRunner = async (spec) => {
  const session = await ort.InferenceSession.create(Buffer.from(spec.bytes), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const { layout, channels, range, mean = [0, 0, 0], std = [1, 1, 1] } = spec.encoding;
  const tensorOf = (pictures: readonly RunnerPicture[]): ort.Tensor => {
    const { width, height } = pictures[0].size;
    const area = width * height;
    const values = new Float32Array(pictures.length * 3 * area);
    pictures.forEach(({ planes }, k) => {
      for (let channel = 0; channel < 3; channel++) {
        const plane = planes[channels === 'BGR' ? channel : 2 - channel];
        for (let i = 0; i < area; i++) {
          const value = (plane[i] / (range === '0-1' ? 255 : 1) - mean[channel]) / std[channel];
          const at = layout === 'NCHW' ? channel * area + i : i * 3 + channel;
          values[k * 3 * area + at] = value;
        }
      }
    });
    const n = pictures.length;
    return new ort.Tensor(values, layout === 'NCHW' ? [n, 3, height, width] : [n, height, width, 3]);
  };
  return {
    provider: 'cpu',
    prepare: () => Promise.resolve(),
    run: async (pictures) => {
      if (pictures.length > spec.maxBatch) throw new Error(`${pictures.length} pictures at once`);
      const outputs = await session.run({ [spec.input]: tensorOf(pictures) }, [...spec.outputs]);
      return spec.outputs.map((name) => {
        const { data, dims } = outputs[name];
        return { name, data: data as Float32Array, dims };
      });
    },
    release: () => session.release(),
  };
};
