import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EngineError } from '../../errors.ts';
import type { AnnotatedPicture, AnnotatedPictures, AnnotationFilter } from './annotated-picture.ts';
import { cocoPictures } from './coco-pictures.ts';
import { isMotSequence, MOT_LABEL, motPictures } from './mot-pictures.ts';

/** COCO names its own files instances_val2017.json; exports of labelling tools say annotations.json. */
const COCO_FILE = /^(_?annotations.*|instances.*)\.json$/i;

/**
 * Finds out what lies in a folder: annotations of COCO (beside the pictures or in `annotations/`), a sequence of
 * the MOTChallenge (`img1` and its ground truth), or a folder of such sequences.
 *
 * @param annotations COCO's file where it lies elsewhere, or where there are several
 * @throws EngineError FILE_NOT_FOUND, ANNOTATIONS_INVALID, MOT_FILE_INVALID
 */
export async function findPictures(
  folder: string,
  annotations: string | undefined,
  filter: AnnotationFilter,
): Promise<AnnotatedPictures> {
  const dir = resolve(folder);
  if (!existsSync(dir))
    throw new EngineError('FILE_NOT_FOUND', `there is no folder ${dir}: name one with --data`);
  if (!statSync(dir).isDirectory()) {
    throw new EngineError('VALIDATION', `--data takes a folder of pictures; ${dir} is a file`);
  }
  const found = await annotated(dir, annotations, filter);
  if (found.pictures.length > 0) return found;
  throw new EngineError('ANNOTATIONS_INVALID', `there are no pictures in ${dir}: nothing to measure on`);
}

async function annotated(
  dir: string,
  annotations: string | undefined,
  filter: AnnotationFilter,
): Promise<AnnotatedPictures> {
  if (annotations !== undefined) {
    const file = resolve(annotations);
    if (existsSync(file)) return cocoPictures(file, dir, filter);
    throw new EngineError('FILE_NOT_FOUND', `there are no annotations ${file}: name COCO's JSON file`);
  }
  if (isMotSequence(dir)) return mot([dir], filter);
  const entries = (await readdir(dir)).sort();
  const sequences = entries.map((name) => join(dir, name)).filter(isMotSequence);
  if (sequences.length > 0) return mot(sequences, filter);
  const [file, ...more] = [...(await cocoFiles(dir)), ...(await cocoFiles(join(dir, 'annotations')))];
  if (file !== undefined && more.length === 0) return cocoPictures(file, dir, filter);
  throw new EngineError(
    'ANNOTATIONS_INVALID',
    file === undefined
      ? `there are no annotations in ${dir}${entries.length === 0 ? ', which is empty' : ''}: it takes img1/ with gt/gt.txt (MOTChallenge), a folder of such folders, or annotations.json (COCO)`
      : `there are several annotations: ${[file, ...more].join(', ')}; name one with --annotations`,
  );
}

async function mot(folders: readonly string[], filter: AnnotationFilter): Promise<AnnotatedPictures> {
  const pictures: AnnotatedPicture[] = [];
  for (const folder of folders) pictures.push(...(await motPictures(folder, filter)));
  return { format: 'mot', pictures, labels: [MOT_LABEL] };
}

async function cocoFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => COCO_FILE.test(name)).map((name) => join(dir, name));
}
