import { pino } from 'pino';
import { systemClock } from '../../src/clock.ts';
import { openEmbeddedLog } from '../../src/log/embedded-log.ts';
import { createStoreClient } from '../../src/store/client.ts';
import { runStoreWriter } from '../../src/store/writer.ts';
import { PASSWORD } from './store-rig.ts';

/** A store writer that kills its own process, as SIGKILL does, at the named step of its second batch. */
export const STEPS = [
  'before begin',
  'after begin',
  'during insert',
  'after insert',
  'after commit',
] as const;

if (import.meta.main) {
  const [path = '', url = '', step = '', maxMessages = ''] = process.argv.slice(2);
  const die = (at: string): void => {
    if (at === step && batch === 2) process.kill(process.pid, 'SIGKILL');
  };
  let batch = 0;
  const log = openEmbeddedLog(path, { clock: systemClock });
  const { begin, commit } = log;
  log.begin = (...range) => {
    batch++;
    die('before begin');
    begin(...range);
    die('after begin');
  };
  log.commit = (...position) => {
    commit(...position);
    die('after commit');
  };
  const client = createStoreClient({ url, username: 'default', password: PASSWORD });
  const insert = client.admin.exec.bind(client.admin);
  client.admin.exec = (async (params: Parameters<typeof insert>[0]) => {
    const inserted = insert(params);
    if (step === 'during insert' && batch === 2) setTimeout(() => die('during insert'), 5);
    const result = await inserted;
    die('after insert');
    return result;
  }) as typeof client.admin.exec;
  const writer = runStoreWriter({
    log,
    client,
    clock: systemClock,
    logger: pino({ enabled: false }),
    signal: new AbortController().signal,
    config: { store: { retentionDays: 30 }, log: { retentionHours: 72, maxBytesMiB: 1024 } },
    maxMessages: Number(maxMessages),
  });
  await writer.done;
}
