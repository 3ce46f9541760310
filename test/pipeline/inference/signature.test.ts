import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import * as ort from 'onnxruntime-node';
import { EngineError } from '../../../src/errors.ts';
import { readSignature, signatureText } from '../../../src/pipeline/inference/signature.ts';
import { onnxModel } from '../../support/onnx-builder.ts';
import { missingSharedData, sharedData } from '../../support/shared-data.ts';
import { toyDetr } from '../../support/toy-detector.ts';

const FILES = [
  'yolox_nano_416',
  'light_person_detector',
  'nanodet_m_416',
  'deimv2_femto_coco',
  'yolov8n_int8',
  'osnet_x0_25_msmt17',
  'person-reidentification-retail-0288',
  'ch_PP-OCRv3_det_infer',
].map((name) => `models/${name}.onnx`);

describe('readSignature', () => {
  it('reads what ONNX Runtime reads of real files', { skip: missingSharedData(...FILES) }, async () => {
    for (const file of FILES) {
      const bytes = await readFile(sharedData(file));
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
      const told = ({ name, ...rest }: ort.InferenceSession.ValueMetadata) =>
        rest.isTensor
          ? { name, type: rest.type, dims: [...rest.shape] }
          : { name, type: 'other', dims: null };
      const { inputs, outputs } = readSignature(bytes, file);
      assert.deepEqual(inputs, session.inputMetadata.map(told), file);
      assert.deepEqual(outputs, session.outputMetadata.map(told), file);
      await session.release();
    }
  });

  it('leaves out constants that are listed as inputs, and tells open sizes by their names', () => {
    const bytes = onnxModel({
      inputs: [{ name: 'x', type: 'float16', dims: ['batch', 3, -1, 8] }],
      outputs: [{ name: 'y', type: 'int64', dims: ['batch', ''] }],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      constants: [{ name: 'w', dims: [1], data: Float32Array.of(1) }],
      constantsAsInputs: true,
    });
    assert.equal(
      signatureText(readSignature(bytes, 'm')),
      'inputs x float16 [batch,3,?,8]; outputs y int64 [batch,?]',
    );
  });

  it('says of what is no whole ONNX file what was expected, wherever it is cut', () => {
    const whole = toyDetr([1, 2], [0.5, 0.6]);
    for (let length = 0; length < whole.length; length++) {
      let said: unknown;
      try {
        // where the cut falls between two fields of the file, what is left is whole to the reader
        if (signatureText(readSignature(whole.subarray(0, length), 'm'))) continue;
      } catch (err) {
        said = err;
      }
      assert.ok(said instanceof EngineError && said.code === 'MODEL_FAILED', `${length}: ${said}`);
      assert.match(
        said.message,
        /^model m cannot be loaded: expected a whole ONNX file, got \d+ bytes that are not an ONNX model: /,
      );
    }
    for (const foreign of [
      'a text, and no model',
      '<html></html>',
      '\u0000\u0001\u0002',
      'version https://git-lfs.github.com/spec/v1\n',
    ]) {
      assert.throws(() => readSignature(Buffer.from(foreign), 'm'), {
        code: 'MODEL_FAILED',
        message: /model m/,
      });
    }
  });
});
