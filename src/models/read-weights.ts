import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import type { ResolvedModel } from './resolve.ts';

/**
 * The bytes of a model; what is loaded is what was verified, also if the file changes in between.
 *
 * @throws EngineError MODEL_ALTERED
 */
export async function readWeights({ entry, path }: ResolvedModel): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (createHash('sha256').update(bytes).digest('hex') === entry.sha256) return bytes;
  throw new EngineError(
    'MODEL_ALTERED',
    `model ${entry.name} changed while it was loaded: it is tried again`,
  );
}
