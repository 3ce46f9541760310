import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** An owner on another machine cannot be asked; no install takes this long. */
const FOREIGN_LOCK_EXPIRES_MS = 15 * 60_000;
const POLL_MS = 200;

/**
 * Runs `work` while holding the lock file, so that two starts at once prepare the checkout only once.
 * The lock of a process that died is taken over.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(owner: number) => void} [onWait] called once when somebody else holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  let waited = false;
  while (!tryCreate(path, mine)) {
    const held = readOwner(path);
    if (!held) continue; // released between our two looks
    if (isAbandoned(held)) {
      takeAway(path, held.text);
      continue;
    }
    if (!waited) onWait(held.pid);
    waited = true;
    await delay(POLL_MS);
  }
  // process.exit() in a signal handler must not leave it behind either
  const release = () => {
    if (readOwner(path)?.text === mine) rmSync(path, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** @param {string} path @param {string} text */
function tryCreate(path, text) {
  // link() of a whole file, not open(wx) and write: nobody may ever read a lock without its owner
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, path);
    return true;
  } catch (err) {
    if (/** @type {NodeJS.ErrnoException} */ (err).code === 'EEXIST') return false;
    throw err;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} path */
function readOwner(path) {
  try {
    const text = readFileSync(path, 'utf8');
    return { text, ...parseOwner(text), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch (err) {
    if (/** @type {NodeJS.ErrnoException} */ (err).code === 'ENOENT') return undefined;
    throw err;
  }
}

/** @param {string} text @returns {{ pid: number, host: string }} */
function parseOwner(text) {
  try {
    return { pid: 0, host: '', ...JSON.parse(text) };
  } catch {
    return { pid: 0, host: '' };
  }
}

/** @param {{ pid: number, host: string, ageMs: number }} owner */
function isAbandoned({ pid, host, ageMs }) {
  if (host !== hostname()) return ageMs > FOREIGN_LOCK_EXPIRES_MS;
  if (pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return ageMs > FOREIGN_LOCK_EXPIRES_MS; // alive, but so old that the number must belong to another process
  } catch (err) {
    return /** @type {NodeJS.ErrnoException} */ (err).code === 'ESRCH';
  }
}

/**
 * Removes an abandoned lock. Two processes may do so at once: the rename makes one of them the remover, and
 * a fresh lock that was moved by mistake is put back.
 *
 * @param {string} path @param {string} abandoned
 */
function takeAway(path, abandoned) {
  const aside = `${path}.${process.pid}.abandoned`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== abandoned) linkSync(aside, path);
  } catch (err) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (err);
    if (code !== 'ENOENT' && code !== 'EEXIST') throw err;
  } finally {
    rmSync(aside, { force: true });
  }
}
