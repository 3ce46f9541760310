import { loadConfig } from '../config/load.ts';
import { EngineError } from '../errors.ts';
import { loadManifest, modelEntry } from '../models/manifest.ts';
import { type ResolvedModel, resolveModel } from '../models/resolve.ts';

/**
 * The detector of that name, from SIGHTLINE_MODELS.
 *
 * @throws EngineError MODEL_UNKNOWN, MODEL_MISSING, MODEL_ALTERED; VALIDATION for a model that detects nothing
 */
export async function resolveDetector(name: string): Promise<ResolvedModel> {
  const { dir } = loadConfig({ env: process.env }).models;
  const manifest = await loadManifest(dir);
  const { task } = modelEntry(manifest, name);
  if (task === 'detection') return resolveModel(manifest, name, dir);
  throw new EngineError('VALIDATION', `model ${name} is made for ${task}: name a detector`);
}
