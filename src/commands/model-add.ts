import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { loadConfig } from '../config/load.ts';
import { createDetectionBatch } from '../detection.ts';
import { EngineError, messageOf } from '../errors.ts';
import { FAMILY_NAMES, type FamilyName } from '../models/family-name.ts';
import { readLabels } from '../models/labels.ts';
import { loadManifest, type Manifest } from '../models/manifest.ts';
import { ModelDeclaration } from '../models/manifest-file.ts';
import type { ResolvedModel } from '../models/resolve.ts';
import { writeEntry } from '../models/user-manifest.ts';
import { createLogger } from '../observe/logger.ts';
import { inspectModel } from '../pipeline/families/inspect-model.ts';
import { invalid, schemaProblems } from '../schema-problems.ts';
import { givenLabels } from './model-labels.ts';
import { readNamedFile } from './read-file.ts';

interface AddFlags {
  readonly name?: string;
  readonly labels?: string;
  readonly family?: FamilyName;
  readonly licence?: string;
  readonly description?: string;
  readonly replace?: boolean;
}

/** `model add`: makes an ONNX file a model that cameras may name; it has to load and to run first. */
export function registerModelAdd(model: Command): void {
  model
    .command('add <file.onnx>')
    .description('copy an ONNX file into the models directory and write its manifest entry, once it has run')
    .option('--name <name>', 'what cameras say; by default made of the name of the file')
    .option('--labels <list>', 'its labels: a,b,c, or a .txt file, or the name of a list (coco80)')
    .addOption(
      new Option('--family <name>', 'how its output is decoded, where that is not recognised').choices(
        FAMILY_NAMES,
      ),
    )
    .option('--licence <spdx>', 'its licence')
    .option('--description <text>', 'what it is')
    .option('--replace', 'take the place of a model of the same name')
    .action(async (path: string, flags: AddFlags) => {
      const dir = loadConfig({ env: process.env }).models.dir;
      const manifest = await loadManifest(dir);
      if (manifest.problem) throw manifest.problem;
      const entry = await entryFor(path, flags, manifest);
      const problems = schemaProblems(ModelDeclaration, entry);
      if (problems.length > 0) throw invalid('VALIDATION', `invalid model ${entry.name}`, problems);
      if (!flags.replace && manifest.models.some(({ name }) => name === entry.name)) {
        throw new EngineError(
          'CONFIG_INVALID',
          `there is a model ${entry.name} already: give another --name, or --replace to take its place`,
        );
      }
      const namesake = manifest.models.find(
        ({ name, file, sha256 }) => name !== entry.name && file === entry.file && sha256 !== entry.sha256,
      );
      if (namesake) {
        throw new EngineError(
          'CONFIG_INVALID',
          `${entry.file} is the file of model ${namesake.name}, with other content: rename ${path} first`,
        );
      }
      const ran = await tryModel(path, entry, manifest);
      const target = await place(path, dir, entry.file);
      const written = await writeEntry(dir, entry);
      process.stdout.write(`${entry.name}: ${ran}; weights in ${target}, entry in ${written}\n`);
    });
}

async function entryFor(path: string, flags: AddFlags, manifest: Manifest): Promise<ModelDeclaration> {
  const { name, labels, family, licence, description } = flags;
  const given = labels === undefined ? undefined : await givenLabels(labels, manifest);
  const file = basename(path).replace(/[^A-Za-z0-9._-]+/g, '-');
  const inspection = inspectModel(await readNamedFile(path), file, {
    ...(family && { family }),
    ...(given && { labels: given.labels, labelCount: given.count }),
  });
  const { entry, classes, reason } = inspection;
  if (!entry) throw new EngineError('MODEL_SHAPE', reason ?? `${path} is no model for pictures`);
  if (entry.task !== 'embedding' && !given && classes !== 80) {
    throw new EngineError(
      'CONFIG_INVALID',
      `the labels of ${path} are not known${classes === null ? '' : `, it has ${classes} classes`}: name them with --labels a,b,c, a .txt file with one a line, or the name of a list (coco80)`,
    );
  }
  return {
    ...entry,
    ...(name !== undefined && { name }),
    ...(licence !== undefined && { licence }),
    ...(description !== undefined && { description }),
  };
}

/** Loads the model and runs it once on grey; tells in words what it is. @throws EngineError MODEL_* */
async function tryModel(path: string, entry: ModelDeclaration, manifest: Manifest): Promise<string> {
  // the inference engine takes a moment to load; other commands of this program do not wait for it
  const { CPU_ONLY, Sessions } = await import('../pipeline/inference/providers.ts');
  const { openSessionRunner } = await import('../pipeline/inference/session-runner.ts');
  const log = createLogger('model', { level: 'warn', format: 'pretty' });
  const open = openSessionRunner(new Sessions(CPU_ONLY, log));
  const resolved: ResolvedModel = {
    entry: { ...entry, version: '1', task: entry.task ?? 'detection' },
    path: resolve(path),
    labels: await readLabels(manifest, entry),
  };
  if (entry.task === 'embedding') {
    const { Embedder } = await import('../pipeline/reid/embedder.ts');
    const embedder = await Embedder.load(resolved, open, log);
    await embedder.release();
    return `embeds crops of ${embedder.input.width}x${embedder.input.height} as ${embedder.size} numbers`;
  }
  const { Detector } = await import('../pipeline/detector.ts');
  const { letterbox } = await import('../pipeline/letterbox.ts');
  const detector = await Detector.load(resolved, open, log);
  try {
    const { size } = detector;
    const { width, height } = size;
    const grey = () => new Uint8Array(width * height).fill(114);
    const fitted = letterbox(width, height, size, detector.placement.at);
    const picture = {
      planes: [grey(), grey(), grey()] as const,
      size,
      sourceWidth: width,
      sourceHeight: height,
      fitted,
    };
    await detector.detect(picture, createDetectionBatch(1000));
    return `family ${detector.family}, input ${width}x${height}, ${detector.labels.length} labels`;
  } finally {
    await detector.release();
  }
}

/** Copies the file into the models directory, whole or not at all. @throws EngineError DATA_NOT_WRITABLE */
async function place(path: string, dir: string, file: string): Promise<string> {
  const target = join(dir, file);
  if (resolve(path) === resolve(target)) return target;
  const part = `${target}.part`;
  try {
    await mkdir(dir, { recursive: true });
    await copyFile(path, part);
    await rename(part, target);
    return target;
  } catch (err) {
    await rm(part, { force: true });
    throw new EngineError('DATA_NOT_WRITABLE', `cannot copy ${path} to ${target}: ${messageOf(err)}`, {
      cause: err,
    });
  }
}
