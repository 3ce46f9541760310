import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { VerifyReport } from '../../src/demo/verify/verify-report.ts';
import { type Box, truthOf, writeTruth } from '../demo/scene.ts';
import { writeClip } from '../support/clips.ts';
import { toyDetector } from '../support/toy-detector.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SIZE = 256;
const FRAMES = 50;
const CAR: Box = [64, 64, 64, 64];
const BUS: Box = [160, 128, 64, 64];
const PERSON: Box = [16, 160, 32, 64];

/** Finds the car, and doubts the bus, in every picture of 256x256. Rows: corners in pixels of 64x64, score, class. */
const toy = toyDetector({
  input: ['N', 3, 64, 64],
  output: ['N', 2, 6],
  answer: Float32Array.of(16, 16, 32, 32, 0.9, 0, 40, 32, 56, 48, 0.2, 1),
  answerDims: [2, 6],
});

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sightline-demo-'));
  const models = join(dir, 'models');
  await mkdir(models);
  await writeFile(join(models, 'toy.onnx'), toy);
  const sha256 = createHash('sha256').update(toy).digest('hex');
  const entry = { name: 'toy', file: 'toy.onnx', sha256, labels: ['car', 'bus'] };
  await writeFile(join(models, 'manifest.json'), JSON.stringify({ version: 1, models: [entry] }));
  const size = { width: SIZE, height: SIZE, frames: FRAMES };
  const clips = join(dir, 'clips');
  await mkdir(clips);
  const scenes = {
    easy: [{ id: 1, label: 'car', box: CAR }],
    hard: [
      { id: 1, label: 'car', box: CAR },
      { id: 2, label: 'bus', box: BUS },
      { id: 3, label: 'person', box: PERSON, frames: [0, 25] as const },
    ],
  };
  for (const [name, objects] of Object.entries(scenes)) {
    await writeClip(join(clips, `${name}.mp4`), size);
    await writeTruth(join(clips, `${name}.truth.json.gz`), truthOf({ ...size, name, objects }));
  }
});
after(() => rm(dir, { recursive: true }));

function demo(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'demo', ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH, SIGHTLINE_MODELS: join(dir, 'models') },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

describe('sightline demo verify', () => {
  it('runs the engine over a clip and is content when the targets are met', async () => {
    const clips = ['--directory', 'clips', '--model', 'toy', '--clip', 'easy'];
    const { code, out, err } = await demo('verify', ...clips, '--json');
    assert.equal(code, 0, err);
    assert.match(err, /analysing: 100 % of 60 frames/);
    const {
      met,
      metrics,
      clips: [easy],
      ...report
    } = JSON.parse(out) as VerifyReport;
    assert.equal(met, true);
    assert.equal(report.bench, 'demo-verify');
    assert.deepEqual([easy.model, easy.frames, easy.pictures, easy.labels.length], ['toy@1', FRAMES, 10, 1]);
    assert.equal(metrics['easy.boxes'], FRAMES);
    assert.equal(metrics['easy.AP50To95'], 100);
    // at most the first two frames pass before the track is confirmed; all others are right
    const missed = FRAMES - metrics['easy.meanMeasured'] * FRAMES;
    assert.ok(missed <= 2, `${missed} frames without the car`);
    assert.equal(metrics['easy.HOTA'], 100 - 2 * missed);
    assert.equal(metrics['easy.LocA'], 100);
  });

  it('fails when a target is missed, and says which', async () => {
    const { code, out } = await demo('verify', '--directory', 'clips', '--model', 'toy', '--clip', 'hard');
    assert.equal(code, 1, out);
    assert.match(out, /MISSED {2}hard\.HOTA [\d.]+ >= 80/);
    assert.match(out, /MISSED {2}hard\.countErrorPercent [\d.]+ <= 3/);
    const cells = (label: string): string[] =>
      out
        .split('\n')
        .find((line) => line.includes(` ${label} `))!
        .trim()
        .split(/\s+/);
    // too doubtful for a track, but average precision looks at it
    assert.deepEqual(cells('bus').slice(3, 7), ['100.0', '100.0', '0.0', '0.0']);
    assert.deepEqual(cells('person').slice(3, 6), ['0.0', '0.0', '0.0']);
  });

  it('refuses a video that is not the one of its truth', async () => {
    const other = join(dir, 'other');
    await mkdir(other);
    const size = { width: SIZE, height: SIZE };
    await writeClip(join(other, 'short.mp4'), { ...size, frames: 20 });
    await writeTruth(join(other, 'short.truth.json.gz'), truthOf({ ...size, frames: FRAMES, objects: [] }));
    const { code, err } = await demo('verify', '--directory', 'other', '--model', 'toy');
    assert.equal(code, 1);
    assert.match(
      err,
      /short\.mp4 is not the clip its truth tells of: 20 frames of 256x256 up to frame 19, not 50/,
    );
  });

  it('says what is missing before anything is analysed', async () => {
    const cases: [args: string[], said: RegExp][] = [
      [['--model', 'nobody'], /nobody/],
      [['--model', 'toy', '--directory', 'nowhere'], /no clips in .*nowhere .*demo render/],
      [['--model', 'toy', '--directory', 'models'], /models has no clip with its truth/],
      [['--model', 'toy', '--directory', 'clips', '--clip', 'dusk'], /has no clip dusk: it has easy, hard/],
      [['--model', 'toy', '--seconds', '3'], /name its --seed/],
      [['--model', 'toy', '--seed', '3', '--clip', 'easy'], /leave out --clip and --directory, or --seed/],
      [['--model', 'toy', '--seed', 'x'], /--seed expects a number, got "x"/],
      [['--model', 'toy', '--fps', '500'], /--fps takes 0 .*got 500/],
    ];
    for (const [args, said] of cases) {
      const { code, err, out } = await demo('verify', ...args);
      assert.deepEqual([code, out], [1, ''], err);
      assert.match(err, said);
    }
  });
});

describe('sightline demo truth', () => {
  it('sums up a truth file', async () => {
    const path = join(dir, 'sum.truth.json.gz');
    await writeTruth(
      path,
      truthOf({
        frames: 50,
        name: 'sum',
        objects: [
          { id: 1, label: 'car', box: [100, 100, 100, 100] },
          { id: 2, label: 'car', box: [300, 100, 100, 100], visible: 0.1, frames: [0, 10] },
          { id: 3, label: 'person', box: [300, 300, 30, 90], frames: [0, 25] },
        ],
        events: [
          { type: 'line.crossed', atMs: 40, object: 1, line: 'north', direction: 'a-b' },
          { type: 'line.crossed', atMs: 80, object: 3, line: 'north', direction: 'a-b' },
          { type: 'zone.left', atMs: 80, object: 3, zone: 'square', dwellMs: 80 },
        ],
      }),
    );
    const { code, out } = await demo('truth', path, '--json');
    assert.equal(code, 0);
    const { labels, events } = JSON.parse(out);
    assert.deepEqual(labels, [
      { label: 'car', objects: 2, meanInView: 1, mostInView: 1, notCounted: 10 },
      { label: 'person', objects: 1, meanInView: 0.5, mostInView: 1, notCounted: 0 },
    ]);
    assert.deepEqual(events, { 'line.crossed north a-b': 2, 'zone.left square': 1 });
    const text = await demo('truth', path);
    assert.match(text.out, /^sum: day, seed 7, 1280x720, 25 frames\/s, 50 frames \(2 s\)\n/);
  });

  it('says what is no truth file', async () => {
    await writeFile(join(dir, 'text'), 'no truth');
    const { code, err } = await demo('truth', 'text');
    assert.equal(code, 1);
    assert.match(err, /^sightline: text is no truth file of a clip \(.*demo render"\n$/);
  });
});
