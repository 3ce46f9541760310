import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadManifest, modelEntry } from '../../src/models/manifest.ts';
import { toyDetector } from '../support/toy-detector.ts';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));

interface Rig {
  readonly dir: string;
  readonly models: string;
  /** Writes an ONNX file and answers its path. */
  put(file: string, bytes: Uint8Array | string): Promise<string>;
  sightline(...args: string[]): Promise<{ code: number | null; out: string; err: string }>;
}

async function rig(t: TestContext): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-add-'));
  t.after(() => rm(dir, { recursive: true }));
  const models = join(dir, 'models');
  return {
    dir,
    models,
    put: async (file, bytes) => {
      await writeFile(join(dir, file), bytes);
      return join(dir, file);
    },
    sightline: async (...args) => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', PROGRAM, 'model', ...args],
        {
          cwd: dir,
          env: { PATH: process.env.PATH, SIGHTLINE_MODELS: models },
          timeout: 60_000,
        },
      );
      let out = '';
      let err = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.stderr.on('data', (chunk) => (err += chunk));
      return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
    },
  };
}

/** YOLOv8-shaped, three classes. */
const toy = (answer = 0, output: ReadonlyArray<number | string> = [1, 7, 84]) =>
  toyDetector({
    input: [1, 3, 64, 64],
    output,
    answer: new Float32Array(7 * 84).fill(answer),
    answerDims: [7, 84],
  });

describe('sightline model inspect', () => {
  it('tells inputs, outputs and family, and an entry that works when it is pasted', async (t) => {
    const { dir, put, sightline } = await rig(t);
    const path = await put('My Toy.onnx', toy());
    const { code, out, err } = await sightline('inspect', path, '--labels', 'cat, dog,cow');
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^input {3}images float32 \[1,3,64,64\]\noutput {2}output float32 \[1,7,84\]\nfamily {2}yolo, 3 classes\nsize {4}64x64\nbatch {3}1\n/,
    );
    const entry = JSON.parse(out.slice(out.indexOf('{')));
    assert.deepEqual([entry.name, entry.labels], ['my-toy', ['cat', 'dog', 'cow']]);
    await writeFile(
      join(dir, 'manifest.json'),
      JSON.stringify({ version: 1, models: [{ ...entry, file: 'toy.onnx' }] }),
    );
    assert.equal(modelEntry(await loadManifest(dir), 'my-toy').sha256, entry.sha256);
    const json = JSON.parse((await sightline('inspect', path, '--json')).out);
    assert.deepEqual(
      [json.family, json.classes, json.entry.labels],
      ['yolo', 3, ['class-0', 'class-1', 'class-2']],
    );
  });

  it('says why there is no family, and what is no model', async (t) => {
    const { put, sightline } = await rig(t);
    const foreign = await sightline('inspect', await put('text.onnx', 'no model at all'));
    assert.equal(foreign.code, 1);
    assert.match(
      foreign.err,
      /^sightline: model text\.onnx cannot be loaded: expected a whole ONNX file, got 15 bytes/,
    );
    const unknown = await sightline('inspect', await put('unknown.onnx', toy(0, [1, 1, 1, 1])));
    assert.equal(unknown.code, 1);
    assert.match(unknown.out, /family {2}none\n[\s\S]*yolox expects .*[\s\S]*detr expects/);
    const gone = await sightline('inspect', 'gone.onnx');
    assert.equal(gone.code, 1);
    assert.match(gone.err, /gone\.onnx: there is no such file/);
  });
});

describe('sightline model add', () => {
  it('makes a file a model: weights and entry lie in the models directory, and it is listed as ready', async (t) => {
    const { models, put, sightline } = await rig(t);
    const labels = await put('labels.txt', 'cat\ndog\ncow\n');
    const added = await sightline(
      'add',
      await put('toy.onnx', toy()),
      '--name',
      'farm',
      '--labels',
      labels,
      '--licence',
      'MIT',
    );
    assert.equal(added.err, '');
    assert.match(added.out, /^farm: family yolo, input 64x64, 3 labels; weights in /);
    assert.deepEqual((await readdir(models)).sort(), ['manifest.json', 'toy.onnx']);
    const listed = JSON.parse((await sightline('list', '--json')).out).find(
      ({ name }: { name: string }) => name === 'farm',
    );
    assert.deepEqual(
      [listed.state, listed.labels, listed.licence, listed.remedy],
      ['ready', ['cat', 'dog', 'cow'], 'MIT', null],
    );
    assert.match((await sightline('verify', 'farm')).out, /^farm 1: ready/);
    const pull = await sightline('pull', 'farm');
    assert.equal(pull.code, 1);
    assert.match(pull.err, /model farm has no url in its manifest entry: put toy\.onnx into /);
  });

  it('takes nothing that does not run or whose labels are not known, and leaves the directory as it was', async (t) => {
    const { dir, models, put, sightline } = await rig(t);
    const files = {
      nan: await put('nan.onnx', toy(Number.NaN)),
      // says 7 channels, answers otherwise
      wrong: await put(
        'wrong.onnx',
        toyDetector({
          input: [1, 3, 64, 64],
          output: [1, 7, 'n'],
          answer: new Float32Array(5 * 84),
          answerDims: [5, 84],
        }),
      ),
      toy: await put('toy.onnx', toy()),
    };
    for (const [args, message] of [
      [[files.nan, '--labels', 'a,b,c'], /model nan@1 answers NaN instead of numbers in output \[1,7,84\]/],
      [
        [files.wrong, '--labels', 'a,b,c'],
        /model wrong@1: expected output output \[N,7,boxes\], got \[1,5,84\]/,
      ],
      [[files.toy], /the labels of .*toy\.onnx are not known, it has 3 classes: name them with --labels/],
      [[files.toy, '--labels', 'a,b'], /model toy has 3 classes, its manifest names 2 labels/],
      [[files.toy, '--labels', 'a,b,c', '--family', 'detr'], /declared as family detr, which expects/],
      [[join(dir, 'gone.onnx')], /gone\.onnx: there is no such file/],
    ] as const) {
      const { code, err } = await sightline('add', ...args);
      assert.equal(code, 1);
      assert.match(err, message);
      await assert.rejects(readdir(models), { code: 'ENOENT' });
    }
  });

  it('replaces a model only when told to', async (t) => {
    const { models, put, sightline } = await rig(t);
    const path = await put('toy.onnx', toy());
    const add = (...more: string[]) => sightline('add', path, '--labels', 'a,b,c', ...more);
    assert.equal((await add()).code, 0);
    const again = await add();
    assert.equal(again.code, 1);
    assert.match(again.err, /there is a model toy already: give another --name, or --replace/);
    await put('toy.onnx', toy(0.05));
    const other = await add('--name', 'other');
    assert.match(other.err, /toy\.onnx is the file of model toy, with other content: rename/);
    assert.equal((await add('--replace', '--description', 'newer')).code, 0);
    const { models: entries } = JSON.parse(await readFile(join(models, 'manifest.json'), 'utf8'));
    assert.deepEqual([entries.length, entries[0].description], [1, 'newer']);
    assert.match((await sightline('verify', 'toy')).out, /^toy 1: ready/);
  });

  it('touches no manifest that has mistakes', async (t) => {
    const { models, put, sightline } = await rig(t);
    await sightline('add', await put('toy.onnx', toy()), '--labels', 'a,b,c');
    await writeFile(join(models, 'manifest.json'), '{"version": 1, "models": [{}]}');
    const { code, err } = await sightline('add', await put('toy2.onnx', toy()), '--labels', 'a,b,c');
    assert.equal(code, 1);
    assert.match(err, /manifest\.json is invalid:/);
    assert.equal(await readFile(join(models, 'manifest.json'), 'utf8'), '{"version": 1, "models": [{}]}');
    const list = await sightline('list');
    assert.equal(list.code, 1);
    assert.match(list.out, /yolox-nano/);
    assert.match(list.err, /manifest\.json is invalid/);
  });
});
