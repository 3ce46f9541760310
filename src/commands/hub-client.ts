import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { EngineError, ERROR_STATUS, type ErrorCode, messageOf } from '../errors.ts';

export interface HubOptions {
  readonly url?: string;
  readonly token?: string;
}

/** Talks to a running hub over its HTTP API, as the caller that the options and the environment name. */
export interface HubClient {
  /** The JSON of the answer. @throws EngineError with the code and the words of the hub's problem. */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
}

/** Adds what every command that talks to a hub takes. */
export function withHubOptions(command: Command): Command {
  return command
    .option('--url <url>', 'address of the hub (default: SIGHTLINE_URL, else from the configuration)')
    .option('--token <token>', 'access token (default: SIGHTLINE_TOKEN, else the one in the data directory)');
}

/** @throws EngineError CONFIG_INVALID, UNAUTHORIZED when no token can be found */
export function hubClient(options: HubOptions, env: NodeJS.ProcessEnv = process.env): HubClient {
  const config = loadConfig({ env });
  const base = (options.url ?? env.SIGHTLINE_URL ?? addressOf(config)).replace(/\/+$/, '');
  if (!URL.canParse(base)) throw new EngineError('VALIDATION', `--url expects http://host:port, got ${base}`);
  const token = options.token ?? config.auth.token ?? keptToken(config.data.dir);
  return {
    async call(method, path, body) {
      const response = await fetch(`${base}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((err: unknown) => {
        const cause = err instanceof Error ? (err.cause as { code?: string } | undefined)?.code : undefined;
        throw new EngineError(
          'VISION_UNAVAILABLE',
          `no Sightline answers at ${base} (${cause ?? messageOf(err)}): start it with "npm start", or say where it is with --url`,
          { cause: err },
        );
      });
      const text = await response.text();
      if (response.ok) return text === '' ? undefined : JSON.parse(text);
      throw asEngineError(text, response.status, base);
    },
  };
}

function addressOf({ server: { host, port } }: Config): string {
  const wildcard = host === '0.0.0.0' || host === '::';
  const shown = wildcard ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}`;
}

function keptToken(dataDir: string): string {
  const path = join(dataDir, 'token');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (err) {
    throw new EngineError(
      'UNAUTHORIZED',
      `no access token: ${path} cannot be read; give one with --token or SIGHTLINE_TOKEN`,
      { cause: err },
    );
  }
}

function asEngineError(text: string, status: number, base: string): EngineError {
  try {
    const { code, detail } = JSON.parse(text) as { code?: string; detail?: string };
    if (code !== undefined && detail !== undefined && Object.hasOwn(ERROR_STATUS, code)) {
      return new EngineError(code as ErrorCode, detail);
    }
  } catch {
    // not a problem document: whatever answered is not a hub
  }
  return new EngineError('VALIDATION', `${base} answers ${status} and is no Sightline: check --url`);
}
