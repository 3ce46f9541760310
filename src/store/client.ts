import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';

export interface StoreAddress {
  /** `http://host:8123`, of the embedded store or of a ClickHouse server. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** The database of our tables. */
export const STORE_DATABASE = 'sightline';

/** Do not keep `tables` or `admin`: `moveTo` replaces them. */
export interface StoreClient {
  /** Unqualified table names are those of our database. */
  readonly tables: ClickHouseClient;
  /** Without a database: ours may not exist yet. */
  readonly admin: ClickHouseClient;
  /** Never rejects: whether the store answers. */
  ping(): Promise<{ readonly success: boolean }>;
  /**
   * Follows the store to another address; user and password stay. Nothing happens when it is the same. Calls
   * that still run at the old address fail: the store has left it.
   */
  moveTo(url: string): Promise<void>;
  close(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 60_000;
/** A store whose process hangs accepts connections and never answers. */
const PING_TIMEOUT_MS = 3000;

/** The one way to the tables, embedded or on a server: ClickHouse over HTTP. Connects on first use. */
export function createStoreClient(address: StoreAddress): StoreClient {
  let url = new URL(address.url).href;
  let clients = openClients(address);
  return {
    get admin() {
      return clients.admin;
    },
    get tables() {
      return clients.tables;
    },
    ping: () => clients.admin.ping({ select: false, abort_signal: AbortSignal.timeout(PING_TIMEOUT_MS) }),
    async moveTo(newUrl) {
      if (new URL(newUrl).href === url) return;
      const old = clients;
      url = new URL(newUrl).href;
      clients = openClients({ ...address, url });
      await closeClients(old);
    },
    close: () => closeClients(clients),
  };
}

type Clients = Pick<StoreClient, 'admin' | 'tables'>;

function openClients({ url, username, password }: StoreAddress): Clients {
  const settings = {
    url,
    username,
    password,
    application: 'sightline',
    request_timeout: REQUEST_TIMEOUT_MS,
    max_open_connections: 8,
    log: { level: ClickHouseLogLevel.OFF }, // it would print every refused query; callers log what matters
  };
  return { admin: createClient(settings), tables: createClient({ ...settings, database: STORE_DATABASE }) };
}

async function closeClients({ admin, tables }: Clients): Promise<void> {
  await Promise.all([admin.close(), tables.close()]);
}
