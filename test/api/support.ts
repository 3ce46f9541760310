import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { buildApi } from '../../src/api/app.ts';
import type { ApiDependencies } from '../../src/api/dependencies.ts';
import { createGuard } from '../../src/auth/guard.ts';
import { createTokens } from '../../src/auth/tokens.ts';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { listModels } from '../../src/models/list.ts';
import { openCameraRegistry } from '../../src/registry/camera-registry.ts';
import { openSecrets } from '../../src/registry/secrets.ts';

export const TOKEN = 'a-token-for-tests-only';

/** The API over a real registry in a directory of its own; status, query and pictures are fakes. */
export async function startApi(t: TestContext, changes: Partial<ApiDependencies> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-api-'));
  const config = loadConfig({ env: { SIGHTLINE_DATA: dir, SIGHTLINE_DEMO: dir }, cwd: dir });
  const secrets = openSecrets(join(dir, 'secret.key'));
  const cameras = openCameraRegistry({
    path: join(dir, 'registry.db'),
    secrets,
    clock: systemClock,
    files: config.files,
  });
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const app = await buildApi({
    config,
    cameras,
    statusOf: () => undefined,
    query: async () => ({
      columns: [{ name: 'label', type: 'String' }],
      rows: [['person']],
      rowCount: 1,
      truncated: false,
      elapsedMs: 3,
    }),
    snapshot: async () => Uint8Array.of(0xff, 0xd8, 0xff, 0xd9),
    readiness: async () => ({ ready: true, parts: { store: { up: true } } }),
    metricsText: async () => 'up 1\n',
    models: () => listModels(dir),
    guard: createGuard({ tokens: createTokens({ token: TOKEN, dir }), clock: systemClock }),
    log,
    dashboardDir: join(dir, 'dist'),
    version: '1.2.3',
    ...changes,
  });
  t.after(async () => {
    await app.close();
    cameras.close();
    rmSync(dir, { recursive: true });
  });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const call = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, more = {}) =>
    app.inject({ method, url, headers: { ...headers, ...more }, ...(payload ? { payload } : {}) });
  return { app, cameras, dir, lines, call };
}

export const GATE = {
  id: 'gate',
  source: { kind: 'rtsp', url: 'rtsp://user:p%40ss@10.0.0.7:554/stream?channel=1&pass=0ther%2Fs3cr3t' },
} as const;
