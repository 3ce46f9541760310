import { readLabels } from './labels.ts';
import { loadManifest, type Manifest, type ModelEntry, modelEntry } from './manifest.ts';
import { inspectWeights } from './verify.ts';

export type { Manifest, ModelEntry } from './manifest.ts';

/** A model that is ready to load. */
export interface ResolvedModel {
  readonly entry: ModelEntry;
  /** Absolute path of the verified weights. */
  readonly path: string;
  /** The label of each class id, in order; none for a model that detects nothing. */
  readonly labels: readonly string[];
}

/**
 * Finds the weights of a model and proves that they are the manifest's.
 *
 * @param dir where weights lie: `config.models.dir`
 * @throws EngineError MODEL_UNKNOWN, MODEL_MISSING, MODEL_ALTERED, CONFIG_INVALID; each says what to do
 */
export async function resolveModel(manifest: Manifest, name: string, dir: string): Promise<ResolvedModel> {
  const entry = modelEntry(manifest, name);
  const { path, problem } = await inspectWeights(entry, dir);
  if (problem) throw problem;
  return { entry, path, labels: await readLabels(manifest, entry) };
}

/** The same by the manifests as they are now, so that a model added while running is found. */
export async function findModel(name: string, dir: string): Promise<ResolvedModel> {
  return resolveModel(await loadManifest(dir), name, dir);
}
