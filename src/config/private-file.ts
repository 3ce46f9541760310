import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';

/**
 * The text of a file that only its owner may read (0600), made by `create` the first time.
 *
 * Written whole or not at all, so that a crash leaves no half key; of two processes that start at once one
 * writes and both read the same.
 *
 * @throws EngineError DATA_NOT_WRITABLE
 */
export function privateFile(path: string, create: () => string): { text: string; created: boolean } {
  try {
    const existing = readIfThere(path);
    if (existing !== undefined) return { text: existing, created: false };
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${randomBytes(6).toString('hex')}`;
    try {
      writeFileSync(draft, create(), { flag: 'wx', mode: 0o600, flush: true });
      linkSync(draft, path); // fails when the file exists, which a rename would overwrite
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EEXIST') throw err;
    } finally {
      rmSync(draft, { force: true });
    }
    return { text: readFileSync(path, 'utf8').trim(), created: true };
  } catch (err) {
    throw new EngineError(
      'DATA_NOT_WRITABLE',
      `cannot keep ${path} (${messageOf(err)}): make ${dirname(path)} writable for this user, ` +
        'or set SIGHTLINE_DATA to a directory that is',
      { cause: err },
    );
  }
}

function readIfThere(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    chmodSync(path, 0o600); // a copy or a backup may have opened it to others
    return text;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}
