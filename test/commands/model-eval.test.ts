import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BenchReport } from '../../bench/report.ts';
import { missingSharedData, sharedData } from '../support/shared-data.ts';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
const MINI = 'mot/MOT17-mini';

/** Their weights, the recall and precision of the data's README, and what the way of cameras gives (November 2026). */
const MODELS = {
  'yolov8n-int8': { file: 'yolov8n_int8.onnx', readme: [0.631, 0.787], camera: [0.631, 0.804] },
  'nanodet-m': { file: 'nanodet_m_416.onnx', readme: [0.523, 0.505], camera: [0.523, 0.497] },
  'yolox-nano': { file: 'yolox_nano_416.onnx', readme: [0.443, 0.729], camera: [0.42, 0.718] },
  'deimv2-femto': { file: 'deimv2_femto_coco.onnx', readme: [0.438, 0.658], camera: [0.449, 0.653] },
  'light-person': { file: 'light_person_detector.onnx', readme: [0.222, 0.75], camera: [0.227, 0.816] },
} as const;
const TOLERANCE = 0.02;

const dir = mkdtempSync(join(tmpdir(), 'sightline-model-eval-'));
const models = join(dir, 'models');
after(() => rmSync(dir, { recursive: true }));

before(() => {
  mkdirSync(models);
  for (const { file } of Object.values(MODELS)) symlinkSync(sharedData(`models/${file}`), join(models, file));
  // under a licence that keeps it out of the project's manifest: a user's own model
  const own = {
    name: 'yolov8n-int8',
    file: MODELS['yolov8n-int8'].file,
    sha256: '83de8f0d2cd521e00ae2b138c340a03dece35b060b3898509bdc69afff417312',
    labels: 'coco80',
  };
  writeFileSync(join(models, 'manifest.json'), JSON.stringify({ version: 1, models: [own] }));
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(...args: string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', PROGRAM, 'model', ...args],
    {
      cwd: dir,
      env: { PATH: process.env.PATH, SIGHTLINE_MODELS: models },
    },
  );
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

interface Scores {
  readonly input: string;
  readonly inputs: string[];
  readonly pictures: number;
  readonly objects: number;
  readonly recall: number;
  readonly precision: number;
  readonly ap50: number;
  readonly ap50To95: number;
  readonly confusion: { readonly labels: string[]; readonly counts: number[][] };
}

describe('sightline model eval', () => {
  for (const [name, { file, readme, camera }] of Object.entries(MODELS)) {
    const skip = missingSharedData(`models/${file}`, MINI);
    it(`measures ${name} as the README of the data states it`, { skip }, async () => {
      const { code, out, err } = await run(
        'eval',
        name,
        '--data',
        sharedData(MINI),
        '--pictures',
        '2',
        '--json',
      );
      assert.equal(code, 0, err);
      assert.match(err, new RegExp(`${name}, reference: 14 of 14 pictures`));
      const reference = JSON.parse(out) as Scores & { camera: Scores };
      assert.deepEqual([reference.input, reference.pictures, reference.objects], ['reference', 14, 176]);
      assertNear(reference, readme);
      assertNear(reference.camera, camera);
      assert.equal(reference.inputs.length, 1);
      const [[hits, missed]] = reference.confusion.counts;
      assert.deepEqual([hits / 176, hits + missed], [reference.recall, 176]);
      assert.ok(reference.ap50 > reference.ap50To95 && reference.ap50To95 > 0);
    });
  }

  const skip = missingSharedData('models/light_person_detector.onnx', MINI);
  it('prints a table for people, of all pictures, one way and one class', { skip }, async () => {
    const folder = join(sharedData(MINI), 'MOT17-05-FRCNN');
    const { code, out, err } = await run('eval', 'light-person', '--data', folder, '--input', 'camera');
    assert.equal(code, 0, err);
    assert.match(
      out,
      /^light-person@1, 6 pictures, \d+ objects to find, \d+ ignored; score >= 0\.3, IoU >= 0\.5/,
    );
    assert.match(
      out,
      /^input +class +objects +detections +recall +precision +beside ignored +AP50 +AP50-95$/m,
    );
    assert.match(out, /^camera +person +\d+ +\d+ +[01]\.\d{3} /m);
    assert.match(out, /^confusion at 192x160 \(camera\)/m);
    assert.doesNotMatch(out, /reference/);
  });

  it('says in one line what is wrong', async () => {
    const empty = join(dir, 'empty');
    const broken = join(dir, 'broken');
    mkdirSync(empty);
    mkdirSync(join(broken, 'img1'), { recursive: true });
    writeFileSync(join(broken, 'img1', '000001.jpg'), 'no picture');
    writeFileSync(join(broken, 'gt.txt'), '1,1,1,1,40,100,1,1,1\n1,2,3\n');
    const wrong: [string[], RegExp][] = [
      [
        ['eval', 'yolox-nano', '--data', join(dir, 'nowhere')],
        /there is no folder .*nowhere: name one with --data/,
      ],
      [['eval', 'yolox-nano', '--data', empty], /no annotations in .*, which is empty: it takes img1\//],
      [['eval', 'yolox-nano', '--data', broken], /gt\.txt, line 2: 3 columns/],
      [['eval', 'yolox-nano', '--data', empty, '--score', '30'], /--score .* It takes a number from 0 to 1/],
      [
        ['eval', 'yolox-nano', '--data', empty, '--pictures', '0'],
        /--pictures .* It takes a whole number from 1/,
      ],
      [['eval', 'yolox-nano'], /required option '--data <folder>' not specified/],
    ];
    const ended = await Promise.all(wrong.map(([args]) => run(...args)));
    for (const [i, { code, out, err }] of ended.entries()) {
      assert.deepEqual([code, out], [1, ''], err);
      assert.match(err, wrong[i][1]);
    }
    writeFileSync(join(broken, 'gt.txt'), '1,1,1,1,40,100,1,1,1\n');
    const unknown = await run('eval', 'nix', '--data', broken);
    assert.deepEqual([unknown.code, unknown.out], [1, '']);
    assert.match(unknown.err, /there is no model "nix" in the manifest; known are: .*yolox-nano/);
    const embedding = await run('eval', 'osnet-x0-25', '--data', broken);
    assert.match(embedding.err, /model osnet-x0-25 is made for embedding: name a detector/);
  });

  it('names the picture that cannot be read', { skip }, async () => {
    const { code, err } = await run('eval', 'light-person', '--data', join(dir, 'broken'));
    assert.equal(code, 1);
    assert.match(err, /the picture .*000001\.jpg is neither a JPEG nor a PNG file/);
  });
});

describe('sightline model bench', () => {
  type Report = BenchReport & {
    unavailable: Record<string, string>;
    runs: { batch: number; input: string }[];
  };
  const options = ['--provider', 'cpu', '--seconds', '0.01', '--json'];
  const skip = missingSharedData('models/light_person_detector.onnx', 'models/deimv2_femto_coco.onnx');

  it('measures each batch a file takes, and says why it leaves others out', { skip }, async () => {
    const fixed = await run('bench', 'light-person', '--batch', '1,2', ...options);
    assert.equal(fixed.code, 0, fixed.err);
    const { metrics, unavailable, runs } = JSON.parse(fixed.out) as Report;
    assert.deepEqual(
      runs.map(({ batch, input }) => [batch, input]),
      [[1, '192x128']],
    );
    assert.deepEqual(unavailable, { 'cpu x 2': 'the file takes 1 picture a run' });
    for (const name of [
      'scaleMs',
      'postprocessMs',
      'cpuBatch1P50Ms',
      'cpuBatch1P95Ms',
      'cpuBatch1PicturesPerSecond',
    ])
      assert.ok(metrics[name] > 0, `${name} is ${metrics[name]}`);

    const open = await run('bench', 'deimv2-femto', '--batch', '1,2', ...options);
    const dynamic = JSON.parse(open.out) as Report;
    assert.deepEqual(
      dynamic.runs.map(({ batch }) => batch),
      [1, 2],
    );
  });

  it('refuses what it cannot measure', { skip }, async () => {
    const size = await run('bench', 'light-person', '--size', '100x100', '--batch', '1', ...options);
    assert.equal(size.code, 1);
    assert.match(
      size.err,
      /nothing could be measured; cpu: --size 100x100: family yolox needs multiples of 32/,
    );
    const provider = await run('bench', 'light-person', '--provider', 'tpu');
    assert.match(provider.err, /There is no provider "tpu"; known are tensorrt, cuda, webgpu, cpu/);
  });
});

function assertNear({ recall, precision }: Scores, expected: readonly number[]): void {
  const near = [recall, precision].every((value, i) => Math.abs(value - expected[i]) <= TOLERANCE);
  assert.ok(near, `recall ${recall} and precision ${precision}, expected ${expected} within ${TOLERANCE}`);
}
