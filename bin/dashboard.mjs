import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { engineNode, stateDir } from './install.mjs';
import { withLock } from './lock.mjs';
import { say } from './say.mjs';

const NOT_SOURCES = new Set(['dist', 'node_modules']);

/**
 * Names the state of the dashboard's sources: their paths and contents, the shared words of the engine that
 * they may import, and the versions of the build's tools.
 *
 * @param {string} root
 * @returns {string} a hash; the same on every machine for the same checkout
 */
export function dashboardSourceHash(root) {
  const hash = createHash('sha256');
  const sharedWords = filesIn(join(root, 'src'), { deep: false });
  const lock = join(root, 'package-lock.json');
  const files = [...filesIn(join(root, 'dashboards', 'web'), { deep: true }), ...sharedWords];
  for (const file of existsSync(lock) ? [...files, lock] : files) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** @param {string} folder @param {{ deep: boolean }} options @returns {string[]} sorted */
function filesIn(folder, { deep }) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    return deep && entry.isDirectory() && !NOT_SOURCES.has(entry.name) ? filesIn(path, { deep }) : [];
  });
}

/** @param {string} root */
const stampPath = (root) => join(stateDir(root), 'dashboard.json');

/**
 * Whether dist/ is there and was built from exactly these sources.
 *
 * @param {string} root @param {string} sourceHash
 */
export function isDashboardBuilt(root, sourceHash) {
  if (!existsSync(join(root, 'dashboards', 'web', 'dist', 'index.html'))) return false;
  try {
    return JSON.parse(readFileSync(stampPath(root), 'utf8')).sourceHash === sourceHash;
  } catch {
    return false;
  }
}

/**
 * Builds the dashboard when its sources changed. A failed build is told and does not stop the start: the
 * API, the alerts and an older dashboard work without it.
 *
 * @param {string} root
 * @param {{ build?: (root: string) => Promise<{ code: number, output: string }> }} [options]
 */
export async function ensureDashboard(root, { build = runVite } = {}) {
  if (!existsSync(join(root, 'dashboards', 'web', 'index.html'))) return;
  if (isDashboardBuilt(root, dashboardSourceHash(root))) return;
  try {
    await buildOnce(root, build);
  } catch (err) {
    if (!(/** @type {NodeJS.ErrnoException} */ (err).syscall)) throw err;
    say(`the dashboard could not be built (${/** @type {Error} */ (err).message}); starting without it`);
  }
}

/** @param {string} root @param {(root: string) => Promise<{ code: number, output: string }>} build */
async function buildOnce(root, build) {
  await withLock(
    join(stateDir(root), 'prepare.lock'),
    async () => {
      const sourceHash = dashboardSourceHash(root);
      if (isDashboardBuilt(root, sourceHash)) return;
      say('building the dashboard (a few seconds, after each change)…');
      rmSync(stampPath(root), { force: true }); // an interrupted build must not look finished
      const { code, output } = await build(root);
      if (code !== 0) {
        say(
          `the dashboard could not be built (exit code ${code}); starting without it:\n${buildErrors(output)}`,
        );
        return;
      }
      mkdirSync(stateDir(root), { recursive: true });
      writeFileSync(stampPath(root), JSON.stringify({ sourceHash }));
    },
    (pid) => say(`another start (process ${pid}) is building the dashboard; waiting for it…`),
  );
}

/**
 * What vite says is wrong, without the stack of vite itself and without colours.
 *
 * @param {string} output
 */
export function buildErrors(output) {
  return stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^ +at |^ +errors: \[|^}/.test(line))
    .slice(0, 15)
    .join('\n');
}

/** @param {string} root */
export function viteCommand(root) {
  const file = /** @type {string} */ (engineNode(root));
  return { file, args: [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', 'dashboards/web'] };
}

/** @param {string} root @returns {Promise<{ code: number, output: string }>} */
function runVite(root) {
  const { file, args } = viteCommand(root);
  return new Promise((resolve) => {
    const child = spawn(file, [...args, '--logLevel', 'warn'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk).slice(-16_384);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (err) => resolve({ code: 1, output: err.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
