import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Type, { type Static } from 'typebox';
import { EngineError, messageOf } from '../errors.ts';
import { invalid, schemaProblems } from '../schema-problems.ts';
import { inspectWeights, type WeightsState } from './verify.ts';

const MANIFEST_FILE = fileURLToPath(new URL('../../models/manifest.json', import.meta.url));

/** A file name, never a path: weights lie directly in the models directory. */
const FileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$', description: 'a file name' });

export const ModelEntry = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$', description: 'what cameras say' }),
    version: Type.String({ minLength: 1, maxLength: 32 }),
    family: Type.Union([Type.Literal('yolox')], { description: 'how its output is decoded' }),
    description: Type.Optional(Type.String()),
    file: FileName,
    sizeBytes: Type.Integer({ minimum: 1 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hexadecimal digits' }),
    licence: Type.String({ minLength: 1, description: 'SPDX identifier' }),
    source: Type.String({ minLength: 1, description: 'where the model comes from' }),
    url: Type.String({ pattern: '^https?://', description: 'a URL that begins with http:// or https://' }),
    input: Type.Object(
      {
        name: Type.String({ minLength: 1 }),
        width: Type.Integer({ minimum: 32 }),
        height: Type.Integer({ minimum: 32 }),
        layout: Type.Literal('NCHW'),
        channels: Type.Union([Type.Literal('BGR'), Type.Literal('RGB')]),
        range: Type.Union([Type.Literal('0-255'), Type.Literal('0-1')]),
        letterbox: Type.Union([Type.Literal('top-left'), Type.Literal('centre')]),
        padding: Type.Integer({ minimum: 0, maximum: 255 }),
      },
      { additionalProperties: false },
    ),
    output: Type.String({ minLength: 1, description: 'name of the output tensor' }),
    labels: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'models/labels/<labels>.txt' }),
  },
  { additionalProperties: false },
);
export type ModelEntry = Static<typeof ModelEntry>;

export const ManifestSchema = Type.Object(
  { version: Type.Literal(1), models: Type.Array(ModelEntry) },
  { additionalProperties: false },
);

export interface Manifest {
  /** Absolute; labels lie in `labels/` beside the manifest. */
  readonly dir: string;
  readonly models: readonly ModelEntry[];
}

/** A model as people see it listed. */
export interface ModelListing {
  readonly name: string;
  readonly version: string;
  readonly family: string;
  readonly description: string;
  readonly licence: string;
  readonly source: string;
  readonly sizeBytes: number;
  readonly labels: readonly string[];
  readonly state: WeightsState;
  /** What to run; null when it is ready. */
  readonly remedy: string | null;
}

/** @throws EngineError CONFIG_INVALID with every mistake in it. */
export async function loadManifest(path = MANIFEST_FILE): Promise<Manifest> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (err) {
    throw new EngineError('CONFIG_INVALID', `cannot read the model manifest ${path}: ${messageOf(err)}`, {
      cause: err,
    });
  }
  const problems = schemaProblems(ManifestSchema, value);
  if (problems.length > 0) throw invalid('CONFIG_INVALID', `the model manifest ${path} is invalid`, problems);
  const { models } = value as Static<typeof ManifestSchema>;
  return { dir: dirname(path), models };
}

/** @throws EngineError MODEL_UNKNOWN */
export function modelEntry(manifest: Manifest, name: string): ModelEntry {
  const entry = manifest.models.find((model) => model.name === name);
  if (entry) return entry;
  const known = manifest.models.map((model) => model.name).join(', ');
  throw new EngineError(
    'MODEL_UNKNOWN',
    `there is no model ${JSON.stringify(name)} in the manifest; known are: ${known}`,
  );
}

/** The label of each class id, in order. */
export async function readLabels(manifest: Manifest, entry: ModelEntry): Promise<string[]> {
  const path = join(manifest.dir, 'labels', `${entry.labels}.txt`);
  try {
    return (await readFile(path, 'utf8')).split(/\r?\n/).filter((line) => line !== '');
  } catch (err) {
    throw new EngineError(
      'CONFIG_INVALID',
      `cannot read the labels of model ${entry.name}: ${messageOf(err)}`,
      { cause: err },
    );
  }
}

/** Every model of the manifest, with the state of its weights in `dir`. */
export async function listModels(dir: string, manifest?: Manifest): Promise<ModelListing[]> {
  const { models, ...rest } = manifest ?? (await loadManifest());
  return Promise.all(
    models.map(async (entry) => {
      const { state, problem } = await inspectWeights(entry, dir);
      return {
        name: entry.name,
        version: entry.version,
        family: entry.family,
        description: entry.description ?? '',
        licence: entry.licence,
        source: entry.source,
        sizeBytes: entry.sizeBytes,
        labels: await readLabels({ models, ...rest }, entry),
        state,
        remedy: problem?.message ?? null,
      };
    }),
  );
}
