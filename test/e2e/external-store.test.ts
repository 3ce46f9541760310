import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The embedded store on its own plays the part of a ClickHouse server: same engine, same HTTP interface. */
describe('a store that is configured by its URL', {
  skip: missingSharedData(TOWN_CENTRE, 'models/yolox_nano_416.onnx'),
}, () => {
  it('takes the rows and answers the queries, and no store of our own is started', async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'sightline-external-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'store'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        SIGHTLINE_STORE_PATH: join(dir, 'store'),
        SIGHTLINE_STORE_PASSWORD: 'opensesame',
      },
    });
    t.after(async () => {
      server.kill('SIGTERM');
      await once(server, 'exit');
    });
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];

    const config = join(dir, 'config.yaml');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration substitutes it
    writeFileSync(config, 'store:\n  url: ${CLICKHOUSE_URL}\n  username: default\n  password: opensesame\n');
    await using sightline = await new Sightline({
      SIGHTLINE_CONFIG: config,
      CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
      SIGHTLINE_MODELS: `${SHARED_DATA}models`,
      SIGHTLINE_FILES: sharedData('videos'),
    }).start();
    await sightline.addCamera({
      id: 'gate',
      source: { kind: 'file', path: sharedData(TOWN_CENTRE), pace: 'fast' },
    });
    const rows = await waitFor(
      'rows about people',
      async () => {
        const found = await sightline.query(
          'select label, uniq(track) from detections group by label order by 2 desc',
        );
        return found.length > 0 ? found : undefined;
      },
      { timeoutMs: 30_000 },
    );
    assert.equal(rows[0][0], 'person');
    assert.deepEqual(Object.keys(sightline.children()), ['node']);
  });
});
