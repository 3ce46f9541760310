import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError, messageOf } from '../errors.ts';
import { invalid, schemaProblems } from '../schema-problems.ts';
import { ManifestFile, type ModelDeclaration, type ModelTask } from './manifest-file.ts';

const PROJECT_MANIFEST = fileURLToPath(new URL('../../models/manifest.json', import.meta.url));
/** In the models directory: a user's own models. */
export const USER_MANIFEST = 'manifest.json';

/** A model as the manifests tell of it, with the defaults filled in. */
export interface ModelEntry extends ModelDeclaration {
  readonly version: string;
  readonly task: ModelTask;
  /** Of a bundled model: the folder its weights lie in, whatever the models directory is. */
  readonly bundledDir?: string;
}

export interface Manifest {
  readonly models: readonly ModelEntry[];
  /** Where lists of labels lie, the user's before the project's. */
  readonly labelDirs: readonly string[];
  /** Why the user's own manifest is left out; absent when there is none, or nothing is wrong with it. */
  readonly problem?: EngineError;
}

/** What was read last of a file, with the state of the file it was read in. */
const read = new Map<string, { stamp: string; models: ModelEntry[] }>();

/**
 * The models that cameras may name: the project's, and with `modelsDir` those of the manifest in it. An entry
 * there takes the place of the project's of the same name; a file with mistakes leaves the project's as they
 * are and is told of in `problem`.
 *
 * Files are read again only when they changed, so this may be asked often.
 *
 * @param modelsDir where weights lie: `config.models.dir`
 * @throws EngineError CONFIG_INVALID when the project's own manifest is broken
 */
export async function loadManifest(
  modelsDir?: string,
  projectManifest = PROJECT_MANIFEST,
): Promise<Manifest> {
  const models = await readManifest(projectManifest);
  const labelDirs = [join(dirname(projectManifest), 'labels')];
  const path = modelsDir === undefined ? projectManifest : join(modelsDir, USER_MANIFEST);
  if (modelsDir === undefined || path === projectManifest) return { models, labelDirs };
  labelDirs.unshift(join(modelsDir, 'labels'));
  try {
    const own = await readManifest(path);
    const names = new Set(own.map(({ name }) => name));
    return { models: [...models.filter(({ name }) => !names.has(name)), ...own], labelDirs };
  } catch (err) {
    if (!(err instanceof EngineError)) throw err;
    const { code } = (err.cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { models, labelDirs };
    return { models, labelDirs, problem: err };
  }
}

/**
 * The models of one manifest file.
 *
 * @throws EngineError CONFIG_INVALID with every mistake in it
 */
export async function readManifest(path: string): Promise<ModelEntry[]> {
  let value: unknown;
  let stamp: string;
  try {
    const { size, mtimeMs, ino } = await stat(path);
    stamp = `${ino}/${size}/${mtimeMs}`;
    const last = read.get(path);
    if (last?.stamp === stamp) return last.models;
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (err) {
    throw new EngineError('CONFIG_INVALID', `cannot read the model manifest ${path}: ${messageOf(err)}`, {
      cause: err,
    });
  }
  const problems = schemaProblems(ManifestFile, value);
  if (problems.length === 0) problems.push(...contradictions((value as ManifestFile).models));
  if (problems.length > 0) throw invalid('CONFIG_INVALID', `the model manifest ${path} is invalid`, problems);
  const models = (value as ManifestFile).models.map((declared) => ({
    ...declared,
    version: declared.version ?? '1',
    task: declared.task ?? 'detection',
    ...(declared.bundled ? { bundledDir: dirname(path) } : {}),
  }));
  read.set(path, { stamp, models });
  return models;
}

/** @throws EngineError MODEL_UNKNOWN; CONFIG_INVALID when the model may be in a manifest that cannot be read */
export function modelEntry(manifest: Manifest, name: string): ModelEntry {
  const entry = manifest.models.find((model) => model.name === name);
  if (entry) return entry;
  if (manifest.problem) throw manifest.problem;
  const known = manifest.models.map((model) => model.name).join(', ');
  throw new EngineError(
    'MODEL_UNKNOWN',
    `there is no model ${JSON.stringify(name)} in the manifest; known are: ${known}`,
  );
}

/** What the schema cannot say of entries that fit it. */
function contradictions(models: readonly ModelDeclaration[]): Array<{ path: string; message: string }> {
  const problems: Array<{ path: string; message: string }> = [];
  for (const [i, { name, task, labels, url, sizeBytes }] of models.entries()) {
    const path = `models[${i}]`;
    if (models.findIndex((other) => other.name === name) < i)
      problems.push({ path: `${path}.name`, message: `${JSON.stringify(name)} is taken by an entry before` });
    if (task !== 'embedding' && labels === undefined)
      problems.push({
        path: `${path}.labels`,
        message: 'is missing: a detector needs the name of a list (coco80), or the labels in a list',
      });
    if (url !== undefined && sizeBytes === undefined)
      problems.push({ path: `${path}.sizeBytes`, message: 'is missing: what has a url needs its size' });
  }
  return problems;
}
