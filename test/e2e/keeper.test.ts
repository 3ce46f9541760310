import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { noProcFileSystem, type ProcessInfo, processesWith } from '../support/processes.ts';
import { waitFor } from '../support/wait-for.ts';

const BIN = fileURLToPath(new URL('../../bin/sightline.mjs', import.meta.url));
const WELCOME = /dashboard\s+(http:\/\/\S+?)\/#token=(\S+)/g;
/** The dashboard may have to be built before the hub is started. */
const START = { timeoutMs: 60_000 };
/** The vision node and the store have 22 s to stop, one after the other; here they are idle. */
const STOP = { timeoutMs: 25_000 };

describe('the whole system, started as npm start does', { skip: noProcFileSystem }, () => {
  let dataDir = '';
  let keeper: ChildProcess;
  let out = '';
  let errors = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'sightline-kept-'));
    out = '';
    errors = '';
  });
  afterEach(async () => {
    for (const { pid } of ours()) process.kill(pid, 'SIGKILL');
    await waitFor('the processes of a failed test to end', () => ours().length === 0);
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Every process of this test that lives, by the data directory in its environment. */
  const ours = (): ProcessInfo[] => processesWith(`SIGHTLINE_DATA=${dataDir}`);
  const hub = () => ours().find(({ parent }) => parent === keeper.pid);
  const child = (command: string) =>
    ours().find(({ parent, args }) => parent === hub()?.pid && args.at(-1) === command);

  /** Starts the keeper in a session of its own and waits until hub, vision node and store are there. */
  async function start(
    args: string[],
    port: number,
  ): Promise<{ keeper: number; hub: number; all: number[] }> {
    keeper = spawn(process.execPath, [BIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: {
        ...process.env,
        SIGHTLINE_DATA: dataDir,
        SIGHTLINE_PORT: String(port),
        SIGHTLINE_CONFIG: '',
        npm_lifecycle_event: undefined, // `npm test` is not what started this one
      },
    });
    keeper.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    keeper.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await serving(1);
    return { keeper: keeper.pid as number, hub: hub()?.pid as number, all: ours().map(({ pid }) => pid) };
  }

  /** Waits for the nth welcome, for all four processes and for readiness; answers the address. */
  async function serving(nth: number): Promise<string> {
    try {
      const welcome = await waitFor(`welcome ${nth}`, () => [...out.matchAll(WELCOME)][nth - 1], START);
      await waitFor('vision node and store', () => child('node') && child('store') && ours().length === 4);
      const url = welcome[1] as string;
      await waitFor('readiness', async () => (await fetch(`${url}/readyz`)).status === 200, START);
      return url;
    } catch (err) {
      throw new Error(`${err instanceof Error ? err.message : err}\n${out}\n${errors}`, { cause: err });
    }
  }

  it('has a new hub when the hub is killed, at the same address, and nothing of the old one', async () => {
    const port = await freePort();
    const before = await start(['serve', '--empty'], port);
    process.kill(before.hub, 'SIGKILL');
    const url = await serving(2);
    assert.equal(url, `http://127.0.0.1:${port}`);
    const now = ours().map(({ pid }) => pid);
    assert.deepEqual(
      now.filter((pid) => before.all.includes(pid)),
      [before.keeper],
    );
    assert.match(errors, /the hub was ended by SIGKILL; starting it again in 1 s/);
    const ended = once(keeper, 'exit');
    keeper.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(ours(), []);
  });

  it('ends on SIGINT with code 0 and leaves nothing behind; no command means serve', async () => {
    const { all } = await start(['--empty'], 0);
    const ended = once(keeper, 'exit');
    keeper.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual(ours(), []);
    assert.equal(all.length, 4);
    for (const pid of all) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  it('ends by itself when its keeper is killed', async () => {
    const { all } = await start(['serve', '--empty'], 0);
    keeper.kill('SIGKILL');
    await waitFor('hub, vision node and store to end', () => ours().length === 0, STOP);
    assert.equal(all.length, 4);
  });
});
