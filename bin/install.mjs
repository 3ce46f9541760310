import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { withLock } from './lock.mjs';
import { Refusal, say } from './say.mjs';

/**
 * What the last install was made from.
 * @typedef {{ lockHash: string, withDev: boolean }} InstallStamp
 *
 * The packages of a package-lock.json, or of node_modules/.package-lock.json, which npm writes after itself.
 * @typedef {{ os?: string[], cpu?: string[], libc?: string[] }} Platform the ones a package is for
 * @typedef {Record<string, Platform & { version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }>} Packages
 *
 * @typedef {{ os: string, cpu: string, libc: string }} Machine
 *
 * @typedef {object} InstallState
 * @property {string} lockHash of package-lock.json and the dependencies in package.json
 * @property {InstallStamp | null} stamp
 * @property {Packages | null} locked what package-lock.json asks for
 * @property {Packages | null} installed what npm says lies in node_modules
 * @property {boolean} hasEngineNode the Node that runs the engine is there
 * @property {Machine} machine
 */

/** The Node version that runs the engine; it comes as an npm package, whatever the machine has. */
export const ENGINE_NODE_MAJOR = 24;

/** @param {string} root */
export function stateDir(root) {
  return join(root, 'node_modules', '.sightline');
}

/**
 * The Node that runs the engine: the npm package's, else the one running now if it is new enough.
 *
 * @param {string} root
 * @returns {string | null} null before the first install
 */
export function engineNode(root) {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const packaged = join(root, 'node_modules', 'node', 'bin', executable);
  if (existsSync(packaged)) return packaged;
  return Number(process.versions.node.split('.')[0]) >= ENGINE_NODE_MAJOR ? process.execPath : null;
}

/**
 * What has to be installed, decided without touching the disk or the network.
 *
 * `present`: nothing to do. `adopt`: everything is there though not through us (somebody ran npm): only the
 * stamp is missing. `install`: run npm; a checkout that once had the tests' packages keeps them.
 *
 * @param {InstallState} state
 * @param {boolean} withDev the tests' packages are needed too
 * @returns {{ action: 'present' | 'adopt' | 'install', withDev: boolean }}
 */
export function decideInstall(state, withDev) {
  const { stamp, locked, installed, machine } = state;
  const hadDev = stamp?.withDev === true || Object.values(installed ?? {}).some((entry) => entry.dev);
  if (state.hasEngineNode) {
    const fresh = stamp?.lockHash === state.lockHash;
    if (fresh && (stamp.withDev || !withDev)) return { action: 'present', withDev: stamp.withDev };
    if (!stamp && locked && installed) {
      if (missingPackages(locked, installed, machine, true).length === 0)
        return { action: 'adopt', withDev: true };
      if (!withDev && missingPackages(locked, installed, machine, false).length === 0) {
        return { action: 'adopt', withDev: false };
      }
    }
  }
  return { action: 'install', withDev: withDev || hadDev };
}

/**
 * The packages of the lock file that are not installed, native ones for this machine included: npm leaves
 * those out without a word when it cannot get them.
 *
 * @param {Packages} locked
 * @param {Packages} installed
 * @param {Machine} machine
 * @param {boolean} withDev
 * @returns {string[]} their paths
 */
export function missingPackages(locked, installed, machine, withDev) {
  return Object.entries(locked)
    .filter(([path, wanted]) => {
      if (!path.startsWith('node_modules/')) return false; // the project itself
      if (wanted.dev && !withDev) return false;
      if ((wanted.optional || wanted.devOptional) && !isNativeFor(machine, wanted)) return false;
      return installed[path]?.version !== wanted.version;
    })
    .map(([path]) => path);
}

/** @param {Machine} machine @param {Platform} platform */
function isNativeFor(machine, { os, cpu, libc }) {
  if (!os?.includes(machine.os) || !cpu?.includes(machine.cpu)) return false;
  return libc === undefined || libc.includes(machine.libc);
}

/**
 * Reads what `decideInstall` needs. A broken or missing file counts as absent.
 *
 * @param {string} root
 * @returns {InstallState}
 */
export function readInstallState(root) {
  const lockText = readText(join(root, 'package-lock.json'));
  const { dependencies, devDependencies, allowScripts } = parse(readText(join(root, 'package.json'))) ?? {};
  return {
    lockHash: createHash('sha256')
      .update(lockText ?? '')
      .update(JSON.stringify({ dependencies, devDependencies, allowScripts }))
      .digest('hex'),
    stamp: parse(readText(join(stateDir(root), 'installed.json'))),
    locked: parse(lockText)?.packages ?? null,
    installed: parse(readText(join(root, 'node_modules', '.package-lock.json')))?.packages ?? null,
    hasEngineNode: engineNode(root) !== null,
    get machine() {
      return thisMachine(); // asked for only where it matters: it takes a few milliseconds
    },
  };
}

/** @returns {Machine} */
function thisMachine() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report?.getReport() ?? {}
  );
  return {
    os: process.platform,
    cpu: process.arch,
    libc: report.header?.glibcVersionRuntime ? 'glibc' : 'musl',
  };
}

/** @param {string} path */
function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

/** @param {string | null} text */
function parse(text) {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Installs what is missing, once, however many starts run at the same time.
 *
 * @param {string} root
 * @param {{ withDev: boolean, npm?: NpmRunner }} options
 * @throws {Refusal} when npm fails, with npm's own last lines and what to do
 */
export async function ensureInstalled(root, { withDev, npm = runNpm }) {
  const before = readInstallState(root);
  const needed = decideInstall(before, withDev);
  if (needed.action === 'present') return;
  if (needed.action === 'adopt') return adopt(root, before.lockHash, needed.withDev);
  await withLock(
    join(stateDir(root), 'prepare.lock'),
    async () => {
      const state = readInstallState(root);
      const decision = decideInstall(state, withDev);
      if (decision.action !== 'install') return; // somebody else just did it
      await install(root, decision.withDev, npm);
      writeStamp(root, state.lockHash, decision.withDev);
    },
    (pid) => say(`another start (process ${pid}) is installing; waiting for it…`),
  );
}

/** @param {string} root @param {string} lockHash @param {boolean} withDev */
function adopt(root, lockHash, withDev) {
  try {
    writeStamp(root, lockHash, withDev);
  } catch {
    // a checkout that others own and we only read: the next start looks again
  }
}

/** @param {string} root @param {string} lockHash @param {boolean} withDev */
function writeStamp(root, lockHash, withDev) {
  mkdirSync(stateDir(root), { recursive: true });
  writeFileSync(join(stateDir(root), 'installed.json'), JSON.stringify({ lockHash, withDev }));
}

/** @param {string} root @param {boolean} withDev @param {NpmRunner} npm */
async function install(root, withDev, npm) {
  const what = 'installing dependencies (about half a minute, once)…';
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  const onTerminal = process.stderr.isTTY;
  if (!onTerminal) say(what);
  const ticker = onTerminal
    ? setInterval(() => process.stderr.write(`\rsightline: ${what} ${seconds()} s`), 1000)
    : undefined;
  try {
    const node =
      engineNode(root) ??
      (npmTakesAll(process.versions.node) ? process.execPath : await fetchNode(root, npm));
    const { code, output } = await npm(
      root,
      [...NPM_INSTALL, withDev ? '--include=dev' : '--omit=dev'],
      node,
    );
    if (onTerminal) process.stderr.write('\r\x1b[K');
    if (code !== 0) throw new Refusal(explainFailure(code, output));
  } finally {
    clearInterval(ticker);
  }
  rmSync(bootstrapDir(root), { recursive: true, force: true });
  if (!engineNode(root)) throw new Refusal(NO_ENGINE_NODE);
  const { locked, installed, machine } = readInstallState(root);
  const missing = locked && installed ? missingPackages(locked, installed, machine, withDev) : [];
  if (missing.length > 0) {
    say(`npm left out ${missing.join(', ')}; should something fail, remove node_modules and start again`);
  }
  say(`dependencies installed in ${seconds()} s`);
}

const NPM_INSTALL = [
  'install',
  '--no-save', // a start must not rewrite package-lock.json
  '--no-audit',
  '--no-fund',
  '--loglevel=http', // read by us alone: it tells a registry that cannot be reached from a slow one
  '--fetch-retries=2',
  '--fetch-retry-factor=2',
  '--fetch-retry-mintimeout=300',
  '--fetch-retry-maxtimeout=1000',
];

const NO_ENGINE_NODE =
  `npm installed no Node ${ENGINE_NODE_MAJOR} for ${process.platform}-${process.arch}: allow install scripts ` +
  '(npm config get ignore-scripts), or start with a Node of that version';

/**
 * Whether an npm that runs on this Node installs every native package. Those whose `engines` exclude the
 * Node it runs on it leaves out without a word; the strictest say `^20.19.0 || ^22.13.0 || >=23.5.0`.
 *
 * @param {string} version
 */
export function npmTakesAll(version) {
  const [major, minor] = version.split('.').map(Number);
  const oldestMinor = new Map([
    [20, 19],
    [22, 13],
    [23, 5],
  ]).get(major);
  return oldestMinor === undefined ? major > 23 : minor >= oldestMinor;
}

/** @param {string} root */
const bootstrapDir = (root) => join(stateDir(root), 'bootstrap');

/**
 * Gets the engine's Node alone, for npm to run on when this one is too old: five seconds more, once.
 *
 * @param {string} root
 * @param {NpmRunner} npm
 * @returns {Promise<string>}
 */
async function fetchNode(root, npm) {
  const folder = bootstrapDir(root);
  const version = readInstallState(root).locked?.['node_modules/node']?.version ?? ENGINE_NODE_MAJOR;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { node: true } }),
  );
  const { code, output } = await npm(folder, [...NPM_INSTALL, `node@${version}`], process.execPath);
  if (code !== 0) throw new Refusal(explainFailure(code, output));
  const node = engineNode(folder);
  if (!node) throw new Refusal(NO_ENGINE_NODE);
  return node;
}

/** What to do about a failed install, by what npm printed. */
const REMEDIES = /** @type {const} */ ([
  [/ENOSPC/, 'the disk is full: make room (about 1.5 GB)'],
  [/EACCES|EPERM|EROFS/, 'the folder cannot be written: check its owner and permissions'],
  [/EINTEGRITY/, 'a downloaded package is damaged: run `npm cache verify`'],
  [/E401|E403/, 'the package registry refuses access: check `npm config get registry` and its login'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH|EHOSTUNREACH|network/i,
    'the package registry cannot be reached: check the network, `npm config get registry` and `npm config get proxy`',
  ],
]);

/** @param {string} text an error's, or npm's */
export function remedyFor(text) {
  return REMEDIES.find(([pattern]) => pattern.test(text))?.[1];
}

/**
 * @param {number} code npm's exit code
 * @param {string} output npm's, both streams
 * @returns {string} npm's last lines and the remedy
 */
export function explainFailure(code, output) {
  const all = output.split('\n').filter((line) => line.trim() !== '');
  const telling = all.filter((line) => !NOISE.test(line));
  const lines = telling.length > 0 ? telling.slice(-12) : all.slice(-1);
  const remedy = remedyFor(telling.join('\n')) ?? remedyFor(output) ?? '`npm install` shows all of it';
  const head = `npm install failed (exit code ${code}); its last lines:`;
  return [head, ...lines, `${remedy}, then start again`].join('\n');
}

/** Lines of npm's that tell a user nothing: its requests, warnings, stacks, and where its debug log lies. */
const NOISE = /^npm (http|warn)\b|^npm error +at |^npm error *$|complete log of this run/i;

/**
 * Runs npm in a folder on the given Node; answers its exit code and the end of both its streams.
 *
 * @typedef {(folder: string, args: string[], node: string) => Promise<{ code: number, output: string }>} NpmRunner
 * @type {NpmRunner}
 */
export function runNpm(folder, args, node) {
  const cli = npmCli(process.env.npm_execpath);
  const [file, ...before] = cli ? [node, cli] : ['npm'];
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...before, ...args, '--prefix', folder], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32' && !cli,
      env: {
        ...process.env,
        // `npm` by name, and the npm that install scripts call, run on this Node too
        PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
        // for an npm too old to know `allowScripts`: these packages' scripts fetch what is not needed
        ONNXRUNTIME_NODE_INSTALL: 'skip',
        SKIP_FFMPEG: 'true',
      },
    });
    let output = '';
    const isUnreachable = watchRegistry();
    const collect = (/** @type {string} */ chunk) => {
      output = (output + chunk).slice(-65_536);
      if (isUnreachable(chunk)) child.kill(); // npm would go on to try hundreds of packages, for minutes
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
      child.kill(signal);
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    // not once(): a second signal on its heels must not end us before the lock is released
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const settled = () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    child.on('error', (err) => {
      settled();
      reject(new Refusal(`npm cannot be started (${err.message}): install npm, it comes with Node`));
    });
    child.on('close', (code) => {
      settled();
      resolve({ code: code ?? 1, output });
    });
  });
}

const FAILED_REQUESTS_MEAN_UNREACHABLE = 8;

/**
 * Follows npm's log of its requests (`--loglevel=http`) and tells when the registry cannot be reached: many
 * requests failed on the network and not one was answered.
 *
 * @returns {(chunk: string) => boolean}
 */
export function watchRegistry() {
  let failed = 0;
  let answered = false;
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      answered ||= /npm http fetch \w+ \d{3} /.test(line);
      if (/npm http fetch .* attempt \d+ failed with E/.test(line)) failed++;
    }
    return !answered && failed >= FAILED_REQUESTS_MEAN_UNREACHABLE;
  };
}

/**
 * The script of the npm that started us, so that the same npm installs.
 *
 * @param {string | undefined} execPath npm's variable `npm_execpath`; another package manager's is not used
 */
export function npmCli(execPath) {
  if (!execPath || !/^np[mx]-cli\.[cm]?js$/.test(basename(execPath))) return null;
  const cli = join(dirname(execPath), basename(execPath).replace('npx', 'npm'));
  return existsSync(cli) ? cli : null;
}
