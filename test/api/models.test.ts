import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { listModels } from '../../src/models/list.ts';
import { loadManifest } from '../../src/models/manifest.ts';
import { startApi } from './support.ts';

async function modelsDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'sightline-models-'));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

async function serve(t: TestContext, dir: string) {
  const { call } = await startApi(t, {
    models: () => listModels(dir),
    modelsProblem: async () => (await loadManifest(dir)).problem?.message ?? null,
  });
  return async () => (await call('GET', '/api/v1/models')).json();
}

describe('GET /models', () => {
  it("lists the project's models and a user's own, with what each is for", async (t) => {
    const dir = await modelsDir(t);
    const models = [{ name: 'farm', file: 'farm.onnx', sha256: '0'.repeat(64), labels: ['cow'] }];
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ version: 1, models }));
    const answer = await (await serve(t, dir))();
    assert.equal(answer.problem, null);
    const named = (name: string) => answer.models.find((model: { name: string }) => model.name === name);
    assert.deepEqual([named('yolox-nano').task, named('yolox-nano').family], ['detection', 'yolox']);
    assert.deepEqual([named('osnet-x0-25').task, named('osnet-x0-25').family], ['embedding', null]);
    const { remedy, ...farm } = named('farm');
    assert.match(remedy, /model farm is not in .*: its entry in the manifest has no url to pull it from/);
    assert.deepEqual(farm, {
      name: 'farm',
      version: '1',
      task: 'detection',
      family: null,
      description: '',
      licence: '',
      source: '',
      sizeBytes: null,
      labels: ['cow'],
      state: 'missing',
    });
  });

  it("tells what is wrong with a user's manifest, and lists the project's models all the same", async (t) => {
    const dir = await modelsDir(t);
    const list = await serve(t, dir);
    await writeFile(join(dir, 'manifest.json'), '{"version": 1, "models": [{"nam": "farm"}]}');
    const broken = await list();
    assert.match(
      broken.problem,
      /manifest\.json is invalid:[\s\S]*models\[0\]\.nam: unknown key; did you mean name\?/,
    );
    assert.ok(broken.models.some(({ name }: { name: string }) => name === 'yolox-nano'));
    await rm(join(dir, 'manifest.json'));
    assert.equal((await list()).problem, null);
  });
});
