import { EngineError } from '../../errors.ts';

/** What the embedded store process is told by the one that starts it. */
export interface StoreSettings {
  /** Folder of the tables. */
  readonly path: string;
  /** A loopback address. */
  readonly host: string;
  /** 0: any free port; it is told in the `ready` message. */
  readonly port: number;
  readonly username: string;
  /** Never empty: other users of the machine can reach a loopback port. */
  readonly password: string;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/**
 * Settings from `SIGHTLINE_STORE_PATH`, `_HOST`, `_PORT`, `_USER` and `_PASSWORD`: the environment, because
 * arguments can be read by every user of the machine.
 *
 * @throws EngineError CONFIG_INVALID that names every problem.
 */
export function storeSettingsFrom(env: NodeJS.ProcessEnv): StoreSettings {
  const path = env.SIGHTLINE_STORE_PATH ?? '';
  const host = env.SIGHTLINE_STORE_HOST || '127.0.0.1';
  const port = Number(env.SIGHTLINE_STORE_PORT || 0);
  const username = env.SIGHTLINE_STORE_USER || 'default';
  const password = env.SIGHTLINE_STORE_PASSWORD ?? '';
  const problems: string[] = [];
  if (!path) problems.push('SIGHTLINE_STORE_PATH is not set');
  if (!LOOPBACK.test(host)) problems.push(`SIGHTLINE_STORE_HOST must be a loopback address, got ${host}`);
  if (!Number.isInteger(port) || port < 0 || port > 65535) problems.push('SIGHTLINE_STORE_PORT is no port');
  if (!password) problems.push('SIGHTLINE_STORE_PASSWORD is not set');
  if (problems.length > 0) throw new EngineError('CONFIG_INVALID', problems.join('; '));
  return { path, host, port, username, password };
}
