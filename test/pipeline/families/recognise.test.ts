import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { detectorSpec } from '../../../src/pipeline/families/detector-spec.ts';
import { missingSharedData, sharedData } from '../../support/shared-data.ts';
import { toyDetector, toyDetr } from '../../support/toy-detector.ts';

type Dims = ReadonlyArray<number | string>;
type Entry = Partial<Parameters<typeof detectorSpec>[0]>;

/** The spec of a network with one output, of 64x64 pictures unless said otherwise (84 cells, 252 with anchors). */
function spec(output: Dims, labels: number, entry: Entry = {}, input: Dims = [1, 3, 64, 64]) {
  const bytes = toyDetector({ input, output, answer: new Float32Array(1), answerDims: [1, 1] });
  return detectorSpec({ name: 'toy', version: '2', ...entry }, bytes, labels);
}

const shape = (message: RegExp) => ({ code: 'MODEL_SHAPE', message });

describe('the family of a detector', () => {
  it('is recognised by the signature', () => {
    const families = (
      [
        [[1, 84, 85], 80],
        [[1, 84, 6], 1], // YOLOX of one class, not rows of end to end
        [[1, 14, 84], 10],
        [['N', 84, 'boxes'], 80],
        [[1, 252, 85], 80],
        [[1, 300, 6], 80],
        [['N', 'rows', 6], 80],
      ] as Array<[Dims, number]>
    ).map(([output, labels]) => spec(output, labels).family.name);
    assert.deepEqual(families, ['yolox', 'yolox', 'yolo', 'yolo', 'yolo', 'yolo-end2end', 'yolo-end2end']);
    const detr = detectorSpec({ name: 'toy', version: '1' }, toyDetr([0], [0.5]), 80);
    assert.deepEqual([detr.family.name, detr.runner.sourceSizeInput], ['detr', 'orig_target_sizes']);
  });

  it('feeds the network as the family has it, and as the manifest says otherwise', () => {
    const { runner, placement, nmsIou, size } = spec([1, 14, 84], 10);
    assert.deepEqual(runner.encoding, {
      layout: 'NCHW',
      type: 'float32',
      channels: 'RGB',
      range: '0-1',
      mean: undefined,
      std: undefined,
    });
    assert.deepEqual(
      [placement, nmsIou, size],
      [{ at: 'centre', padding: 114 }, 0.5, { width: 64, height: 64 }],
    );
    const input = {
      channels: 'BGR',
      range: '0-255',
      mean: [1, 2, 3],
      std: [4, 5, 6],
      letterbox: 'top-left',
      padding: 0,
    };
    const other = spec([1, 14, 84], 10, { nmsIou: 0.7, input: input as Entry['input'] });
    assert.deepEqual([other.runner.encoding.channels, other.runner.encoding.mean], ['BGR', [1, 2, 3]]);
    assert.deepEqual([other.placement, other.nmsIou], [{ at: 'top-left', padding: 0 }, 0.7]);
  });

  it('knows what the file fixes and what it leaves open', () => {
    const fixed = spec([1, 14, 84], 10);
    assert.deepEqual([fixed.runner.maxBatch, fixed.runner.fixedSize], [1, { width: 64, height: 64 }]);
    const open = spec(['N', 14, 'boxes'], 10, {}, ['N', 3, 'h', 'w']);
    assert.deepEqual([open.runner.maxBatch, open.runner.fixedSize, open.size.width], [64, null, 640]);
    const sized = spec(['N', 14, 'boxes'], 10, { input: { width: 320, height: 192 } }, ['N', 3, 'h', 'w']);
    assert.deepEqual(sized.size, { width: 320, height: 192 });
    assert.equal(spec([1, 14, 84], 10, {}, [1, 64, 64, 3]).runner.encoding.layout, 'NHWC');
  });

  it('is taken from the manifest where signatures are alike', () => {
    // YOLOv6 answers as many rows as YOLOX, boxes already in pixels
    assert.equal(spec([1, 84, 85], 80, { family: 'yolo' }).family.name, 'yolo');
    assert.equal(spec(['N', 'rows', 85], 80, { family: 'yolox' }).family.name, 'yolox');
    assert.throws(
      () => spec(['N', 'rows', 85], 80, {}, ['N', 3, 'h', 'w']),
      shape(/^no family knows model toy; .*only the manifest can tell it from YOLOv5/s),
    );
  });

  it('that contradicts the signature is refused with what was expected and found', () => {
    assert.throws(
      () => spec([1, 84, 85], 80, { family: 'detr' }),
      shape(
        /^model toy is declared as family detr, which expects an input orig_target_sizes.*; its file has inputs images float32 \[1,3,64,64\]; outputs output float32 \[1,84,85\] \(needs outputs labels, boxes, scores\)$/,
      ),
    );
    assert.throws(
      () => spec([1, 100, 85], 80, { family: 'yolox' }),
      shape(/needs 84 rows for its input of 64x64, has 100/),
    );
  });

  it('that nobody knows is refused with the signature and what each family expects', () => {
    assert.throws(
      () => spec([1, 1000], 80),
      shape(
        /^no family knows model toy; its file has .*outputs output float32 \[1,1000\]\n {2}yolox expects .*\n {2}yolo expects .*\n {2}yolo-end2end expects .*\n {2}detr expects .*\n {2}nanodet expects /,
      ),
    );
  });

  it('wants as many labels as there are classes, sides of its stride and pictures of three channels', () => {
    assert.throws(
      () => spec([1, 84, 85], 3),
      shape(/^model toy has 80 classes, its manifest names 3 labels$/),
    );
    assert.throws(
      () => spec([1, 14, 'n'], 10, {}, [1, 3, 50, 64]),
      shape(/input of 64x50: family yolo needs multiples of 32/),
    );
    assert.throws(
      () => spec([1, 84, 85], 80, {}, [1, 1, 64, 64]),
      shape(
        /should take pictures as float32 or float16 \[N,3,H,W\] or \[N,H,W,3\]; its file takes images float32 \[1,1,64,64\]/,
      ),
    );
    assert.throws(() => spec([1, 84, 85], 80, {}, [1, 3]), shape(/should have one input of four dimensions/));
    assert.throws(
      () => spec([1, 84, 85], 80, { input: { name: 'pixels' } }),
      shape(/should have the input pixels of its manifest entry; its file has inputs images/),
    );
    assert.throws(
      () => spec([1, 84, 85], 80, { input: { width: 640 } }),
      shape(/declared with an input width of 640; its file takes images float32 \[1,3,64,64\]/),
    );
  });

  const REAL = {
    yolox_nano_416: ['yolox', 80],
    light_person_detector: ['yolox', 1],
    nanodet_m_416: ['nanodet', 80],
    deimv2_femto_coco: ['detr', 80],
    yolov8n_int8: ['yolo', 80],
  } as const;
  const files = Object.keys(REAL).map((name) => `models/${name}.onnx`);
  it('of real files is recognised without the manifest', { skip: missingSharedData(...files) }, async () => {
    for (const [name, [family, labels]] of Object.entries(REAL)) {
      const bytes = await readFile(sharedData(`models/${name}.onnx`));
      assert.equal(detectorSpec({ name, version: '1' }, bytes, labels).family.name, family);
    }
    for (const name of ['face_detection_yunet_2026may', 'osnet_x0_25_msmt17', 'ch_PP-OCRv3_det_infer']) {
      const bytes = await readFile(sharedData(`models/${name}.onnx`));
      assert.throws(() => detectorSpec({ name, version: '1' }, bytes, 1), { code: 'MODEL_SHAPE' });
    }
  });
});
