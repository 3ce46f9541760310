import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export interface StoreAddress {
  /** `http://host:8123`, of the embedded store or of a ClickHouse server. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The database of our tables. */
export const STORE_DATABASE = 'sightline';

export interface StoreClient {
  /** Unqualified table names are those of our database. */
  readonly tables: ClickHouseClient;
  /** Without a database: ours may not exist yet. */
  readonly admin: ClickHouseClient;
  /** Never rejects: whether the store answers. */
  ping(): Promise<{ readonly success: boolean }>;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 60_000;

/** The one way to the tables, embedded or on a server: ClickHouse over HTTP. Connects on first use. */
export function createStoreClient({ url, username, password }: StoreAddress): StoreClient {
  const settings = {
    ...{ url, username, password, application: 'sightline' },
    ...{ request_timeout: REQUEST_TIMEOUT_MS, max_open_connections: 8 },
    log: { level: ClickHouseLogLevel.OFF }, // it would print every refused query; callers log what matters
  };
  const admin = createClient(settings);
  const tables = createClient({ ...settings, database: STORE_DATABASE });
  return {
    admin,
    tables,
    ping: () => admin.ping(),
    async close() {
      await Promise.all([admin.close(), tables.close()]);
    },
  };
}
