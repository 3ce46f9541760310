import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../clock.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { openChdbEngine } from './chdb-engine.ts';
import { createHttpFront } from './http-front.ts';
import { storeSettingsFrom } from './store-settings.ts';

/** How long a predecessor that is being killed may hold the data directory. */
const OPEN_PATIENCE_MS = 15_000;
/** How long running statements may take once the process is asked to stop. */
const STOP_PATIENCE_MS = 800;

/**
 * The embedded store: ClickHouse's engine (chDB) behind a loopback HTTP port, in a process of its own.
 *
 * Runs until SIGTERM, SIGINT, the IPC message `{type: 'stop'}` or the end of the IPC channel, which means that
 * the process that started it is gone. Tells `{type: 'ready', port}` over IPC when it serves: the port it was
 * given, or any free one while somebody else has that one.
 *
 * @returns the exit code: 0 after a stop; 1, and one line on standard error, when it could not start. The
 * caller must exit the process with it: the engine's threads would keep it alive.
 */
export async function runStoreProcess(env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const stop = stopSignal();
  try {
    const { path, host, port, username, password } = storeSettingsFrom(env);
    const engine = await openChdbEngine(path, systemClock, OPEN_PATIENCE_MS, stop);
    const front = createHttpFront({ engine, clock: systemClock, username, password });
    front.requestTimeout = 120_000;
    process.send?.({ type: 'ready', port: await listen(front, host, port) });
    if (!stop.aborted) await once(stop, 'abort');
    front.close();
    front.closeIdleConnections();
    if (!(await engine.close(STOP_PATIENCE_MS))) process.kill(process.pid, 'SIGKILL');
    front.closeAllConnections();
    return 0;
  } catch (err) {
    if (stop.aborted) return 0;
    if (!(err instanceof EngineError) && !(err as NodeJS.ErrnoException).syscall) throw err;
    process.stderr.write(`sightline store: ${messageOf(err)}\n`);
    return 1;
  }
}

/** Answers the port it listens on. */
async function listen(front: Server, host: string, port: number): Promise<number> {
  try {
    front.listen(port, host);
    await once(front, 'listening');
  } catch (err) {
    if (port === 0 || (err as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw err;
    // it is out of the range that the system gives to anybody: taken while no store ran, perhaps for ever
    return await listen(front, host, 0);
  }
  return (front.address() as AddressInfo).port;
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  if (process.channel) {
    process.once('disconnect', () => stop.abort());
    process.on('message', (message) => {
      if ((message as { type?: string } | null)?.type === 'stop') stop.abort();
    });
  }
  return stop.signal;
}

if (import.meta.main) process.exit(await runStoreProcess());
