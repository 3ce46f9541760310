import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Refusal } from './say.mjs';

/**
 * A program to run: file, arguments, folder, environment.
 * @typedef {{ file: string, args: string[], cwd?: string, env?: NodeJS.ProcessEnv }} Command
 *
 * Where signals to this process come from: `process`, or an emitter in a test.
 * @typedef {Pick<NodeJS.EventEmitter, 'on' | 'off'>} Signals
 */

/** @type {NodeJS.Signals[]} */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A stop that comes through several hands (terminal, npm, shell) within this time is one stop. */
export const SAME_STOP_MS = 1000;

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
export function ended(child) {
  return new Promise((resolve, reject) => {
    child.once('error', (err) => reject(new Refusal(`${child.spawnfile} cannot be started: ${err.message}`)));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/**
 * The exit code a shell would show: a death by signal is 128 + its number.
 *
 * @param {{ code: number | null, signal: NodeJS.Signals | null }} end
 */
export function exitCodeOf({ code, signal }) {
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}

/**
 * Runs a command with our terminal, passes signals on, and resolves with its exit code.
 *
 * On a terminal Ctrl-C and a hang-up reach the whole process group, the child included: they are not passed
 * on, because a second SIGINT commonly means "at once".
 *
 * @param {Command} command
 * @param {{ signals?: Signals, onTerminal?: boolean, abort?: AbortSignal }} [options] `abort` ends the child
 * @returns {Promise<number>}
 */
export async function runInForeground(command, options = {}) {
  const { signals = process, onTerminal = process.stdin.isTTY || process.stdout.isTTY, abort } = options;
  const child = spawn(command.file, command.args, { cwd: command.cwd, env: command.env, stdio: 'inherit' });
  let lastStopAt = Number.NEGATIVE_INFINITY;
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    if (onTerminal && signal !== 'SIGTERM') return;
    if (performance.now() - lastStopAt < SAME_STOP_MS) return;
    lastStopAt = performance.now();
    child.kill(signal);
  };
  const onAbort = () => child.kill();
  for (const signal of STOP_SIGNALS) signals.on(signal, passOn);
  abort?.addEventListener('abort', onAbort);
  try {
    return exitCodeOf(await ended(child));
  } finally {
    for (const signal of STOP_SIGNALS) signals.off(signal, passOn);
    abort?.removeEventListener('abort', onAbort);
  }
}
