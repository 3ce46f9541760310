import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { PROJECT_DIR } from '../../src/config/load.ts';
import { EngineError } from '../../src/errors.ts';
import { listModels, loadManifest, type Manifest } from '../../src/models/manifest.ts';
import { resolveModel } from '../../src/models/resolve.ts';
import { problemsOf } from '../../src/schema-problems.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-models-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

const CONTENT = Buffer.from('weights of a test');
async function manifestFor(content: Buffer): Promise<Manifest> {
  const { dir, models } = await loadManifest();
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    dir,
    models: [{ ...models[0]!, name: 'tiny', file: 'tiny.onnx', sizeBytes: content.length, sha256 }],
  };
}

const failure = (code: string, text: RegExp) => (err: unknown) =>
  err instanceof EngineError && err.code === code && text.test(err.message);

describe('the manifest', () => {
  it('of the project is valid and has the default detector with its 80 labels', async (t) => {
    const listed = await listModels(await folder(t));
    const yolox = listed.find(({ name }) => name === 'yolox-nano')!;
    assert.deepEqual([yolox.state, yolox.family, yolox.sizeBytes], ['missing', 'yolox', 3_660_092]);
    assert.equal(yolox.labels.length, 80);
    assert.deepEqual([yolox.labels[0], yolox.labels[79]], ['person', 'toothbrush']);
    assert.match(yolox.remedy!, /npx sightline model pull yolox-nano/);
  });

  it('with mistakes says all of them', async (t) => {
    const path = join(await folder(t), 'manifest.json');
    await writeFile(
      path,
      JSON.stringify({ version: 1, models: [{ name: 'x', file: '../../etc/passwd', shaa256: '' }] }),
    );
    await assert.rejects(loadManifest(path), (err) => {
      const paths = problemsOf(err).map((problem) => problem.path);
      for (const key of ['file', 'shaa256', 'sha256', 'url', 'labels'])
        assert(paths.includes(`models[0].${key}`), key);
      return failure('CONFIG_INVALID', /models\[0\]\.shaa256: unknown key; did you mean sha256/)(err);
    });
    await writeFile(path, '{');
    await assert.rejects(loadManifest(path), failure('CONFIG_INVALID', /cannot read the model manifest/));
  });
});

describe('resolveModel', () => {
  it('gives verified weights with their labels', async (t) => {
    const dir = await folder(t);
    const manifest = await manifestFor(CONTENT);
    await writeFile(join(dir, 'tiny.onnx'), CONTENT);
    const { path, labels, entry } = await resolveModel(manifest, 'tiny', dir);
    assert.deepEqual([path, labels.length, entry.name], [join(dir, 'tiny.onnx'), 80, 'tiny']);
  });

  it('says what to run when weights are unknown, missing or altered', async (t) => {
    const dir = await folder(t);
    const manifest = await manifestFor(CONTENT);
    await assert.rejects(
      resolveModel(manifest, 'huge', dir),
      failure('MODEL_UNKNOWN', /"huge".*known are: tiny/),
    );
    const missing = `model tiny is not in ${dir}: run "npx sightline model pull tiny"`;
    await assert.rejects(resolveModel(manifest, 'tiny', dir), (err: Error) => err.message === missing);
    await assert.rejects(
      resolveModel(manifest, 'tiny', join(dir, 'none')),
      failure('MODEL_MISSING', /pull tiny/),
    );
    await writeFile(join(dir, 'tiny.onnx'), 'short');
    await assert.rejects(
      resolveModel(manifest, 'tiny', dir),
      failure('MODEL_ALTERED', /5 bytes instead of 17.*pull tiny/),
    );
  });

  it('notices a change of the same length after it was verified', async (t) => {
    const dir = await folder(t);
    const path = join(dir, 'tiny.onnx');
    const manifest = await manifestFor(CONTENT);
    await writeFile(path, CONTENT);
    await resolveModel(manifest, 'tiny', dir);
    const altered = Buffer.from(CONTENT);
    altered[3]! ^= 1;
    await writeFile(path, altered);
    await utimes(path, 1, 1);
    await assert.rejects(resolveModel(manifest, 'tiny', dir), failure('MODEL_ALTERED', /sha256/));
    await writeFile(path, CONTENT);
    await utimes(path, 2, 2);
    await resolveModel(manifest, 'tiny', dir);
  });

  const real = join(PROJECT_DIR, '..', 'shared', 'data', 'models');
  const skip = existsSync(join(real, 'yolox_nano_416.onnx')) ? false : '../shared/data/models is not here';
  it('accepts the real YOLOX-nano', { skip }, async () => {
    const { entry } = await resolveModel(await loadManifest(), 'yolox-nano', real);
    assert.equal(entry.version, '0.1.1');
  });
});
