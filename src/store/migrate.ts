import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { EngineError } from '../errors.ts';
import { STORE_DATABASE, type StoreClient } from './client.ts';

export interface Migration {
  /** The file's number; they are applied in this order. */
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
  readonly checksum: string;
}

const FOLDER = new URL('./migrations/', import.meta.url);
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;

/**
 * Brings the store's tables up to date. Returns the versions it applied: none when all were there.
 *
 * Safe when two processes do it at once, and after a crash half-way: every statement of a migration may be
 * run again (`IF NOT EXISTS`), and a migration is written down only after all of them. Aborting ends the wait;
 * the store may still finish the statement it runs.
 *
 * @throws EngineError INTERNAL when an applied migration's file has changed since.
 */
export async function migrateStore(
  { admin }: Pick<StoreClient, 'admin'>,
  migrations = readMigrations(),
  signal?: AbortSignal,
): Promise<number[]> {
  const command = (query: string) => {
    signal?.throwIfAborted(); // the client heeds only what aborts later
    return admin.command({ query, abort_signal: signal });
  };
  await command(`CREATE DATABASE IF NOT EXISTS ${STORE_DATABASE}`);
  await command(
    `CREATE TABLE IF NOT EXISTS ${STORE_DATABASE}.schema_migrations ` +
      "(version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) " +
      'ENGINE = MergeTree ORDER BY version ' +
      'SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1',
  );
  signal?.throwIfAborted();
  const rows = await admin.query({
    query: `SELECT version, checksum FROM ${STORE_DATABASE}.schema_migrations`,
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  const applied = new Map(
    (await rows.json<{ version: number; checksum: string }>()).map((row) => [row.version, row.checksum]),
  );
  const done: number[] = [];
  for (const { version, name, statements, checksum } of migrations) {
    const before = applied.get(version);
    if (before === checksum) continue;
    if (before !== undefined) {
      throw new EngineError(
        'INTERNAL',
        `migration ${version} (${name}) was changed after it was applied: undo the change and add a new migration`,
      );
    }
    for (const query of statements) await command(query);
    signal?.throwIfAborted();
    await admin.insert({
      table: `${STORE_DATABASE}.schema_migrations`,
      columns: ['version', 'name', 'checksum'],
      values: [{ version, name, checksum }],
      format: 'JSONEachRow',
      abort_signal: signal,
      clickhouse_settings: { insert_deduplication_token: `migration-${version}`, async_insert: 0 },
    });
    done.push(version);
  }
  return done;
}

/** The numbered SQL files. Comments are whole lines that begin with `--`; a `;` at a line's end ends a statement. */
export function readMigrations(folder: URL = FOLDER): Migration[] {
  return readdirSync(folder)
    .filter((file) => FILE_NAME.test(file))
    .sort()
    .map((file) => {
      const [, number, name] = FILE_NAME.exec(file)!;
      const text = readFileSync(new URL(file, folder), 'utf8');
      const statements = text
        .replace(/^\s*--.*$/gm, '')
        .split(/;\s*$/m)
        .map((statement) => statement.trim())
        .filter((statement) => statement !== '');
      const checksum = createHash('sha256').update(statements.join(';\n')).digest('hex');
      return { version: Number(number), name: name!, statements, checksum };
    });
}

/** Sets how long rows are kept. Changes the table only when it differs. Aborting ends the wait. */
export async function applyRetention(
  { admin }: Pick<StoreClient, 'admin'>,
  retentionDays: number,
  signal?: AbortSignal,
): Promise<boolean> {
  signal?.throwIfAborted();
  const ttl = `toDateTime(ts) + toIntervalDay(${Math.trunc(retentionDays)})`;
  const answer = await admin.query({
    query:
      'SELECT create_table_query AS ddl FROM system.tables WHERE database = {db:String} AND name = {table:String}',
    query_params: { db: STORE_DATABASE, table: 'detections' },
    format: 'JSONEachRow',
    abort_signal: signal,
  });
  const [table] = await answer.json<{ ddl: string }>();
  if (table?.ddl.includes(ttl)) return false;
  signal?.throwIfAborted();
  await admin.command({
    query: `ALTER TABLE ${STORE_DATABASE}.detections MODIFY TTL ${ttl}`,
    abort_signal: signal,
    clickhouse_settings: { materialize_ttl_after_modify: 0 },
  });
  return true;
}
