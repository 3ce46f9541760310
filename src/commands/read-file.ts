import { readFile } from 'node:fs/promises';
import { EngineError, messageOf } from '../errors.ts';

/** A file that a person named. @throws EngineError FILE_NOT_FOUND */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : messageOf(err);
    throw new EngineError('FILE_NOT_FOUND', `cannot read ${path}: ${why}`, { cause: err });
  }
}
