import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';

export type WeightsState = 'ready' | 'missing' | 'altered';

/** What identifies weights: their place and their content. */
export interface Weights {
  readonly name: string;
  readonly file: string;
  /** Left out: the digest alone decides. */
  readonly sizeBytes?: number;
  readonly sha256: string;
  /** Where `pull` fetches them; left out: they are put there by hand. */
  readonly url?: string;
  /** Where they lie if they came with the program. */
  readonly bundledDir?: string;
}

/** Digests by path, with the size and the time of change they were computed for. */
const digests = new Map<string, { stamp: string; sha256: Promise<string> }>();

/**
 * Whether the weights are there, in `dir` unless they came with the program, and are the ones of the manifest.
 *
 * The digest is computed once for each path, size and time of change. `problem` says what to run.
 */
export async function inspectWeights(
  weights: Weights,
  dir: string,
): Promise<{ state: WeightsState; path: string; problem: EngineError | undefined }> {
  const place = weights.bundledDir ?? dir;
  const path = join(place, weights.file);
  const remedy = remedyFor(weights, place);
  const altered = (why: string) => ({
    state: 'altered' as const,
    path,
    problem: new EngineError(
      'MODEL_ALTERED',
      `model ${weights.name} in ${path} is not the one of the manifest (${why}): ${remedy}`,
    ),
  });
  try {
    const { size, mtimeMs, ino } = await stat(path);
    if (weights.sizeBytes !== undefined && size !== weights.sizeBytes)
      return altered(`${size} bytes instead of ${weights.sizeBytes}`);
    const sha256 = await digestOnce(path, `${ino}/${size}/${mtimeMs}`);
    if (sha256 !== weights.sha256)
      return altered(`sha256 ${sha256.slice(0, 12)}… instead of ${weights.sha256.slice(0, 12)}…`);
    return { state: 'ready', path, problem: undefined };
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return altered(messageOf(err));
    const problem = new EngineError('MODEL_MISSING', `model ${weights.name} is not in ${place}: ${remedy}`);
    return { state: 'missing', path, problem };
  }
}

function remedyFor({ name, file, url, bundledDir }: Weights, place: string): string {
  if (bundledDir !== undefined) return `it came with the program: restore ${join(place, file)}`;
  if (url !== undefined) return `run "npx sightline model pull ${name}"`;
  return `its entry in the manifest has no url to pull it from: put ${file} into ${place}`;
}

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

function digestOnce(path: string, stamp: string): Promise<string> {
  const known = digests.get(path);
  if (known?.stamp === stamp) return known.sha256;
  const sha256 = sha256Of(path);
  digests.set(path, { stamp, sha256 });
  sha256.catch(() => digests.delete(path));
  return sha256;
}
