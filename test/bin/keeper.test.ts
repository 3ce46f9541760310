import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { keepHub } from '../../bin/keeper.mjs';
import { waitFor } from '../support/wait-for.ts';

describe('the keeper of the hub', () => {
  let folder = '';
  let signals = new EventEmitter();
  let told: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-keeper-'));
    signals = new EventEmitter();
    told = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Keeps a stand-in hub, which can `note(word)` what happens to it. */
  function keep(hub: string, options: Parameters<typeof keepHub>[1] = {}) {
    const script = join(folder, 'hub.mjs');
    writeFileSync(
      script,
      `import { appendFileSync } from 'node:fs';
       const note = (word) => appendFileSync(${JSON.stringify(join(folder, 'notes'))}, word + '\\n');
       ${hub}`,
    );
    const command = { file: process.execPath, args: [script] };
    const tell = (line: string) => told.push(line);
    return keepHub(command, { signals, tell, minBackoffMs: 10, maxBackoffMs: 40, ...options });
  }

  const notes = () => readFileSync(join(folder, 'notes'), 'utf8').trim().split('\n');
  const SERVES = `
    setInterval(() => {}, 1000);
    process.on('SIGTERM', () => process.exit(0));
    note(process.pid);
    process.send({ type: 'ready' });`;

  it('starts a hub that was killed again, and ends with it when asked to stop', async () => {
    const kept = keep(SERVES);
    const [first] = await waitFor('the first hub', notes);
    process.kill(Number(first), 'SIGKILL');
    const [, second] = await waitFor('the second hub', () => notes().length === 2 && notes());
    assert.notEqual(second, first);
    assert.deepEqual(told, ['the hub was ended by SIGKILL; starting it again in 0.01 s']);

    signals.emit('SIGTERM');
    assert.equal(await kept, 0);
    assert.equal(notes().length, 2);
  });

  it('takes a failure before the hub is ready for final and passes its exit code on', async () => {
    assert.equal(await keep(`note('started'); process.exit(3);`), 3);
    assert.deepEqual(notes(), ['started']);
    assert.deepEqual(told, []);
  });

  it('starts a hub again that fails after it was ready', async () => {
    const kept = keep(`
      note('started');
      process.send({ type: 'ready' }, () => process.exit(7));`);
    await waitFor('a second start', () => notes().length >= 2);
    signals.emit('SIGTERM');
    await kept;
    assert.equal(told[0], 'the hub failed with exit code 7; starting it again in 0.01 s');
  });

  it('ends with a hub that ends by itself', async () => {
    assert.equal(await keep(`note('started'); process.send({ type: 'ready' });`), 0);
    assert.deepEqual(notes(), ['started']);
  });

  it('doubles the back-off up to its limit', async () => {
    const kept = keep(`process.kill(process.pid, 'SIGKILL');`);
    await waitFor('five ends', () => told.length >= 5);
    signals.emit('SIGINT');
    await kept;
    const backoffs = told.slice(0, 5).map((line) => /in ([\d.]+) s$/.exec(line)?.[1]);
    assert.deepEqual(backoffs, ['0.01', '0.02', '0.04', '0.04', '0.04']);
  });

  it('forgets the back-off after a healthy run', async () => {
    const kept = keep(`process.kill(process.pid, 'SIGKILL');`, { healthyAfterMs: 0 });
    await waitFor('three ends', () => told.length >= 3);
    signals.emit('SIGINT');
    await kept;
    assert.deepEqual([...new Set(told)], ['the hub was ended by SIGKILL; starting it again in 0.01 s']);
  });

  it('asks once when one Ctrl-C arrives through several hands', async () => {
    const kept = keep(`
      let asked = 0;
      process.on('SIGTERM', () => { asked++; note('asked'); setTimeout(() => process.exit(asked), 200); });
      process.on('SIGINT', () => process.exit(99));
      setInterval(() => {}, 1000);
      note('started');`);
    await waitFor('the hub', notes);
    for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM', 'SIGHUP']) signals.emit(signal);
    assert.equal(await kept, 1);
    assert.deepEqual(notes(), ['started', 'asked']);
  });

  const STUBBORN = `
    process.on('SIGTERM', () => note('asked'));
    setInterval(() => {}, 1000);
    note('started');`;

  it('kills a hub that does not stop when asked a second time', async () => {
    const kept = keep(STUBBORN, { sameStopMs: 0 });
    await waitFor('the hub', notes);
    signals.emit('SIGINT');
    await waitFor('the request', () => notes().includes('asked'));
    signals.emit('SIGINT');
    assert.equal(await kept, 128 + 9);
  });

  it('kills a hub that does not stop in time, and says so', async () => {
    const kept = keep(STUBBORN, { forceAfterMs: 30 });
    await waitFor('the hub', notes);
    signals.emit('SIGTERM');
    assert.equal(await kept, 128 + 9);
    assert.match(told[0] ?? '', /did not stop within 0.03 s; ending it by force/);
  });

  it('stops while it waits to start the hub again', async () => {
    const kept = keep(`process.kill(process.pid, 'SIGKILL');`, {
      minBackoffMs: 60_000,
      maxBackoffMs: 60_000,
    });
    await waitFor('the end', () => told.length === 1);
    signals.emit('SIGINT');
    assert.equal(await kept, 0);
  });

  it('stops when the npm that started it is gone', async () => {
    let gone = false;
    const kept = keep(SERVES, { isOrphaned: () => gone, orphanPollMs: 5 });
    await waitFor('the hub', notes);
    gone = true;
    assert.equal(await kept, 0);
  });

  it('listens to no signal any more when it is done', async () => {
    await keep('');
    assert.deepEqual(signals.eventNames(), []);
  });

  it('says which program is missing', async () => {
    const kept = keepHub({ file: join(folder, 'no-such-node'), args: [] }, { signals });
    await assert.rejects(kept, /no-such-node cannot be started: .*ENOENT/);
  });
});
