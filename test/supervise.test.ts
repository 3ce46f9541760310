import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import type { Clock } from '../src/clock.ts';
import { type Child, type ChildSettings, supervise } from '../src/supervise.ts';
import { waitFor } from './support/wait-for.ts';

/** Sleeps are noted; they end when the test says so, or by their signal. */
function notedClock() {
  const asleep: { readonly ms: number; readonly wake: () => void }[] = [];
  let elapsedMs = 0;
  const clock: Clock = {
    now: () => elapsedMs,
    elapsed: () => elapsedMs,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        asleep.push({ ms, wake });
        signal?.addEventListener('abort', () => wake());
      }),
  };
  return {
    clock,
    asleep,
    advance: (ms: number) => {
      elapsedMs += ms;
    },
  };
}

describe('a supervised process', () => {
  let folder = '';
  let time = notedClock();
  let messages: unknown[] = [];
  let died = 0;
  let warned: Record<string, unknown>[] = [];
  const supervised: Child[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-supervise-'));
    time = notedClock();
    messages = [];
    died = 0;
    warned = [];
  });
  afterEach(async () => {
    for (const child of supervised.splice(0)) {
      if (child.pid) process.kill(child.pid, 'SIGKILL');
      await child.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  function start(program: string, settings: Partial<ChildSettings> = {}): Child {
    const script = join(folder, 'child.mjs');
    writeFileSync(script, program);
    const child = supervise({
      name: 'stand-in',
      args: [],
      script,
      clock: time.clock,
      log: pino({ level: 'warn' }, { write: (line: string) => void warned.push(JSON.parse(line)) }),
      onMessage: (message) => void messages.push(message),
      onDied: () => {
        died++;
      },
      stopTimeoutMs: 777,
      ...settings,
    });
    supervised.push(child);
    return child;
  }

  const GOOD = `
    process.on('message', (message) => {
      if (message.type === 'stop') process.exit(0);
      process.send({ got: message, args: process.argv.slice(2), word: process.env.WORD });
    });
    process.on('disconnect', () => process.exit(0));
    process.send('up');`;

  it('gets its arguments, environment and state, also after each new start', async () => {
    let starts = 0;
    const child = start(GOOD, {
      args: ['store', '--x'],
      env: { WORD: 'sesame' },
      onStart: (send) => send({ state: ++starts }),
    });
    const state = (n: number) => ({ got: { state: n }, args: ['store', '--x'], word: 'sesame' });
    await waitFor('its answer', () => messages.length === 2);
    assert.deepEqual(messages, ['up', state(1)]);
    const first = child.pid as number;
    process.kill(first, 'SIGKILL');
    await waitFor('the back-off', () => time.asleep.length === 1);
    assert.equal(child.pid, undefined);
    child.send({ lost: true }); // nobody is there: dropped, `onStart` sends what counts
    time.asleep[0]?.wake();
    await waitFor('the answer of the second', () => messages.length === 4);
    assert.deepEqual(messages.slice(2), ['up', state(2)]);
    assert.notEqual(child.pid, first);
    assert.equal(died, 1);
    assert.deepEqual(
      warned.map(({ process, reason, restartInMs }) => ({ process, reason, restartInMs })),
      [{ process: 'stand-in', reason: 'SIGKILL', restartInMs: 250 }],
    );
    await child.stop();
    assert.equal(child.pid, undefined);
    assert.equal(died, 1); // it was asked
  });

  it('is started again after waits that double to ten seconds, and begin anew after a healthy run', async () => {
    let send = (_: object): void => undefined;
    start("process.once('message', () => process.exit(3)); process.send('up');", {
      onStart: (sendTo) => {
        send = sendTo;
      },
    });
    for (let run = 0; run < 9; run++) {
      await waitFor('it', () => messages.length === run + 1);
      if (run === 7) time.advance(30_001); // this run was a long one
      send({ type: 'end' });
      await waitFor('its end', () => time.asleep.length === run + 1);
      time.asleep[run]?.wake();
    }
    assert.deepEqual(
      time.asleep.map(({ ms }) => ms),
      [250, 500, 1000, 2000, 4000, 8000, 10_000, 250, 500],
    );
    assert.equal(warned[0]?.reason, 'exit code 3');
  });

  it('is killed when it does not stop in time', async () => {
    const child = start(`process.on('message', () => process.send('deaf')); setInterval(() => {}, 1000);`);
    const pid = child.pid as number;
    const stopped = child.stop();
    await waitFor('the request', () => messages.length === 1);
    assert.deepEqual(
      time.asleep.map(({ ms }) => ms),
      [777],
    );
    assert.ok(existsSync(`/proc/${pid}`) || process.platform !== 'linux');
    time.asleep[0]?.wake();
    await stopped;
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.equal(warned.at(-1)?.msg, 'a process did not stop in time and is killed');
  });

  it('that is not of Node is stopped by the end of its standard input, and restarted when it dies', async () => {
    const trace = join(folder, 'trace');
    const lines = () => (existsSync(trace) ? readFileSync(trace, 'utf8') : '');
    const child = supervise({
      name: 'shell',
      program: '/bin/sh',
      args: ['-c', 'echo $WORD >> "$0"; cat; echo end >> "$0"', trace],
      env: { WORD: 'up' },
      clock: time.clock,
      log: pino({ level: 'silent' }),
      stopTimeoutMs: 777,
    });
    supervised.push(child);
    await waitFor('it', () => lines() === 'up\n');
    process.kill(child.pid as number, 'SIGKILL');
    await waitFor('the back-off', () => time.asleep.length === 1);
    time.asleep[0]?.wake();
    await waitFor('the second', () => lines().startsWith('up\nup\n'));
    await child.stop();
    assert.equal(child.pid, undefined);
    assert.equal(lines(), 'up\nup\nend\n'); // it came to its end by itself
  });

  it('is not started again when it is stopped between two runs', async () => {
    const child = start('process.exit(3)');
    await waitFor('the back-off', () => time.asleep.length === 1);
    await child.stop();
    assert.equal(child.pid, undefined);
    assert.equal(died, 1);
  });

  it('lies outside the process group of its parent, which alone hears Ctrl-C', {
    skip: process.platform !== 'linux' && 'reads /proc',
  }, async () => {
    const child = start(GOOD);
    await waitFor('it', () => messages.length === 1);
    const groupOf = (pid: number) =>
      Number(/\) \S \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
    assert.equal(groupOf(child.pid as number), child.pid);
    await child.stop();
  });
});
