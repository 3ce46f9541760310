import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { ended, exitCodeOf, SAME_STOP_MS, STOP_SIGNALS } from './child.mjs';
import { say } from './say.mjs';

/**
 * How long a stop may take before the hub is killed: longer than all that the hub itself waits for, one after
 * the other, or its own limits would never come into force. src/hub.ts allows the vision node 12 s, then the demo's
 * RTSP server 2 s and the store 10 s; the rest is for what it does itself.
 */
const FORCE_AFTER_MS = 30_000;

/**
 * @typedef {object} KeeperOptions
 * @property {import('./child.mjs').Signals} [signals] where requests to stop come from
 * @property {(line: string) => void} [tell]
 * @property {number} [minBackoffMs]
 * @property {number} [maxBackoffMs]
 * @property {number} [healthyAfterMs] a run this long resets the back-off
 * @property {number} [forceAfterMs] how long a stop may take before the hub is killed
 * @property {number} [sameStopMs] signals closer than this are one request
 * @property {() => boolean} [isOrphaned] whether the npm that started us is gone
 * @property {number} [orphanPollMs]
 */

/**
 * Keeps the hub running until it ends by itself or somebody asks it to stop; resolves with the exit code.
 *
 * - Death by a signal that nobody asked for (SIGKILL, SIGSEGV, SIGABRT, the kernel's OOM killer) starts it
 *   again after a back-off that doubles. So does a failure exit, once the hub has said `{type: 'ready'}`.
 * - A failure exit before that is a start-up error (port in use, bad configuration): final, passed on.
 * - The first SIGINT, SIGTERM or SIGHUP asks the hub to stop with one SIGTERM; a later one kills it. So does
 *   the end of the npm that started us, which does not always pass its signals on.
 * - The hub holds our IPC channel: when this process is killed, the hub sees `disconnect` and stops.
 *
 * The hub runs in a session of its own, so that Ctrl-C on a terminal reaches this process alone and the hub
 * stops its children in its own order.
 *
 * @param {import('./child.mjs').Command} command
 * @param {KeeperOptions} [options]
 * @returns {Promise<number>}
 */
export async function keepHub(command, options = {}) {
  const { signals = process, tell = say } = options;
  const { minBackoffMs = 1000, maxBackoffMs = 30_000, healthyAfterMs = 60_000 } = options;
  const stop = stopRequests(signals, tell, options);
  let backoffMs = minBackoffMs;
  let wasReady = false;
  try {
    for (;;) {
      const startedAt = performance.now();
      const child = spawn(command.file, command.args, {
        cwd: command.cwd,
        env: command.env,
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        detached: process.platform !== 'win32',
      });
      child.on('message', (message) => {
        wasReady ||= /** @type {{ type?: string } | null} */ (message)?.type === 'ready';
      });
      stop.watch(child);
      const end = await ended(child);
      if (stop.requested.aborted) return exitCodeOf(end);
      if (end.signal === null && (end.code === 0 || !wasReady)) return exitCodeOf(end);

      if (performance.now() - startedAt >= healthyAfterMs) backoffMs = minBackoffMs;
      const why = end.signal ? `was ended by ${end.signal}` : `failed with exit code ${end.code}`;
      tell(`the hub ${why}; starting it again in ${backoffMs / 1000} s`);
      await delay(backoffMs, undefined, { signal: stop.requested }).catch(() => undefined);
      if (stop.requested.aborted) return 0;
      backoffMs = Math.min(backoffMs * 2, maxBackoffMs);
    }
  } finally {
    stop.release();
  }
}

/**
 * @param {import('./child.mjs').Signals} signals
 * @param {(line: string) => void} tell
 * @param {KeeperOptions} options
 */
function stopRequests(signals, tell, options) {
  const { forceAfterMs = FORCE_AFTER_MS, sameStopMs = SAME_STOP_MS } = options;
  const { isOrphaned = npmIsGone(), orphanPollMs = 500 } = options;
  const requested = new AbortController();
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  /** @type {NodeJS.Timeout | undefined} */
  let deadline;
  let requestedAt = 0;
  const onSignal = () => {
    if (!requested.signal.aborted) {
      requestedAt = performance.now();
      requested.abort();
      child?.kill('SIGTERM');
      deadline = setTimeout(() => {
        tell(
          `the hub did not stop within ${forceAfterMs / 1000} s; ending it by force (nothing acknowledged is lost)`,
        );
        child?.kill('SIGKILL');
      }, forceAfterMs);
    } else if (performance.now() - requestedAt >= sameStopMs) {
      child?.kill('SIGKILL');
    }
  };
  for (const signal of STOP_SIGNALS) signals.on(signal, onSignal);
  const orphanWatch = setInterval(() => {
    if (!requested.signal.aborted && isOrphaned()) onSignal();
  }, orphanPollMs);
  return {
    requested: requested.signal,
    watch(/** @type {import('node:child_process').ChildProcess} */ next) {
      child = next;
    },
    release() {
      clearTimeout(deadline);
      clearInterval(orphanWatch);
      for (const signal of STOP_SIGNALS) signals.off(signal, onSignal);
    },
  };
}

/**
 * Tells whether the npm (or its shell) that started this process is gone. A plain shell may go: that is how
 * `nohup` works.
 */
function npmIsGone() {
  const startedBy = process.ppid;
  const byNpm = process.env.npm_lifecycle_event !== undefined;
  return () => byNpm && process.ppid !== startedBy;
}
