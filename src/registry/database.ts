import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EngineError, messageOf } from '../errors.ts';

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

const SCHEMA = `
create table if not exists cameras (
  id text primary key,
  declaration text not null,   -- JSON: what the user said, its URL without credentials
  sealed_url blob,             -- the whole URL, when it holds credentials
  managed_by text not null,
  created_at_ms integer not null,
  updated_at_ms integer not null,
  revision_at_ms integer not null,
  played_out integer not null
) strict, without rowid;
create table if not exists idempotency (
  key text primary key,
  request text not null,       -- keyed digest of the request's body
  answer text not null,
  created_at_ms integer not null
) strict, without rowid;
`;
/** The version of a database that was given what a new data directory begins with; 0 before. */
const BEGUN = 1;

/**
 * Opens the hub's own database for this process alone: the lock is held until it is closed and goes with the
 * process, however that ends.
 *
 * @throws EngineError DATA_IN_USE, DATA_NOT_WRITABLE
 */
export function openExclusive(path: string, busyMs: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: busyMs });
    // exclusive before the first read: WAL then keeps its index in memory, and the lock for good
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;');
    database.exec(`begin immediate; ${SCHEMA} commit;`);
    return database;
  } catch (err) {
    database?.close();
    throw explained(err, path);
  }
}

/** Whether `markBegun` was ever committed, by this version or one before, which marked a database when it made it. */
export function hasBegun(database: DatabaseSync): boolean {
  const { user_version: version } = database.prepare('pragma user_version').get() as { user_version: number };
  return version >= BEGUN;
}

/** Part of the transaction it is called in, as any row is. */
export function markBegun(database: DatabaseSync): void {
  database.exec(`pragma user_version = ${BEGUN}`);
}

/** Runs `work` in one transaction: all of it is durable on return, or none. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate');
  try {
    const result = work();
    database.exec('commit');
    return result;
  } catch (err) {
    if (database.isTransaction) database.exec('rollback');
    throw err;
  }
}

function explained(err: unknown, path: string): EngineError {
  const primary = Number((err as { errcode?: number }).errcode ?? 0) & 0xff;
  const directory = dirname(path);
  if (primary === SQLITE_BUSY || primary === SQLITE_LOCKED) {
    return new EngineError(
      'DATA_IN_USE',
      `the data directory ${directory} is in use by another Sightline: stop that one, or set SIGHTLINE_DATA to another directory`,
      { cause: err },
    );
  }
  return new EngineError(
    'DATA_NOT_WRITABLE',
    `cannot use ${path} (${messageOf(err)}): make ${directory} writable for this user, or set SIGHTLINE_DATA to a directory that is`,
    { cause: err },
  );
}
