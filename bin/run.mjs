import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkCommands, testCommand } from './checks.mjs';
import { runInForeground } from './child.mjs';
import { ensureDashboard, viteCommand } from './dashboard.mjs';
import { engineNode, ensureInstalled, remedyFor } from './install.mjs';
import { keepHub } from './keeper.mjs';
import { Refusal, say } from './say.mjs';

/** Each live camera's pending read holds a thread of libuv's pool, whose size is fixed at the start. */
const THREAD_POOL_SIZE = '64';

/** The checkout this file lies in; it works from any current folder. */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Prepares the checkout as far as the command needs it, runs the command, and sets the exit code.
 *
 * Runs on Node 18 with nothing installed; everything under src/ runs on the Node that the install brings.
 *
 * @param {string[]} args `--run-tests [files…]`, `--run-check`, `--run-dev [options…]`, or a command of src/main.ts
 */
export async function main(args) {
  process.stderr.on('error', () => undefined); // the terminal may be gone while we stop
  try {
    process.exitCode = await run(ROOT, args);
  } catch (err) {
    const problem = inWords(err);
    if (problem === undefined) throw err;
    say(problem);
    process.exitCode = 1;
  }
}

/**
 * What the user can do something about; undefined for a fault of ours, which keeps its stack.
 *
 * @param {unknown} err
 */
function inWords(err) {
  if (err instanceof Refusal) return err.message;
  const { syscall, message } = /** @type {NodeJS.ErrnoException} */ (err);
  const remedy = syscall && remedyFor(message);
  return remedy && `${message}: ${remedy}`;
}

/** @param {string} root @param {string[]} args @returns {Promise<number>} the exit code */
async function run(root, args) {
  const [command, ...rest] = args;
  const needsTools = command === '--run-tests' || command === '--run-check' || command === '--run-dev';
  await ensureInstalled(root, { withDev: needsTools });

  if (command === '--run-check') return runAll(checkCommands(root, engine(root)));
  if (command === '--run-tests') {
    await ensureDashboard(root);
    return runInForeground(testCommand(root, engine(root), rest, engineEnvironment()));
  }
  if (command === '--run-dev') return develop(root, rest);

  const engineCommand = mainCommand(root, args);
  if (!isServe(args)) return runInForeground(engineCommand);
  await ensureDashboard(root);
  return keepHub(engineCommand);
}

/**
 * Whether these arguments start the server, which is built for and kept; it is also what no command means.
 *
 * @param {string[]} args
 */
export function isServe(args) {
  if (args.some((arg) => ['--help', '-h', '--version', '-V'].includes(arg))) return false;
  return args[0] === undefined || args[0] === 'serve' || args[0].startsWith('-');
}

/** @param {string} root */
function engine(root) {
  return /** @type {string} */ (engineNode(root)); // ensureInstalled made sure of it
}

/** @param {string} root @param {string[]} args @returns {import('./child.mjs').Command} */
function mainCommand(root, args) {
  return {
    file: engine(root),
    args: ['--disable-warning=ExperimentalWarning', join(root, 'src', 'main.ts'), ...args],
    env: engineEnvironment(),
  };
}

function engineEnvironment() {
  return { UV_THREADPOOL_SIZE: THREAD_POOL_SIZE, ...process.env };
}

/** @param {import('./child.mjs').Command[]} commands @returns {Promise<number>} the first failure, after all ran */
async function runAll(commands) {
  let failed = 0;
  for (const command of commands) failed = (await runInForeground(command)) || failed;
  return failed;
}

/** Serves, and rebuilds the dashboard at each change. @param {string} root @param {string[]} args */
async function develop(root, args) {
  await ensureDashboard(root);
  const { file, args: viteArgs } = viteCommand(root);
  const hub = keepHub(mainCommand(root, ['serve', ...args]));
  if (!existsSync(join(root, 'dashboards', 'web', 'index.html'))) return hub;
  const watch = new AbortController();
  const builder = runInForeground(
    { file, args: [...viteArgs, '--watch', '--logLevel', 'warn'], cwd: root },
    { abort: watch.signal },
  );
  const code = await hub;
  watch.abort();
  await builder;
  return code;
}
