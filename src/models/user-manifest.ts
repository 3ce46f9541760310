import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';
import { readManifest, USER_MANIFEST } from './manifest.ts';
import type { ModelDeclaration } from './manifest-file.ts';

/**
 * Writes an entry into the manifest of a models directory, which is made when there is none. An entry of the same
 * name is replaced; the others stay as they are.
 *
 * @throws EngineError CONFIG_INVALID when the manifest that is there has mistakes; DATA_NOT_WRITABLE
 */
export async function writeEntry(dir: string, entry: ModelDeclaration): Promise<string> {
  const path = join(dir, USER_MANIFEST);
  const models = await declarationsIn(path);
  const at = models.findIndex(({ name }) => name === entry.name);
  if (at < 0) models.push(entry);
  else models[at] = entry;
  try {
    await mkdir(dir, { recursive: true });
    // a reader sees the old file or the new one
    await writeFile(`${path}.new`, `${JSON.stringify({ version: 1, models }, null, 2)}\n`);
    await rename(`${path}.new`, path);
  } catch (err) {
    throw new EngineError(
      'DATA_NOT_WRITABLE',
      `cannot write ${path} (${messageOf(err)}): make it writable, or set SIGHTLINE_MODELS to another directory`,
      { cause: err },
    );
  }
  return path;
}

/** As they stand in the file, without defaults. */
async function declarationsIn(path: string): Promise<ModelDeclaration[]> {
  const text = await readFile(path, 'utf8').catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') return null;
    throw err;
  });
  if (text === null) return [];
  await readManifest(path); // says what is wrong with it
  return (JSON.parse(text) as { models: ModelDeclaration[] }).models;
}
