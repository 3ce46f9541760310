import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DEFAULT_MODEL } from '../../src/analytics.ts';
import { EngineError } from '../../src/errors.ts';
import { BUNDLED_MODEL, defaultModel } from '../../src/models/default-model.ts';
import { listModels } from '../../src/models/list.ts';
import { loadManifest, type Manifest } from '../../src/models/manifest.ts';
import { readWeights } from '../../src/models/read-weights.ts';
import { findModel, resolveModel } from '../../src/models/resolve.ts';
import { missingSharedData, SHARED_DATA } from '../support/shared-data.ts';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-models-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

const CONTENT = Buffer.from('weights of a test');
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
async function manifestFor(content: Buffer): Promise<Manifest> {
  const { models, labelDirs } = await loadManifest();
  return {
    labelDirs,
    models: [{ ...models[0]!, name: 'tiny', file: 'tiny.onnx', sizeBytes: content.length, sha256 }],
  };
}

const failure = (code: string, text: RegExp) => (err: unknown) =>
  err instanceof EngineError && err.code === code && text.test(err.message);

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
    const resolved = await resolveModel(manifest, 'tiny', dir);
    const altered = Buffer.from(CONTENT);
    altered[3]! ^= 1;
    await writeFile(path, altered);
    await utimes(path, 1, 1);
    await assert.rejects(resolveModel(manifest, 'tiny', dir), failure('MODEL_ALTERED', /sha256/));
    await assert.rejects(readWeights(resolved), failure('MODEL_ALTERED', /tiny changed while it was loaded/));
    await writeFile(path, CONTENT);
    await utimes(path, 2, 2);
    assert.deepEqual(await readWeights(await resolveModel(manifest, 'tiny', dir)), CONTENT);
  });

  const skip = missingSharedData('models/yolox_nano_416.onnx');
  it('accepts the real YOLOX-nano', { skip }, async () => {
    const { entry } = await resolveModel(await loadManifest(), 'yolox-nano', `${SHARED_DATA}models`);
    assert.equal(entry.version, '0.1.1');
  });
});

describe('findModel', () => {
  it('finds a model that was added since it was asked last', async (t) => {
    const dir = await folder(t);
    await assert.rejects(findModel('added', dir), { code: 'MODEL_UNKNOWN' });
    await writeFile(join(dir, 'tiny.onnx'), CONTENT);
    const models = [{ name: 'added', file: 'tiny.onnx', sha256, labels: ['thing'] }];
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ version: 1, models }));
    assert.deepEqual((await findModel('added', dir)).labels, ['thing']);
  });
});

/** A manifest with the usual model and one that comes with the program, whose weights lie beside it. */
async function bundled(t: TestContext) {
  const program = await folder(t);
  const dir = join(program, 'weights');
  await mkdir(dir);
  const models = [
    { name: DEFAULT_MODEL, file: 'usual.onnx', sha256, labels: ['thing'] },
    { name: BUNDLED_MODEL, file: 'street.onnx', bundled: true, sha256, labels: ['thing'] },
  ];
  await writeFile(join(program, 'manifest.json'), JSON.stringify({ version: 1, models }));
  return { program, dir, manifest: await loadManifest(dir, join(program, 'manifest.json')) };
}

describe('a model that comes with the program', () => {
  it('lies beside its manifest, wherever models are kept', async (t) => {
    const { program, dir, manifest } = await bundled(t);
    const missing = `model ${BUNDLED_MODEL} is not in ${program}: it came with the program: restore ${program}/street.onnx`;
    await assert.rejects(resolveModel(manifest, BUNDLED_MODEL, dir), {
      code: 'MODEL_MISSING',
      message: missing,
    });
    await writeFile(join(program, 'street.onnx'), CONTENT);
    assert.equal((await resolveModel(manifest, BUNDLED_MODEL, dir)).path, join(program, 'street.onnx'));
    assert.deepEqual(
      (await listModels(dir, manifest)).map(({ name, state }) => [name, state]),
      [
        [DEFAULT_MODEL, 'missing'],
        [BUNDLED_MODEL, 'ready'],
      ],
    );
  });

  it('is the default while the weights of the usual one are not there', async (t) => {
    const { dir, manifest } = await bundled(t);
    assert.equal(await defaultModel(dir, manifest), BUNDLED_MODEL);
    const usual = join(dir, 'usual.onnx');
    await writeFile(usual, 'damaged: its camera says so');
    assert.equal(await defaultModel(dir, manifest), DEFAULT_MODEL);
    await writeFile(usual, CONTENT);
    assert.equal(await defaultModel(dir, manifest), DEFAULT_MODEL);
    const without = { ...manifest, models: manifest.models.slice(0, 1) };
    await rm(usual);
    assert.equal(await defaultModel(dir, without), DEFAULT_MODEL);
  });
});
