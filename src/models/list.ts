import { messageOf } from '../errors.ts';
import type { FamilyName } from './family-name.ts';
import { readLabels } from './labels.ts';
import { loadManifest, type Manifest } from './manifest.ts';
import type { ModelTask } from './manifest-file.ts';
import { inspectWeights, type WeightsState } from './verify.ts';

/** A model as people see it listed. */
export interface ModelListing {
  readonly name: string;
  readonly version: string;
  readonly task: ModelTask;
  /** Null when the manifest leaves it to the file to tell. */
  readonly family: FamilyName | null;
  readonly description: string;
  /** Empty when the manifest does not say. */
  readonly licence: string;
  readonly source: string;
  /** Null when the manifest does not say. */
  readonly sizeBytes: number | null;
  readonly labels: readonly string[];
  readonly state: WeightsState;
  /** What to do; null when it is ready. */
  readonly remedy: string | null;
}

/** Every model, with the state of its weights in `dir`; what is wrong with one is its remedy. */
export async function listModels(dir: string, manifest?: Manifest): Promise<ModelListing[]> {
  const { models, ...rest } = manifest ?? (await loadManifest(dir));
  return Promise.all(
    models.map(async (entry) => {
      const { state, problem } = await inspectWeights(entry, dir);
      let labels: readonly string[] = [];
      let remedy = problem?.message ?? null;
      try {
        labels = await readLabels(rest, entry);
      } catch (err) {
        remedy = messageOf(err);
      }
      return {
        name: entry.name,
        version: entry.version,
        task: entry.task,
        family: entry.family ?? null,
        description: entry.description ?? '',
        licence: entry.licence ?? '',
        source: entry.source ?? '',
        sizeBytes: entry.sizeBytes ?? null,
        labels,
        state,
        remedy,
      };
    }),
  );
}
