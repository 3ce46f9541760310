import { DEFAULT_MODEL } from '../analytics.ts';
import { loadManifest, type Manifest } from './manifest.ts';
import { inspectWeights } from './verify.ts';

/** The detector whose weights come with the program. */
export const BUNDLED_MODEL = 'sightline-street';

/**
 * The model of cameras that name none: the usual one, or while its weights are not there the one that comes with the
 * program. Weights that are there but damaged are no reason for another: their camera says what is wrong.
 *
 * The hub asks once, when it starts: a camera that counts must not count with another model from one minute to the
 * next because somebody downloaded a file.
 *
 * @param dir where weights lie: `config.models.dir`
 */
export async function defaultModel(dir: string, manifest?: Manifest): Promise<string> {
  const { models } = manifest ?? (await loadManifest(dir));
  const usual = models.find(({ name }) => name === DEFAULT_MODEL);
  if (!models.some(({ name }) => name === BUNDLED_MODEL)) return DEFAULT_MODEL;
  if (usual === undefined) return BUNDLED_MODEL;
  const { state } = await inspectWeights(usual, dir);
  return state === 'missing' ? BUNDLED_MODEL : DEFAULT_MODEL;
}
