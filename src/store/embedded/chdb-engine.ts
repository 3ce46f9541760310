import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { drainPending, Session } from 'chdb';
import type { Clock } from '../../clock.ts';
import { EngineError, messageOf } from '../../errors.ts';
import { createStatementQueue } from './statement-queue.ts';

/** One statement as the HTTP interface takes it. */
export interface Statement {
  readonly sql: string;
  /** The data of an INSERT, in the format the statement names. */
  readonly data: Buffer | null;
  readonly database: string | null;
  readonly settings: Readonly<Record<string, string>>;
  /** Values of `{name:Type}` placeholders, as text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Used when the statement has no FORMAT of its own. */
  readonly defaultFormat: string;
}

export interface StatementResult {
  readonly bytes: Uint8Array;
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly elapsedMs: number;
}

export interface ChdbEngine {
  /** Runs one statement. Rejects with the engine's own text: `Code: N. DB::Exception: ... (NAME)`. */
  run(statement: Statement): Promise<StatementResult>;
  /**
   * Has the engine answer `SELECT 1`, past the statements that wait. Rejects when it cannot, or when the last
   * probe is not answered yet.
   */
  probe(): Promise<void>;
  /**
   * Waits up to `patienceMs` for what still runs, has the rest cancelled, then lets the data directory go.
   * False: something could not be cancelled; the process can only be killed, as its exit would wait for it.
   */
  close(patienceMs: number): Promise<boolean>;
}

const OPEN_ATTEMPT_MS = 250;
/** How long a cancelled statement may take to end. */
const CANCEL_MS = 500;
/** Statements at once, beside one write and one probe: each holds one thread of libuv's pool of four while it runs. */
const MAX_READS = 2;
const MAX_WAITING = 200;
const READ =
  /^\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*\(*\s*(select|with|show|describe|desc|explain|exists)\b/i;
/** The shape `@clickhouse/client` sends an insert in; the data follows apart. */
const INSERT = /^\s*insert\s+into\s+([\w.`]+)\s*(?:\(([\w`,\s]+)\))?\s*format\s+(\w+)\s*;?\s*$/i;
const PROBE: Statement = {
  sql: 'SELECT 1',
  data: null,
  database: null,
  settings: {},
  parameters: {},
  defaultFormat: 'TabSeparated',
};
const RAW_FORMATS = new Set(['JSONEachRow', 'JSONCompactEachRow', 'TabSeparated', 'CSV']);

/**
 * Opens the data directory with chDB, the embedded ClickHouse; waits up to `patienceMs` while a dying
 * predecessor still holds it.
 *
 * Each statement gets a connection of its own (0.2 ms): settings, parameters and `readonly` stay in a
 * connection for its life, and one connection runs one statement at a time. Writes take turns, so that two
 * inserts with one deduplication token can never overlap; reads run beside them.
 *
 * @throws EngineError DATA_NOT_WRITABLE, DATA_IN_USE.
 */
export async function openChdbEngine(
  path: string,
  clock: Clock,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<ChdbEngine> {
  const keeper = await openWhenFree(path, clock, patienceMs, signal);
  const reads = createStatementQueue(MAX_READS, MAX_WAITING);
  const writes = createStatementQueue(1, MAX_WAITING);
  const probes = createStatementQueue(1, 0);

  async function execute(statement: Statement): Promise<StatementResult> {
    const session = new Session(path);
    try {
      const prelude = preludeOf(statement);
      if (prelude) await session.queryAsync(prelude);
      const insert = statement.data && INSERT.exec(statement.sql);
      if (statement.data && insert && RAW_FORMATS.has(insert[3]!)) {
        const done = await session.insert({
          table: insert[1]!.replaceAll('`', ''),
          columns: insert[2]?.split(',').map((column) => column.trim().replaceAll('`', '')),
          values: statement.data,
          format: insert[3] as 'JSONEachRow',
        });
        const written = { writtenRows: done.rowsWritten, elapsedMs: done.elapsed * 1000 };
        return { bytes: new Uint8Array(), readRows: 0, readBytes: 0, ...written };
      }
      const sql = statement.data ? `${statement.sql}\n${statement.data}` : statement.sql;
      const result = await session.queryAsync(sql, { format: statement.defaultFormat });
      return {
        bytes: result.bytes(),
        readRows: result.rowsRead,
        readBytes: result.bytesRead,
        writtenRows: 0,
        elapsedMs: result.elapsed * 1000,
      };
    } finally {
      session.close();
    }
  }

  return {
    run: (statement) => (READ.test(statement.sql) ? reads : writes).run(() => execute(statement)),
    probe: () => probes.run(async () => void (await execute(PROBE))),
    async close(patienceMs) {
      const idle = Promise.all([reads.close(), writes.close(), probes.close()]).then(() => true);
      const after = (ms: number) => clock.sleep(ms).then(() => false);
      if (!(await Promise.race([idle, after(patienceMs)]))) {
        // the engine cancels what is queried by another connection only; an insert is whole or not there
        keeper.queryAsync('KILL QUERY WHERE 1 ASYNC').catch(() => undefined);
        if (!(await Promise.race([idle, after(CANCEL_MS)]))) return false;
      }
      await drainPending();
      keeper.close();
      return true;
    },
  };
}

/** The SETs that put a fresh connection into the state the statement asked for; `readonly` last, it locks the rest. */
function preludeOf({ database, settings, parameters }: Statement): string {
  const parts: string[] = [];
  if (database) parts.push(`USE \`${database.replace(/[`\\]/g, '\\$&')}\``);
  const { readonly, ...others } = settings;
  for (const [name, value] of Object.entries(others)) parts.push(setting(name, value));
  for (const [name, value] of Object.entries(parameters)) parts.push(setting(`param_${name}`, value));
  if (readonly !== undefined) parts.push(setting('readonly', readonly));
  return parts.join(';');
}

function setting(name: string, value: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    throw new Error(
      `Code: 115. DB::Exception: Invalid setting name ${JSON.stringify(name)} (UNKNOWN_SETTING)`,
    );
  }
  return `SET ${name}='${value.replace(/['\\]/g, '\\$&')}'`;
}

async function openWhenFree(path: string, clock: Clock, patienceMs: number, signal?: AbortSignal) {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (err) {
    throw new EngineError(
      'DATA_NOT_WRITABLE',
      `cannot write to the store's folder ${path}: ${messageOf(err)}`,
    );
  }
  const giveUpAt = clock.elapsed() + patienceMs;
  for (;;) {
    const held = isLocked(join(path, 'status'));
    let failure = 'another process has it open';
    if (!held) {
      try {
        return new Session(path);
      } catch (err) {
        failure = messageOf(err); // the engine wrote the cause to standard error
      }
    }
    if (clock.elapsed() >= giveUpAt) {
      throw new EngineError(
        'DATA_IN_USE',
        `cannot open the store in ${path}: ${failure}; is Sightline already running there?`,
      );
    }
    await clock.sleep(OPEN_ATTEMPT_MS, signal);
    signal?.throwIfAborted();
  }
}

/**
 * Whether some process holds a lock on the file, as Linux lists it in /proc/locks: the engine writes an error
 * to standard error for every attempt on a held directory. False where that cannot be known.
 */
function isLocked(file: string): boolean {
  try {
    const inode = `:${statSync(file).ino} `;
    return readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .some((line) => line.includes(inode));
  } catch {
    return false;
  }
}
