import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStoreClient, type StoreClient } from '../../src/store/client.ts';

const SCRIPT = fileURLToPath(new URL('../../src/store/embedded/store-process.ts', import.meta.url));
export const PASSWORD = 'a "pass"\'word';

export interface StoreRig {
  readonly folder: string;
  readonly path: string;
  /** Set once started; the same over restarts. */
  url: string;
  child: ChildProcess;
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  client(): StoreClient;
}

/** A real store process on a port of its own, in a folder that `stop` removes. */
export function createStoreRig(): StoreRig {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-store-'));
  let port = 0;
  const clients: StoreClient[] = [];
  const rig: StoreRig = {
    folder,
    path: join(folder, 'store'),
    url: '',
    child: undefined as unknown as ChildProcess,
    async start() {
      rig.child = spawnStore({ SIGHTLINE_STORE_PATH: rig.path, SIGHTLINE_STORE_PORT: String(port) });
      port = await readyPort(rig.child);
      rig.url = `http://127.0.0.1:${port}`;
    },
    async kill() {
      const gone = once(rig.child, 'exit');
      rig.child.kill('SIGKILL');
      await gone;
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()));
      if (rig.child.exitCode === null && rig.child.signalCode === null) await rig.kill();
      rmSync(folder, { recursive: true, force: true });
    },
    client() {
      const client = createStoreClient({ url: rig.url, username: 'default', password: PASSWORD });
      clients.push(client);
      return client;
    },
  };
  return rig;
}

export function spawnStore(
  env: Record<string, string>,
  stderr: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  return spawn(process.execPath, [SCRIPT], {
    env: { PATH: process.env.PATH ?? '', SIGHTLINE_STORE_PASSWORD: PASSWORD, ...env },
    stdio: ['ignore', 'inherit', stderr, 'ipc'],
  });
}

export async function readyPort(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const early = (code: number | null) => reject(new Error(`the store process ended with ${code}`));
  child.once('exit', early);
  child.on('message', (message: { type: string; port: number }) => {
    if (message.type === 'ready') resolve(message.port);
  });
  try {
    return await promise;
  } finally {
    child.off('exit', early);
  }
}

/** Rows of a query that needs no guard. */
export async function rowsOf(client: StoreClient, query: string, params = {}): Promise<unknown[][]> {
  const answer = await client.admin.query({ query, query_params: params, format: 'JSONCompactEachRow' });
  return answer.json<unknown[]>();
}

/** Waits for `check` to hold, at most `boundMs`; fails with what `describe` says. */
export async function until(
  check: () => boolean | Promise<boolean>,
  what: string,
  boundMs = 20_000,
): Promise<void> {
  const giveUpAt = performance.now() + boundMs;
  while (!(await check())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
