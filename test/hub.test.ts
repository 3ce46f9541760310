import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { loadConfig } from '../src/config/load.ts';
import { runHub } from '../src/hub.ts';
import { openCameraRegistry } from '../src/registry/camera-registry.ts';
import { openSecrets } from '../src/registry/secrets.ts';

it('leaves a new data directory without a beginning where the port is taken', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-hub-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'plaza.mp4'), '');
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const config = loadConfig({
    env: { SIGHTLINE_DATA: dir, SIGHTLINE_DEMO: dir, SIGHTLINE_MODELS: dir, SIGHTLINE_PORT: String(port) },
    cwd: dir,
  });
  for (const demo of [true, false]) {
    const onServing = () => assert.fail('it serves');
    await assert.rejects(runHub({ config, signal: new AbortController().signal, demo, onServing }), {
      code: 'PORT_IN_USE',
    });
  }

  const registry = openCameraRegistry({
    path: join(dir, 'registry.db'),
    secrets: openSecrets(join(dir, 'secret.key')),
    clock: systemClock,
    files: config.files,
  });
  t.after(() => registry.close());
  assert.deepEqual(registry.list(), []);
  assert.equal(registry.begin([{ id: 'a', source: { kind: 'demo' } }]).length, 1);
});
