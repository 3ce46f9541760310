import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EngineError } from '../../src/errors.ts';
import { BUNDLED_MODEL } from '../../src/models/default-model.ts';
import { readLabels } from '../../src/models/labels.ts';
import { listModels } from '../../src/models/list.ts';
import { loadManifest, modelEntry, readManifest } from '../../src/models/manifest.ts';
import { inspectWeights } from '../../src/models/verify.ts';
import { problemsOf } from '../../src/schema-problems.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-models-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

const SHA256 = '0'.repeat(64);
/** All that a detector's entry needs. */
const OWN = { name: 'own', file: 'own.onnx', sha256: SHA256, labels: ['cat', 'dog'] };

/** Writes the manifest of a models directory; every time at another second, as files change. */
let second = 1;
async function write(dir: string, models: unknown): Promise<void> {
  const path = join(dir, 'manifest.json');
  await writeFile(path, typeof models === 'string' ? models : JSON.stringify({ version: 1, models }));
  await utimes(path, second, second++);
}

const failure = (code: string, text: RegExp) => (err: unknown) =>
  err instanceof EngineError && err.code === code && text.test(err.message);

describe('the manifest of the project', () => {
  it('is valid and has the default detector with its 80 labels', async (t) => {
    const listed = await listModels(await folder(t));
    const yolox = listed.find(({ name }) => name === 'yolox-nano')!;
    assert.deepEqual([yolox.state, yolox.family, yolox.sizeBytes], ['missing', 'yolox', 3_660_092]);
    assert.equal(yolox.labels.length, 80);
    assert.deepEqual([yolox.labels[0], yolox.labels[79]], ['person', 'toothbrush']);
    assert.match(yolox.remedy!, /npx sightline model pull yolox-nano/);
  });

  it('names licence, source and a place to pull from of every model', async () => {
    const { models, labelDirs } = await loadManifest();
    assert.deepEqual(
      models.map(({ name, task }) => `${name} ${task}`),
      [
        'yolox-nano detection',
        'nanodet-m detection',
        'deimv2-femto detection',
        'light-person detection',
        'person-reid-retail-0288 embedding',
        'osnet-x0-25 embedding',
        'sightline-street detection',
      ],
    );
    for (const entry of models) {
      assert.ok(entry.licence && entry.source && entry.sizeBytes, entry.name);
      if (entry.bundled) assert.equal(entry.url, undefined);
      else
        assert.match(
          entry.url!,
          /^https:\/\/raw\.githubusercontent\.com\/[^/]+\/[^/]+\/[0-9a-f]{40}\/.*\.onnx$/,
        );
      const labels = await readLabels({ labelDirs }, entry);
      assert.equal(labels.length > 0, entry.task === 'detection', entry.name);
    }
  });

  it('brings one detector along: whole, and no more than 3 MB', async () => {
    const { models } = await loadManifest();
    const bundled = models.filter((entry) => entry.bundled);
    assert.deepEqual(
      bundled.map(({ name }) => name),
      [BUNDLED_MODEL],
    );
    assert.equal((await inspectWeights(bundled[0]!, '/nowhere')).state, 'ready');
    assert.ok(bundled[0]!.sizeBytes! <= 3e6);
  });
});

describe("a user's own manifest in the models directory", () => {
  it('adds models with nothing but name, file, sha256 and labels', async (t) => {
    const dir = await folder(t);
    await write(dir, [OWN]);
    const manifest = await loadManifest(dir);
    assert.deepEqual(modelEntry(manifest, 'own'), { ...OWN, version: '1', task: 'detection' });
    assert.equal(modelEntry(manifest, 'yolox-nano').version, '0.1.1');
    const own = (await listModels(dir)).find(({ name }) => name === 'own')!;
    assert.deepEqual([own.family, own.sizeBytes, own.licence, own.state], [null, null, '', 'missing']);
    assert.equal(
      own.remedy,
      `model own is not in ${dir}: its entry in the manifest has no url to pull it from: put own.onnx into ${dir}`,
    );
  });

  it('takes the place of the project where names are the same, and is read again when it changes', async (t) => {
    const dir = await folder(t);
    assert.equal(modelEntry(await loadManifest(dir), 'yolox-nano').file, 'yolox_nano_416.onnx');
    await write(dir, [{ ...OWN, name: 'yolox-nano', version: '9' }]);
    const { models } = await loadManifest(dir);
    assert.deepEqual(
      models.filter(({ name }) => name === 'yolox-nano').map(({ version }) => version),
      ['9'],
    );
    await write(dir, [{ ...OWN, name: 'later' }]);
    assert.equal(modelEntry(await loadManifest(dir), 'later').name, 'later');
    await rm(join(dir, 'manifest.json'));
    assert.equal((await loadManifest(dir)).models.length, (await loadManifest()).models.length);
  });

  it('with mistakes is told of, and takes no model of the project away', async (t) => {
    const dir = await folder(t);
    for (const [text, message] of [
      ['{', /cannot read the model manifest .*manifest\.json/],
      [
        [{ ...OWN, label: [] }],
        /manifest\.json is invalid: models\[0\]\.label: unknown key; did you mean labels/,
      ],
    ] as const) {
      await write(dir, text);
      const manifest = await loadManifest(dir);
      assert.equal(modelEntry(manifest, 'yolox-nano').name, 'yolox-nano');
      assert.match(manifest.problem!.message, message);
      // what only the broken file could hold is not unknown: the file is what is wrong
      assert.throws(() => modelEntry(manifest, 'own'), failure('CONFIG_INVALID', message));
      assert.equal((await listModels(dir)).length, (await loadManifest()).models.length);
    }
    await write(dir, [OWN]);
    assert.equal((await loadManifest(dir)).problem, undefined);
  });

  it('finds lists of labels in its own folder first, then in that of the project', async (t) => {
    const dir = await folder(t);
    await mkdir(join(dir, 'labels'));
    await writeFile(join(dir, 'labels', 'animals.txt'), 'cat\r\ndog\r\n\r\n');
    await write(dir, [
      { ...OWN, labels: 'animals' },
      { ...OWN, name: 'coco', labels: 'coco80' },
      { ...OWN, name: 'lost', labels: 'nowhere' },
    ]);
    const manifest = await loadManifest(dir);
    assert.deepEqual(await readLabels(manifest, modelEntry(manifest, 'own')), ['cat', 'dog']);
    assert.equal((await readLabels(manifest, modelEntry(manifest, 'coco'))).length, 80);
    await assert.rejects(
      readLabels(manifest, modelEntry(manifest, 'lost')),
      failure('CONFIG_INVALID', /labels of model lost: .*put nowhere\.txt, one label a line, into .* or /),
    );
    // one model without its labels does not hide the others
    const lost = (await listModels(dir)).find(({ name }) => name === 'lost')!;
    assert.match(lost.remedy!, /put nowhere\.txt/);
  });
});

describe('readManifest', () => {
  it('says every mistake of a file', async (t) => {
    const dir = await folder(t);
    const path = join(dir, 'manifest.json');
    await write(dir, [
      { name: 'x', file: '../../etc/passwd', shaa256: '', family: 'yolo9', input: { mean: [1, 2] } },
    ]);
    await assert.rejects(readManifest(path), (err) => {
      const paths = problemsOf(err).map((problem) => problem.path);
      for (const key of ['file', 'shaa256', 'sha256', 'family', 'input.mean'])
        assert.ok(paths.includes(`models[0].${key}`), `${key} in ${paths}`);
      return failure('CONFIG_INVALID', /models\[0\]\.shaa256: unknown key; did you mean sha256/)(err);
    });
    const { labels: _, ...unlabelled } = OWN;
    await write(dir, [
      unlabelled,
      OWN,
      { ...OWN, url: 'https://example.org/own.onnx' },
      { ...unlabelled, name: 'e', task: 'embedding' },
    ]);
    await assert.rejects(readManifest(path), (err) => {
      assert.deepEqual(
        problemsOf(err).map((problem) => problem.path),
        ['models[0].labels', 'models[1].name', 'models[2].name', 'models[2].sizeBytes'],
      );
      return failure('CONFIG_INVALID', /a detector needs the name of a list/)(err);
    });
    await assert.rejects(
      readManifest(join(dir, 'none.json')),
      failure('CONFIG_INVALID', /cannot read the model manifest/),
    );
  });
});
