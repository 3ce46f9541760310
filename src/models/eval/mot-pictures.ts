import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../errors.ts';
import { parseMotFile } from '../../tracking/mot/mot-file.ts';
import type { MotRows } from '../../tracking/mot/mot-rows.ts';
import type { AnnotatedObject, AnnotatedPicture, AnnotationFilter } from './annotated-picture.ts';
import { PICTURE_FILE } from './read-picture.ts';

/** What the pedestrians of the MOTChallenge are called everywhere else. */
export const MOT_LABEL = 'person';

/**
 * The classes of MOT16 and later (Milan et al. 2016, table 3; crowd: MOT20) that look like a person without being
 * a pedestrian to find: person on a vehicle, static person, distractor, reflection, crowd. The rest (vehicles,
 * occluders) is not marked for its own sake.
 */
const PEDESTRIAN = 1;
const PERSON_LIKE: readonly number[] = [2, 7, 8, 12];
const CROWD = 13;
/** Files without classes (MOT15) hold pedestrians only. */
const UNCLASSED = -1;

/** The ground truth of a sequence's folder, wherever the MOTChallenge and its excerpts put it. */
export function motTruthOf(folder: string): string | undefined {
  return [join(folder, 'gt', 'gt.txt'), join(folder, 'gt.txt')].find((path) => existsSync(path));
}

/** Whether a folder is a sequence: pictures in `img1`, ground truth beside it. */
export function isMotSequence(folder: string): boolean {
  return existsSync(join(folder, 'img1')) && motTruthOf(folder) !== undefined;
}

/**
 * The pictures of one sequence in the order of their frames, with what must be found in each.
 *
 * @throws EngineError ANNOTATIONS_INVALID, MOT_FILE_INVALID
 */
export async function motPictures(folder: string, filter: AnnotationFilter): Promise<AnnotatedPicture[]> {
  const truthFile = motTruthOf(folder);
  if (!truthFile) throw invalid(`${folder} has no ground truth: put it into gt/gt.txt`);
  const rows = parseMotFile(await readFile(truthFile, 'utf8'), 'ground truth', truthFile);
  const names = (await readdir(join(folder, 'img1'))).filter((name) => PICTURE_FILE.test(name));
  const pictures = names
    .map((name) => ({ path: join(folder, 'img1', name), frame: frameOf(join(folder, 'img1', name)) }))
    .sort((a, b) => a.frame - b.frame);
  for (const [i, { path, frame }] of pictures.entries()) {
    if (i > 0 && pictures[i - 1].frame === frame)
      throw invalid(`${pictures[i - 1].path} and ${path} are both frame ${frame}`);
  }
  if (pictures.length > 0 && pictures[0].frame > rows.lastFrame) {
    throw invalid(
      `${truthFile} ends with frame ${rows.lastFrame}, before the first picture ${pictures[0].path}: they do not belong together`,
    );
  }
  return pictures
    .slice(0, filter.pictures)
    .map(({ path, frame }) => ({ path, objects: objectsOf(rows, frame, filter) }));
}

function frameOf(path: string): number {
  const digits = /(\d{1,9})\.[a-z]+$/i.exec(path)?.[1];
  if (digits && Number(digits) >= 1) return Number(digits);
  throw invalid(`${path} does not end with the number of its frame (000001.jpg is the first)`);
}

function objectsOf(rows: MotRows, frame: number, filter: AnnotationFilter): AnnotatedObject[] {
  const objects: AnnotatedObject[] = [];
  for (let i = 0; i < rows.count; i++) {
    if (rows.frames[i] !== frame) continue;
    const classId = rows.classes[i];
    const pedestrian = classId === PEDESTRIAN || classId === UNCLASSED;
    const crowd = classId === CROWD;
    if (!pedestrian && !crowd && !PERSON_LIKE.includes(classId)) continue;
    const [x, y, width, height] = rows.boxes.subarray(i * 4, i * 4 + 4);
    const asked =
      pedestrian &&
      rows.confidences[i] !== 0 &&
      rows.visibilities[i] >= filter.minVisibility &&
      height >= filter.minHeight;
    // the MOTChallenge counts pixels from 1
    objects.push({ label: MOT_LABEL, box: [x - 1, y - 1, width, height], ignored: !asked, crowd });
  }
  return objects;
}

function invalid(message: string): EngineError {
  return new EngineError('ANNOTATIONS_INVALID', message);
}
