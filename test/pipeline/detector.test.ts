import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as ort from 'onnxruntime-node';
import { pino } from 'pino';
import type { FileSource } from '../../src/camera.ts';
import { systemClock } from '../../src/clock.ts';
import { createDetectionBatch, type DetectionBatch } from '../../src/detection.ts';
import type { Frame } from '../../src/frame.ts';
import { iou } from '../../src/geometry/box.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import { runCamera } from '../../src/ingest/run-camera.ts';
import { loadManifest } from '../../src/models/manifest.ts';
import { type ResolvedModel, resolveModel } from '../../src/models/resolve.ts';
import { Detector } from '../../src/pipeline/detector.ts';
import { CPU_ONLY, Sessions } from '../../src/pipeline/inference/providers.ts';
import { openSessionRunner } from '../../src/pipeline/inference/session-runner.ts';
import { withInputSize } from '../../src/pipeline/onnx-input-size.ts';
import { TensorInput } from '../../src/pipeline/tensor-input.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';

const MODEL = 'models/yolox_nano_416.onnx';
const quiet = pino({ level: 'silent' });
const open = openSessionRunner(new Sessions(CPU_ONLY, quiet));

describe('withInputSize', { skip: missingSharedData(MODEL) }, () => {
  it('declares the new size, keeps the network, and the model runs at it', async () => {
    const original = await readFile(sharedData(MODEL));
    const session = await ort.InferenceSession.create(withInputSize(original, 'images', 416, 256), {
      logSeverityLevel: 3,
    });
    const [input] = session.inputMetadata;
    assert.deepEqual(input.isTensor && input.shape, [1, 3, 256, 416]);
    const images = new ort.Tensor('float32', new Float32Array(3 * 416 * 256).fill(114), [1, 3, 256, 416]);
    const { output } = await session.run({ images });
    assert.deepEqual(output.dims, [1, 52 * 32 + 26 * 16 + 13 * 8, 85]);
    await session.release();
  });

  it('computes the same at the size it was exported for', async () => {
    const original = await readFile(sharedData(MODEL));
    const images = new ort.Tensor(
      'float32',
      Float32Array.from({ length: 3 * 416 * 416 }, (_, i) => (i * 7919) % 256),
      [1, 3, 416, 416],
    );
    const outputs = [];
    for (const bytes of [original, withInputSize(original, 'images', 416, 416)]) {
      const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
      outputs.push((await session.run({ images })).output.data);
      await session.release();
    }
    assert.deepEqual(outputs[1], outputs[0]);
  });

  it('refuses what is no model, is cut short, or has no such input', async () => {
    const original = await readFile(sharedData(MODEL));
    assert.throws(() => withInputSize(original, 'pixels', 416, 256), RangeError);
    assert.throws(
      () => withInputSize(original.subarray(0, original.length - 10), 'images', 416, 256),
      RangeError,
    );
    assert.throws(
      () => withInputSize(Buffer.from('this is a text, not a model'), 'images', 416, 256),
      RangeError,
    );
    assert.throws(() => withInputSize(new Uint8Array(0), 'images', 416, 256), RangeError);
  });
});

describe('Detector', { skip: missingSharedData(MODEL, TOWN_CENTRE) }, () => {
  let dir: string;
  let model: ResolvedModel;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sightline-detector-'));
    model = await resolveModel(await loadManifest(), 'yolox-nano', `${SHARED_DATA}models`);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  it('finds in the tight input what it finds in the square one', async () => {
    const detector = await Detector.load(model, open, quiet);
    const input = new TensorInput();
    let found = 0;
    let agreed = 0;
    await eachFrame(sharedData(TOWN_CENTRE), 40, async (frame) => {
      const [square, tight] = [createDetectionBatch(300), createDetectionBatch(300)];
      const size = await detector.inputFor(frame.width, frame.height);
      assert.deepEqual(size, { width: 416, height: 256 });
      for (const [into, fit] of [
        [square, { width: 416, height: 416 }],
        [tight, size],
      ] as const) {
        await detector.detect(input.fill(frame.picture, fit), into);
      }
      const strong = [...square.confidences.subarray(0, square.count)].filter(
        (confidence) => confidence >= 0.4,
      ).length;
      found += strong;
      for (let i = 0; i < strong; i++) if (hasLike(square, i, tight)) agreed++;
    });
    input.close();
    await detector.release();
    assert.ok(found > 80, `${found} strong detections`);
    assert.ok(
      agreed / found >= 0.97,
      `${agreed} of ${found} strong detections of the square are in the tight input`,
    );
  });

  it('stays with the square when the network cannot compute at another size', async () => {
    // a graph whose reshape names the exported size: made by hand-writing the constant [1, 85, -1] over
    const bytes = Buffer.from(await readFile(model.path));
    const constant = Buffer.from(BigInt64Array.of(1n, 85n, -1n).buffer);
    const at = bytes.indexOf(constant);
    assert.ok(at > 0);
    Buffer.from(BigInt64Array.of(1n, 85n, 2704n).buffer).copy(bytes, at);
    const path = join(dir, 'fixed.onnx');
    await writeFile(path, bytes);
    const entry = { ...model.entry, sha256: createHash('sha256').update(bytes).digest('hex') };
    const detector = await Detector.load({ ...model, entry, path }, open, quiet);
    assert.deepEqual(await detector.inputFor(1280, 720), { width: 416, height: 416 });
    const input = new TensorInput();
    const batch = createDetectionBatch(300);
    await eachFrame(sharedData(TOWN_CENTRE), 400, async (frame) => {
      await detector.detect(input.fill(frame.picture, { width: 416, height: 416 }), batch);
    });
    assert.ok(batch.count > 5, `${batch.count} detections`);
    input.close();
    await detector.release();
  });

  it('names the model when its file is no ONNX, or its labels do not fit', async () => {
    const path = join(dir, 'broken.onnx');
    const half = (await readFile(model.path)).subarray(0, 100_000);
    await writeFile(path, half);
    const entry = { ...model.entry, sha256: createHash('sha256').update(half).digest('hex') };
    await assert.rejects(Detector.load({ ...model, entry, path }, open, quiet), {
      code: 'MODEL_FAILED',
      message: /yolox-nano/,
    });
    await assert.rejects(Detector.load({ ...model, path }, open, quiet), { code: 'MODEL_ALTERED' });
    await assert.rejects(Detector.load({ ...model, labels: ['person'] }, open, quiet), {
      code: 'MODEL_SHAPE',
      message: 'model yolox-nano has 80 classes, its manifest names 1 labels',
    });
  });
});

/** Whether `other` has a detection of the same class over the same place, at least half as sure. */
function hasLike(batch: DetectionBatch, i: number, other: DetectionBatch): boolean {
  for (let k = 0; k < other.count; k++) {
    if (
      other.classIds[k] === batch.classIds[i] &&
      other.confidences[k] >= batch.confidences[i] / 2 &&
      iou(batch.boxes, i, other.boxes, k) >= 0.7
    ) {
      return true;
    }
  }
  return false;
}

/** Every `step`th frame of a file, in order. */
async function eachFrame(
  path: string,
  step: number,
  use: (frame: Frame<Picture>) => Promise<void>,
): Promise<void> {
  const source: FileSource = { kind: 'file', path, pace: 'fast' };
  let failure: unknown;
  const stop = new AbortController();
  await runCamera(source, {
    clock: systemClock,
    log: quiet,
    signal: stop.signal,
    counters: { received: 0, decoded: 0, decodeMs: 0 },
    publish: (frame) => {
      const done = frame.seq % step === 0 ? use(frame) : Promise.resolve();
      done
        .catch((err) => {
          failure ??= err;
          stop.abort();
        })
        .finally(() => frame.release());
    },
    onState: () => undefined,
  });
  if (failure) throw failure;
}
