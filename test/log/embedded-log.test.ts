import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { type Clock, systemClock } from '../../src/clock.ts';
import { EngineError } from '../../src/errors.ts';
import { openEmbeddedLog } from '../../src/log/embedded-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `log-${files++}.sqlite`);

const T = 'sightline.detections.v1';
const record = (n: number, value = `{"n":${n}}`) => ({ key: 'gate', id: `gate/r/${n}`, value });
const records = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => record(from + i));
const hasCode = (code: string) => (err: unknown) => err instanceof EngineError && err.code === code;

/** A clock that stands still until it is moved. */
function steppedClock() {
  let nowMs = 1_000_000;
  return {
    now: () => nowMs,
    elapsed: () => nowMs,
    sleep: () => Promise.resolve(),
    step: (ms: number) => void (nowMs += ms),
  };
}

describe('the embedded log', () => {
  it('gives offsets in order, without gaps, and keeps one record per id', () => {
    using log = disposable(newPath());
    assert.equal(log.append(T, records(1, 3)), 3);
    assert.equal(log.append(T, [record(2, 'changed'), record(4), record(4)]), 1);
    const read = log.read(T, 1, 10, 1e6);
    assert.deepEqual(
      read.map((r) => [r.offset, r.id, r.value]),
      [1, 2, 3, 4].map((n) => [n, `gate/r/${n}`, `{"n":${n}}`]),
    );
  });

  it('stops before maxBytes but returns at least one record', () => {
    using log = disposable(newPath());
    log.append(T, [record(1, 'x'.repeat(100)), record(2, 'é'.repeat(100)), record(3, 'x')]);
    assert.deepEqual(
      [300, 299, 301, 10].map((bytes) => log.read(T, 1, 10, bytes).length),
      [2, 1, 3, 1],
    );
    assert.equal(log.read(T, 2, 1, 1e6)[0]?.offset, 2);
    assert.deepEqual(log.read(T, 4, 10, 1e6), []);
  });

  it('appends all or nothing', () => {
    using log = disposable(newPath());
    const broken = { key: 'gate', id: 'b', value: undefined as unknown as string };
    assert.throws(() => log.append(T, [record(1), broken]));
    assert.equal(log.read(T, 1, 10, 1e6).length, 0);
    assert.equal(log.append(T, [record(1)]), 1);
  });

  it('remembers the pending range of a group over a restart, and clears it on commit', () => {
    const path = newPath();
    {
      using log = disposable(path);
      log.append(T, records(1, 5));
      assert.deepEqual(log.position('store', T), { next: 1, pending: null });
      log.begin('store', T, 1, 3);
    }
    using log = disposable(path);
    assert.deepEqual(log.position('store', T), { next: 1, pending: { first: 1, last: 3 } });
    log.commit('store', T, 4);
    assert.deepEqual(log.position('store', T), { next: 4, pending: null });
    assert.deepEqual(log.position('other', T), { next: 1, pending: null });
  });

  it('tells how far behind a group is', () => {
    const clock = steppedClock();
    using log = disposable(newPath(), clock);
    log.position('store', T);
    log.append(T, records(1, 4));
    clock.step(500);
    log.append(T, records(5, 6));
    clock.step(250);
    assert.deepEqual(log.depth('store', T), { records: 6, oldestAgeMs: 750 });
    log.commit('store', T, 5);
    assert.deepEqual(log.depth('store', T), { records: 2, oldestAgeMs: 250 });
    log.commit('store', T, 7);
    assert.deepEqual(log.depth('store', T), { records: 0, oldestAgeMs: 0 });
  });

  it('trims by age and size only what every group has committed', () => {
    const clock = steppedClock();
    using log = disposable(newPath(), clock);
    log.position('store', T);
    log.position('alerts', T);
    for (let n = 1; n <= 10; n++) log.append(T, [record(n, 'x'.repeat(100))]);
    clock.step(60_000);
    const young = { maxAgeMs: 120_000, maxBytes: 500 };
    assert.deepEqual(log.trim(T, young), { removed: 0, lost: 0 });
    log.commit('store', T, 9);
    log.commit('alerts', T, 4);
    assert.deepEqual(log.trim(T, young), { removed: 3, lost: 0 });
    log.commit('alerts', T, 9);
    assert.deepEqual(log.trim(T, young), { removed: 2, lost: 0 }); // 500 bytes are left: enough
    assert.deepEqual(log.trim(T, { maxAgeMs: 1000, maxBytes: 1e9 }), { removed: 3, lost: 0 });
    assert.deepEqual(
      log.read(T, 1, 10, 1e6).map((r) => r.offset),
      [9, 10],
    );
  });

  it('removes what a group still needs only above the hard cap, and counts it', () => {
    using log = disposable(newPath());
    log.position('store', T);
    for (let n = 1; n <= 10; n++) log.append(T, [record(n, 'x'.repeat(100))]);
    log.commit('store', T, 3);
    const limits = { maxAgeMs: 1e9, maxBytes: 100, hardMaxBytes: 600 };
    assert.deepEqual(log.trim(T, limits), { removed: 4, lost: 2 });
    assert.deepEqual(log.depth('store', T).records, 6);
  });

  it('never gives an offset twice, not even after everything was trimmed', () => {
    using log = disposable(newPath());
    log.append(T, records(1, 3));
    assert.equal(log.trim(T, { maxAgeMs: 1e9, maxBytes: 0 }).removed, 3);
    log.append(T, records(4, 4));
    assert.equal(log.read(T, 1, 10, 1e6)[0]?.offset, 4);
  });

  it('is written by two processes at once that both create it, and loses nothing', async () => {
    const path = newPath();
    const script = `
      import { openEmbeddedLog } from ${JSON.stringify(new URL('../../src/log/embedded-log.ts', import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL('../../src/clock.ts', import.meta.url).href)};
      const log = openEmbeddedLog(${JSON.stringify(path)}, { clock: systemClock });
      for (let n = 0; n < 50; n++) log.append('${T}', [{ key: 'k', id: process.argv[1] + n, value: '{}' }, { key: 'k', id: 'shared' + n, value: '{}' }]);
      log.close();`;
    const children = ['a', 'b', 'c'].map((name) =>
      spawn(process.execPath, ['--input-type=module', '-e', script, name], {
        stdio: ['ignore', 'inherit', 'inherit'],
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    assert.deepEqual(codes, [0, 0, 0]);
    using log = disposable(path);
    assert.equal(log.read(T, 1, 1000, 1e6).length, 200);
    assert.equal(log.depth('g', T).records, 200);
  });

  it('keeps what was appended when the process is killed right after', async () => {
    const path = newPath();
    const script = `
      import { openEmbeddedLog } from ${JSON.stringify(new URL('../../src/log/embedded-log.ts', import.meta.url).href)};
      import { systemClock } from ${JSON.stringify(new URL('../../src/clock.ts', import.meta.url).href)};
      const log = openEmbeddedLog(${JSON.stringify(path)}, { clock: systemClock });
      log.append('${T}', [{ key: 'k', id: 'x', value: '{}' }]);
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
    using log = disposable(path);
    assert.equal(log.read(T, 1, 10, 1e6)[0]?.id, 'x');
  });
});

describe('the embedded log says what is wrong', () => {
  it('for a file that is no log', () => {
    const path = newPath();
    writeFileSync(path, 'not a database, but long enough to be read as one '.repeat(100));
    assert.throws(() => openEmbeddedLog(path, { clock: systemClock }), hasCode('LOG_CORRUPT'));
  });

  it('for a log whose pages were overwritten', () => {
    const path = newPath();
    {
      using log = disposable(path);
      log.append(T, records(1, 2000));
    }
    const bytes = readFileSync(path);
    bytes.fill(0xee, 4096);
    writeFileSync(path, bytes);
    assert.throws(() => {
      using log = disposable(path);
      log.read(T, 1, 5000, 1e9);
    }, hasCode('LOG_CORRUPT'));
  });

  it('for a folder that does not exist', () => {
    const path = join(folder, 'absent', 'log.sqlite');
    assert.throws(() => openEmbeddedLog(path, { clock: systemClock }), hasCode('DATA_NOT_WRITABLE'));
  });

  it('for a log that another process holds too long', () => {
    const path = newPath();
    const log = openEmbeddedLog(path, { clock: systemClock, busyTimeoutMs: 20 });
    log.append(T, records(1, 1));
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    assert.throws(() => log.append(T, records(2, 2)), hasCode('LOG_UNAVAILABLE'));
    other.exec('COMMIT');
    other.close();
    assert.equal(log.append(T, records(2, 2)), 1);
    log.close();
  });
});

function disposable(path: string, clock: Clock = systemClock) {
  const log = openEmbeddedLog(path, { clock });
  return Object.assign(log, { [Symbol.dispose]: () => log.close() });
}
