import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

describe('starting and stopping', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-start-'));
  after(() => rmSync(dir, { recursive: true, force: true }));

  function serve(env: Record<string, string>) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, 'serve'],
      {
        encoding: 'utf8',
        timeout: 30_000,
        env: {
          ...process.env,
          SIGHTLINE_CONFIG: '',
          SIGHTLINE_DATA: join(dir, 'data'),
          SIGHTLINE_PORT: '0',
          ...env,
        },
      },
    );
    return { status, lines: stderr.trim().split('\n') };
  }

  it('says in one line that the port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const { status, lines } = serve({ SIGHTLINE_PORT: String(port) });
    server.close();
    assert.equal(status, 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], new RegExp(`port ${port} is in use.*SIGHTLINE_PORT`));
  });

  it('says in one line that the data directory cannot be written', () => {
    // a file in its place: holds for root too, who may write anywhere
    const file = join(dir, 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o444);
    const { status, lines } = serve({ SIGHTLINE_DATA: join(file, 'data') });
    assert.equal(status, 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], /cannot .*data|not writable/i);
  });

  it('says every mistake of the configuration, with its path', () => {
    const config = join(dir, 'bad.yaml');
    writeFileSync(config, 'server:\n  port: eighty\nvision:\n  ageBudgetMs: -1\n');
    const { status, lines } = serve({ SIGHTLINE_CONFIG: config, SIGHTLINE_PORT: '' });
    assert.equal(status, 1);
    assert.match(lines.join('\n'), /server\.port/);
    assert.match(lines.join('\n'), /vision\.ageBudgetMs/);
  });

  it('refuses a second Sightline on the same data directory, in one line', async () => {
    await using first = await new Sightline().start();
    const { status, lines } = serve({ SIGHTLINE_DATA: first.dataDir });
    assert.equal(status, 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], /another|in use/i);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends all of its processes on ${signal}, with code 0 and nothing left behind`, async () => {
      await using sightline = await new Sightline().start();
      const children = await waitFor('both children', () => {
        const pids = Object.values(sightline.children());
        return pids.length === 2 ? pids : undefined;
      });
      sightline.kill(signal);
      assert.equal(await sightline.exited(), 0);
      for (const pid of children) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    });
  }
});
