import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CameraStatus } from '../../src/camera.ts';
import { waitFor } from './wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const WELCOME = /dashboard\s+(http:\/\/\S+?)\/#token=(\S+)/;

export interface Problem {
  code: string;
  detail?: string;
  errors?: Array<{ path: string; message: string }>;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly text: string;
}

/** The whole system as a user runs it: hub, vision node and embedded store in a data directory of its own. */
export class Sightline {
  readonly dataDir: string;
  readonly #env: Record<string, string>;
  readonly #options: readonly string[];
  #hub: ChildProcess | undefined;
  #exit: Promise<number | NodeJS.Signals> | undefined;
  url = '';
  token = '';
  /** Everything the processes wrote to standard error: log lines as JSON. */
  log = '';

  /**
   * @param options of the command; without any, the demo cameras are there
   * @param settings what its configuration file says; without any, it takes the one of the working directory
   */
  constructor(
    env: Record<string, string> = {},
    options: readonly string[] = ['--empty'],
    settings?: Record<string, unknown>,
  ) {
    this.#options = options;
    this.dataDir = mkdtempSync(join(tmpdir(), 'sightline-test-'));
    this.#env = env;
    if (settings === undefined) return;
    const file = join(this.dataDir, 'config.yaml');
    writeFileSync(file, JSON.stringify(settings)); // JSON is YAML
    this.#env = { SIGHTLINE_CONFIG: file, ...env };
  }

  /** Starts (again), on a free port the first time and on the same one later. */
  async start(): Promise<this> {
    const serve = ['--disable-warning=ExperimentalWarning', MAIN, 'serve', ...this.#options];
    const hub = spawn(process.execPath, serve, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        SIGHTLINE_DATA: this.dataDir,
        SIGHTLINE_PORT: this.url ? new URL(this.url).port : '0',
        SIGHTLINE_CONFIG: '',
        ...this.#env,
      },
    });
    this.#hub = hub;
    let out = '';
    this.#exit = new Promise((resolve) => hub.once('exit', (code, signal) => resolve(signal ?? code ?? -1)));
    hub.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    await new Promise<void>((resolve, reject) => {
      hub.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
        const welcome = WELCOME.exec(out);
        if (!welcome) return;
        [, this.url, this.token] = welcome;
        resolve();
      });
      this.#exit?.then((code) =>
        reject(new Error(`sightline ended (${code}) before it served:\n${this.log.slice(-4000)}`)),
      );
    });
    return this;
  }

  get hubPid(): number {
    return this.#hub?.pid as number;
  }

  /** The process ids of the hub's children by their command, `node` and `store`. */
  children(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
        if (Number(parent) !== this.hubPid) continue;
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean).at(-1);
        if (command) found[command] = Number(pid);
      } catch {
        // it ended while we looked
      }
    }
    return found;
  }

  async request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    token = this.token,
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, text, body: (json ? JSON.parse(text) : undefined) as T };
  }

  async addCamera(input: Record<string, unknown>): Promise<void> {
    const { status, text } = await this.request('POST', '/api/v1/cameras', input);
    if (status !== 201) throw new Error(`adding camera ${input.id}: ${status} ${text}`);
  }

  async status(cameraId: string): Promise<CameraStatus> {
    const { status, body, text } = await this.request<CameraStatus>(
      'GET',
      `/api/v1/cameras/${cameraId}/status`,
    );
    if (status !== 200) throw new Error(`status of ${cameraId}: ${status} ${text}`);
    return body;
  }

  /** Waits until the camera's status satisfies `check` and answers it. */
  async statusWhen(
    cameraId: string,
    what: string,
    check: (status: CameraStatus) => boolean,
    timeoutMs = 20_000,
  ): Promise<CameraStatus> {
    let last: CameraStatus | undefined;
    try {
      return await waitFor(
        `camera ${cameraId} to be ${what}`,
        async () => {
          last = await this.status(cameraId);
          return check(last) ? last : undefined;
        },
        { timeoutMs },
      );
    } catch (err) {
      throw new Error(`${err instanceof Error ? err.message : err}; last status: ${JSON.stringify(last)}`);
    }
  }

  /** The rows of a query; fails on anything but success. */
  async query(sql: string, parameters?: Record<string, unknown>): Promise<unknown[][]> {
    const { status, body, text } = await this.request<{ rows: unknown[][] }>('POST', '/api/v1/query', {
      sql,
      ...(parameters ? { parameters } : {}),
    });
    if (status !== 200) throw new Error(`query failed: ${status} ${text}`);
    return body.rows;
  }

  kill(signal: NodeJS.Signals): void {
    this.#hub?.kill(signal);
  }

  /** The hub's exit code, or the signal that ended it. */
  exited(): Promise<number | NodeJS.Signals> {
    return this.#exit ?? Promise.resolve(0);
  }

  /** Ends all processes as Ctrl-C does and answers the exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.kill('SIGTERM');
    return await this.exited();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
