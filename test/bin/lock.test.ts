import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { withLock } from '../../bin/lock.mjs';

describe('the lock of a start', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-lock-'));
    path = join(folder, 'not', 'there', 'yet.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('lets one in at a time and tells the others who is in', async () => {
    const waitedFor: number[] = [];
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(
        path,
        async () => {
          most = Math.max(most, ++inside);
          await new Promise(setImmediate);
          inside--;
        },
        (pid) => waitedFor.push(pid),
      );
    await Promise.all([enter(), enter(), enter()]);
    assert.equal(most, 1);
    assert.deepEqual(waitedFor, [process.pid, process.pid]);
    assert.equal(existsSync(path), false);
  });

  it('is released when the work fails', async () => {
    await assert.rejects(
      withLock(path, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await withLock(path, async () => 'in'), 'in');
  });

  it('is taken over from a process that died', async () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await withLock(path, async () => undefined); // makes the folder
    writeFileSync(path, JSON.stringify({ pid: dead, host: hostname() }));
    const entered = await Promise.all([withLock(path, async () => 'a'), withLock(path, async () => 'b')]);
    assert.deepEqual(entered, ['a', 'b']);
  });

  it('of another machine is taken over only when no install can be running any more', async () => {
    await withLock(path, async () => undefined);
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: 'another-machine' }));
    let waiting = 0;
    const entered = withLock(
      path,
      async () => 'in',
      () => {
        waiting++;
        const longAgo = new Date(Date.now() - 16 * 60_000);
        utimesSync(path, longAgo, longAgo);
      },
    );
    assert.equal(await entered, 'in');
    assert.equal(waiting, 1);
  });
});
