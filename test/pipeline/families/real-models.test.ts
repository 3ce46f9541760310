import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Decoder, Demuxer } from 'node-av/api';
import type { Frame as AvFrame } from 'node-av/lib';
import { pino } from 'pino';
import { createDetectionBatch, type DetectionBatch } from '../../../src/detection.ts';
import { iou } from '../../../src/geometry/box.ts';
import type { FamilyName } from '../../../src/models/family-name.ts';
import { loadManifest } from '../../../src/models/manifest.ts';
import { type ResolvedModel, resolveModel } from '../../../src/models/resolve.ts';
import { Detector } from '../../../src/pipeline/detector.ts';
import { CPU_ONLY, Sessions } from '../../../src/pipeline/inference/providers.ts';
import { openSessionRunner } from '../../../src/pipeline/inference/session-runner.ts';
import { TensorInput } from '../../../src/pipeline/tensor-input.ts';
import { missingSharedData, SHARED_DATA, sharedData } from '../../support/shared-data.ts';

/** Full HD, a street at night with some ten people near enough. */
const PICTURE = 'mot/MOT17-mini/MOT17-10-FRCNN/img1/000001.jpg';
const PERSON = 0;
const quiet = pino({ level: 'silent' });
const MODELS: Array<{
  name: string;
  file: string;
  family: FamilyName;
  input: string;
  people: number;
  agreed: number;
}> = [
  { name: 'yolox-nano', file: 'yolox_nano_416', family: 'yolox', input: '416x256', people: 4, agreed: 1 },
  { name: 'nanodet-m', file: 'nanodet_m_416', family: 'nanodet', input: '416x416', people: 4, agreed: 0.7 },
  {
    name: 'deimv2-femto',
    file: 'deimv2_femto_coco',
    family: 'detr',
    input: '416x416',
    people: 4,
    agreed: 0.7,
  },
  {
    name: 'light-person',
    file: 'light_person_detector',
    family: 'yolox',
    input: '192x128',
    people: 2,
    agreed: 0.3,
  },
  { name: 'yolov8n', file: 'yolov8n_int8', family: 'yolo', input: '640x640', people: 4, agreed: 0.7 },
];
const files = MODELS.map(({ file }) => `models/${file}.onnx`);

describe('detectors of every family see the same people', {
  skip: missingSharedData(PICTURE, ...files),
}, () => {
  let picture: AvFrame;
  let reference: DetectionBatch;
  const open = openSessionRunner(new Sessions(CPU_ONLY, quiet));

  async function detect(
    model: ResolvedModel,
  ): Promise<{ batch: DetectionBatch; family: FamilyName; input: string }> {
    const detector = await Detector.load(model, open, quiet);
    const input = new TensorInput();
    const batch = createDetectionBatch(1000);
    const { width, height } = await detector.inputFor(picture.width, picture.height);
    await detector.detect(input.fill(picture, { width, height }, detector.placement), batch);
    input.close();
    await detector.release();
    return { batch, family: detector.family, input: `${width}x${height}` };
  }

  async function resolved(name: string, file: string): Promise<ResolvedModel> {
    const dir = `${SHARED_DATA}models`;
    const { models, labelDirs } = await loadManifest();
    if (models.some((model) => model.name === name)) return resolveModel({ models, labelDirs }, name, dir);
    // not one of the project's, as its weights are AGPL-3.0: described as a user would
    const sha256 = createHash('sha256')
      .update(await readFile(`${dir}/${file}.onnx`))
      .digest('hex');
    const entry = {
      name,
      version: '1',
      task: 'detection',
      file: `${file}.onnx`,
      sha256,
      labels: 'coco80',
    } as const;
    return resolveModel({ models: [entry], labelDirs }, name, dir);
  }

  before(async () => {
    picture = await readPicture(sharedData(PICTURE));
    ({ batch: reference } = await detect(await resolved('yolox-nano', 'yolox_nano_416')));
  });
  after(() => picture?.free());

  for (const { name, file, family, input, people, agreed } of MODELS) {
    it(`${name}, of family ${family}`, async () => {
      const found = await detect(await resolved(name, file));
      assert.deepEqual([found.family, found.input], [family, input]);
      const { boxes } = found.batch;
      const strong = strongPeople(found.batch);
      assert.ok(strong.length >= people, `${strong.length} people`);
      for (const i of strong) {
        const [x, y, w, h] = boxes.subarray(i * 4, i * 4 + 4);
        assert.ok(x >= 0 && y >= 0 && x + w <= 1920.01 && y + h <= 1080.01, `${[x, y, w, h]} in the frame`);
        assert.ok(h > 50 && w < h * 1.2, `a person of ${w}x${h}`);
      }
      const known = strongPeople(reference);
      const seen = known.filter((k) =>
        allPeople(found.batch).some((i) => iou(boxes, i, reference.boxes, k) >= 0.6),
      );
      assert.ok(
        seen.length / known.length >= agreed,
        `${seen.length} of ${known.length} people of yolox-nano`,
      );
    });
  }
});

function allPeople({ count, classIds }: DetectionBatch): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((i) => classIds[i] === PERSON);
}

function strongPeople(batch: DetectionBatch): number[] {
  return allPeople(batch).filter((i) => batch.confidences[i] >= 0.5);
}

async function readPicture(path: string): Promise<AvFrame> {
  await using demuxer = await Demuxer.open(path);
  const video = demuxer.video();
  assert.ok(video);
  using decoder = await Decoder.create(video);
  for await (const packet of demuxer.packets(video.index)) {
    using _ = packet;
    const [picture] = await decoder.decodeAll(packet);
    if (picture) return picture;
  }
  for (const picture of await decoder.decodeAll(null)) return picture;
  throw new Error(`no picture in ${path}`);
}
