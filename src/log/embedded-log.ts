import { existsSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type Clock, systemClock } from '../clock.ts';
import { EngineError, messageOf } from '../errors.ts';

/** What a producer appends. `id` makes it idempotent: a topic keeps one record per id. */
export interface NewRecord {
  /** What the topic is ordered and partitioned by: the camera's id. */
  readonly key: string;
  readonly id: string;
  /** JSON text. */
  readonly value: string;
}

export interface LogRecord extends NewRecord {
  /** Place in the topic: counts up from 1, is never given twice, may have gaps. */
  readonly offset: number;
  /** Wall clock of the append, milliseconds since the epoch. */
  readonly appendedAtMs: number;
}

/** The exact range a group is working on, both ends included. */
export interface PendingRange {
  readonly first: number;
  readonly last: number;
}

export interface GroupPosition {
  /** The first offset that is not committed. */
  readonly next: number;
  /** The range that was begun and never committed, to be done again exactly as it was. */
  readonly pending: PendingRange | null;
}

export interface Depth {
  /** Records not committed by the group (gaps in the offsets are counted too: never too few). */
  readonly records: number;
  /** Age of the oldest of them, milliseconds; 0 when there is none. */
  readonly oldestAgeMs: number;
}

export interface TrimLimits {
  readonly maxAgeMs: number;
  /** Sum of the values' UTF-8 bytes the topic may keep. */
  readonly maxBytes: number;
  /** Above it even records that a group still needs are removed, and counted as lost. Default: never. */
  readonly hardMaxBytes?: number;
  /** Most records one call removes, so that the caller's thread is not held for long. Default: all. */
  readonly maxRecords?: number;
}

export interface TrimResult {
  readonly removed: number;
  /** Of those, records that some group had not committed. */
  readonly lost: number;
}

export interface EmbeddedLogOptions {
  readonly clock?: Clock;
  /** How long a call waits for the other process's transaction before it fails. Default 2000. */
  readonly busyTimeoutMs?: number;
}

const TOPIC_NAME = /^[a-z0-9][a-z0-9.-]{0,99}$/;
const TRIM_CHUNK = 2000; // rows a transaction, so that the other process never waits long

/** SQLite's result codes (sqlite.org/rescode.html). */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

interface TopicStatements {
  readonly insert: StatementSync;
  readonly count: StatementSync;
  readonly read: StatementSync;
  readonly oldest: StatementSync;
  readonly last: StatementSync;
  readonly victims: StatementSync;
  readonly remove: StatementSync;
}

/** The event log of one machine. Every call is synchronous and, where it writes, durable when it returns. */
export interface EmbeddedLog {
  /** Names this file for ever: offsets of a log that was replaced must not be taken for those of the new one. */
  readonly id: string;
  /**
   * Appends all records or none; durable (fsync) on return. Records whose id the topic already has are
   * skipped. An id is remembered as long as its record is kept.
   *
   * @returns how many were new.
   */
  append(topic: string, records: readonly NewRecord[]): number;
  /** Records from `fromOffset` on, in order; stops before `maxBytes` is exceeded but returns at least one. */
  read(topic: string, fromOffset: number, limit: number, maxBytes: number): LogRecord[];
  /** Where the group stands. The first call registers the group: from then on `trim` waits for it. */
  position(group: string, topic: string): GroupPosition;
  /** Records durably that the group is about to apply exactly `first..last`. */
  begin(group: string, topic: string, first: number, last: number): void;
  /** Everything before `next` is done; clears the pending range. */
  commit(group: string, topic: string, next: number): void;
  depth(group: string, topic: string): Depth;
  /** Removes the oldest records over the limits, in small transactions. */
  trim(topic: string, limits: TrimLimits): TrimResult;
  close(): void;
}

/**
 * Opens (or creates) the log file: SQLite in WAL mode with synchronous=FULL. Several processes may use the
 * same file at once. Topics are made by their first use.
 *
 * @throws EngineError DATA_NOT_WRITABLE when the file cannot be opened or made, LOG_CORRUPT when it is
 * damaged or no log; later calls throw LOG_UNAVAILABLE (disk full, I/O error, busy) or LOG_CORRUPT.
 */
export function openEmbeddedLog(path: string, options: EmbeddedLogOptions = {}): EmbeddedLog {
  const { clock = systemClock, busyTimeoutMs = 2000 } = options;
  const db = openDatabase(path, busyTimeoutMs);
  const topics = new Map<string, TopicStatements>();

  function guard<T>(work: () => T): T {
    try {
      return work();
    } catch (err) {
      throw logError(path, err);
    }
  }

  function transaction<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE'); // takes the write lock now: a later upgrade could fail half-way
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (err) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw err;
    }
  }

  function statements(topic: string): TopicStatements {
    const known = topics.get(topic);
    if (known) return known;
    if (!TOPIC_NAME.test(topic)) throw new EngineError('INTERNAL', `not a topic name: ${topic}`);
    const table = `"${topic}"`;
    transaction(() => {
      db.exec(
        `CREATE TABLE IF NOT EXISTS ${table} (offset INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, ` +
          'key TEXT NOT NULL, at_ms INTEGER NOT NULL, value TEXT NOT NULL) STRICT',
      );
      db.prepare('INSERT OR IGNORE INTO log_topics (topic, bytes) VALUES (?, 0)').run(topic);
    });
    const made: TopicStatements = {
      insert: db.prepare(
        `INSERT INTO ${table} (id, key, at_ms, value) SELECT ?1, ?2, ?3, ?4 ` +
          `WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE id = ?1)`, // OR IGNORE would burn an offset
      ),
      count: db.prepare('UPDATE log_topics SET bytes = max(0, bytes + ?) WHERE topic = ?'),
      read: db.prepare(
        `SELECT offset, id, key, at_ms AS appendedAtMs, value FROM ${table} WHERE offset >= ? ORDER BY offset LIMIT ?`,
      ),
      oldest: db.prepare(
        `SELECT offset, at_ms AS atMs FROM ${table} WHERE offset >= ? ORDER BY offset LIMIT 1`,
      ),
      last: db.prepare(`SELECT max(offset) AS offset FROM ${table}`),
      victims: db.prepare(
        `SELECT offset, at_ms AS atMs, octet_length(value) AS bytes FROM ${table} ORDER BY offset LIMIT ${TRIM_CHUNK}`,
      ),
      remove: db.prepare(`DELETE FROM ${table} WHERE offset <= ?`),
    };
    topics.set(topic, made);
    return made;
  }

  const readGroup = db.prepare(
    'SELECT next, pending_first AS first, pending_last AS last FROM log_groups WHERE name = ? AND topic = ?',
  );
  const register = db.prepare('INSERT OR IGNORE INTO log_groups (name, topic, next) VALUES (?, ?, 1)');
  const setPending = db.prepare(
    'UPDATE log_groups SET pending_first = ?, pending_last = ? WHERE name = ? AND topic = ?',
  );
  const setNext = db.prepare(
    'UPDATE log_groups SET next = ?, pending_first = NULL, pending_last = NULL WHERE name = ? AND topic = ?',
  );
  const readBytes = db.prepare('SELECT bytes FROM log_topics WHERE topic = ?');
  const committed = db.prepare('SELECT min(next) AS next FROM log_groups WHERE topic = ?');

  function groupRow(group: string, topic: string) {
    const row = readGroup.get(group, topic);
    return row as { next: number; first: number | null; last: number | null } | undefined;
  }

  /** Removes up to one chunk from the front; null when nothing is over the limits. */
  function trimChunk(topic: string, limits: TrimLimits): TrimResult | null {
    const sql = statements(topic);
    const { maxAgeMs, maxBytes, hardMaxBytes = Number.POSITIVE_INFINITY } = limits;
    const waitingFrom = (committed.get(topic) as { next: number | null }).next ?? Number.POSITIVE_INFINITY;
    let bytes = (readBytes.get(topic) as { bytes: number }).bytes;
    const before = bytes;
    const oldestKeptMs = clock.now() - maxAgeMs;
    let through = 0;
    let removed = 0;
    let lost = 0;
    for (const row of sql.victims.iterate()) {
      const victim = row as unknown as { offset: number; atMs: number; bytes: number };
      const needed = victim.offset >= waitingFrom;
      const over = needed ? bytes > hardMaxBytes : bytes > maxBytes || victim.atMs < oldestKeptMs;
      if (!over) break;
      through = victim.offset;
      bytes -= victim.bytes;
      removed++;
      if (needed) lost++;
    }
    if (removed === 0) return null;
    sql.remove.run(through);
    sql.count.run(bytes - before, topic);
    return { removed, lost };
  }

  return {
    id: (db.prepare('SELECT id FROM log_identity').get() as { id: string }).id,
    append: (topic, records) =>
      guard(() => {
        if (records.length === 0) return 0;
        const sql = statements(topic);
        const atMs = Math.round(clock.now());
        return transaction(() => {
          let added = 0;
          let bytes = 0;
          for (const { id, key, value } of records) {
            if (sql.insert.run(id, key, atMs, value).changes === 0) continue;
            added++;
            bytes += Buffer.byteLength(value);
          }
          if (added > 0) sql.count.run(bytes, topic);
          return added;
        });
      }),
    read: (topic, fromOffset, limit, maxBytes) =>
      guard(() => {
        const records: LogRecord[] = [];
        let bytes = 0;
        for (const row of statements(topic).read.iterate(fromOffset, limit)) {
          const record = row as unknown as LogRecord;
          bytes += Buffer.byteLength(record.value);
          if (bytes > maxBytes && records.length > 0) break;
          records.push(record);
        }
        return records;
      }),
    position: (group, topic) =>
      guard(() => {
        if (!groupRow(group, topic)) {
          statements(topic);
          register.run(group, topic);
        }
        const { next, first, last } = groupRow(group, topic)!;
        return { next, pending: first === null || last === null ? null : { first, last } };
      }),
    begin: (group, topic, first, last) => guard(() => void setPending.run(first, last, group, topic)),
    commit: (group, topic, next) => guard(() => void setNext.run(next, group, topic)),
    depth: (group, topic) =>
      guard(() => {
        const sql = statements(topic);
        const oldest = sql.oldest.get(groupRow(group, topic)?.next ?? 1) as
          | { offset: number; atMs: number }
          | undefined;
        if (!oldest) return { records: 0, oldestAgeMs: 0 };
        const last = (sql.last.get() as { offset: number }).offset;
        return {
          records: last - oldest.offset + 1,
          oldestAgeMs: Math.max(0, clock.now() - oldest.atMs),
        };
      }),
    trim: (topic, limits) =>
      guard(() => {
        statements(topic);
        let removed = 0;
        let lost = 0;
        while (removed < (limits.maxRecords ?? Number.POSITIVE_INFINITY)) {
          const chunk = transaction(() => trimChunk(topic, limits));
          if (!chunk) break;
          removed += chunk.removed;
          lost += chunk.lost;
        }
        if (removed > 0) db.exec('PRAGMA incremental_vacuum(2000)');
        return { removed, lost };
      }),
    close: () => {
      if (db.isOpen) db.close();
    },
  };
}

function openDatabase(path: string, busyTimeoutMs: number): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    const isNew = !existsSync(path);
    db = new DatabaseSync(path, { timeout: busyTimeoutMs });
    if (isNew) db.exec('PRAGMA auto_vacuum = INCREMENTAL'); // only before the first table; loses a race harmlessly
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000');
    db.exec(
      'BEGIN IMMEDIATE;' +
        'CREATE TABLE IF NOT EXISTS log_identity (one INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;' +
        'INSERT OR IGNORE INTO log_identity VALUES (1, lower(hex(randomblob(8))));' +
        'CREATE TABLE IF NOT EXISTS log_topics (topic TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT;' +
        'CREATE TABLE IF NOT EXISTS log_groups (name TEXT NOT NULL, topic TEXT NOT NULL, next INTEGER NOT NULL, ' +
        'pending_first INTEGER, pending_last INTEGER, PRIMARY KEY (name, topic)) STRICT;' +
        'COMMIT',
    );
    return db;
  } catch (err) {
    if (db?.isOpen) db.close();
    const cause = logError(path, err);
    if (cause.code === 'LOG_CORRUPT') throw cause;
    throw new EngineError('DATA_NOT_WRITABLE', `cannot open the event log ${path}: ${messageOf(err)}`, {
      cause: err,
    });
  }
}

function logError(path: string, err: unknown): EngineError {
  if (err instanceof EngineError) return err;
  const code = (err as { errcode?: number }).errcode ?? 0;
  const primary = code & 0xff; // extended result codes keep the primary one in the low byte
  if (primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB) {
    return new EngineError(
      'LOG_CORRUPT',
      `the event log ${path} is damaged (${messageOf(err)}): move it away, with its -wal and -shm files, and start again; a new one is made`,
      { cause: err },
    );
  }
  if (code === 0) throw err; // not SQLite's: a programming error keeps its stack
  return new EngineError('LOG_UNAVAILABLE', `event log ${path}: ${messageOf(err)}`, { cause: err });
}
