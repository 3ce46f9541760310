import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from './clock.ts';
import type { Logger } from './observe/logger.ts';

const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** A child that lived this long was healthy: its next death is a new story. */
const HEALTHY_MS = 30_000;

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

export interface ChildSettings {
  readonly name: string;
  readonly args: readonly string[];
  /** The program that takes them. Default: this one, `main.ts`. */
  readonly script?: string;
  /**
   * In place of `script`, a program that is not Node's and has no IPC channel: the end of its standard input tells it
   * to stop, or that its parent is gone. It is sent no messages, and its standard output is not read.
   */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Each time a process was started, before any of its messages: sends it its state. */
  onStart?(send: (message: object) => void): void;
  onMessage?(message: unknown): void;
  /** It ended without having been asked; it will be started again. */
  onDied?(): void;
  /** How long it may take to stop when asked, before it is killed. */
  readonly stopTimeoutMs: number;
}

export interface Child {
  readonly pid: number | undefined;
  /** Sends to the process that runs now; messages to a dead one are dropped, `onStart` sends the state anew. */
  send(message: object): void;
  /** Asks it to stop, kills it when it does not; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Keeps one child process running.
 *
 * Children get `{type: 'stop'}` over IPC and end by themselves when the channel closes, so that a killed
 * parent leaves nothing behind. They are kept out of the terminal's process group: Ctrl-C reaches only the
 * hub, which stops them in the right order.
 */
export function supervise(settings: ChildSettings): Child {
  const { name, clock, log, script = MAIN, program } = settings;
  const stopping = new AbortController();
  let child: ChildProcess | undefined;

  const send = (message: object): void => {
    if (child?.connected) child.send(message, () => undefined);
  };

  async function keepRunning(): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!stopping.signal.aborted) {
      const startedMs = clock.elapsed();
      const env = { ...process.env, ...settings.env };
      child = program
        ? spawn(program, settings.args, { stdio: ['pipe', 'ignore', 'inherit'], detached: true, env })
        : spawn(process.execPath, [...process.execArgv, script, ...settings.args], {
            stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
            serialization: 'advanced',
            detached: true,
            env,
          });
      if (settings.onMessage) child.on('message', settings.onMessage);
      const ended = new Promise<string>((resolve) => {
        child?.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
        child?.once('error', (err) => resolve(err.message));
      });
      settings.onStart?.(send);
      const reason = await ended;
      child = undefined;
      if (stopping.signal.aborted) return;
      if (clock.elapsed() - startedMs > HEALTHY_MS) backoffMs = FIRST_BACKOFF_MS;
      log.warn({ process: name, reason, restartInMs: backoffMs }, 'a process ended and is restarted');
      settings.onDied?.();
      await clock.sleep(backoffMs, stopping.signal);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }
  const done = keepRunning();

  return {
    get pid() {
      return child?.pid;
    },
    send,
    async stop() {
      stopping.abort();
      const asked = child;
      send({ type: 'stop' });
      asked?.stdin?.end();
      const patience = new AbortController();
      clock.sleep(settings.stopTimeoutMs, patience.signal).then(() => {
        if (patience.signal.aborted || asked?.exitCode !== null) return;
        log.error({ process: name }, 'a process did not stop in time and is killed');
        asked.kill('SIGKILL');
      });
      await done;
      patience.abort();
    },
  };
}
