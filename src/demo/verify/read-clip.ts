import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EngineError, messageOf } from '../../errors.ts';
import { readTruth, TRUTH_SAMPLE, type Truth } from '../truth.ts';

const TRUTH_ENDING = '.truth.json.gz';

/** A clip that is there, with what it truly shows. */
export interface Clip {
  /** The name of its files; a camera's id. */
  readonly name: string;
  readonly video: string;
  readonly truth: Truth;
}

/**
 * The clips of a directory: `<name>.mp4` beside `<name>.truth.json.gz`, in the order of their names.
 *
 * @param names only these, in this order
 * @throws EngineError FILE_NOT_FOUND, TRUTH_INVALID
 */
export async function readClips(directory: string, names?: readonly string[]): Promise<Clip[]> {
  const files = await readdir(directory).catch((err: unknown) => {
    throw new EngineError(
      'FILE_NOT_FOUND',
      `no clips in ${directory} (${messageOf(err)}): name another directory, or make clips with "sightline demo render"`,
    );
  });
  const found = files
    .filter((file) => file.endsWith(TRUTH_ENDING))
    .map((file) => file.slice(0, -TRUTH_ENDING.length))
    .toSorted();
  if (found.length === 0) {
    throw new EngineError(
      'FILE_NOT_FOUND',
      `${directory} has no clip with its truth (<name>.mp4 and <name>${TRUTH_ENDING}): name another directory, or make clips with "sightline demo render"`,
    );
  }
  const unknown = names?.filter((name) => !found.includes(name)) ?? [];
  if (unknown.length > 0) {
    throw new EngineError(
      'FILE_NOT_FOUND',
      `${directory} has no clip ${unknown.join(', ')}: it has ${found.join(', ')}`,
    );
  }
  return Promise.all(
    (names ?? found).map((name) =>
      readClip(join(directory, `${name}.mp4`), join(directory, name + TRUTH_ENDING)),
    ),
  );
}

/** @throws EngineError FILE_NOT_FOUND, TRUTH_INVALID */
export async function readClip(video: string, truth: string): Promise<Clip> {
  if (!existsSync(video)) {
    throw new EngineError('FILE_NOT_FOUND', `no video ${video} beside ${truth}: make both again together`);
  }
  return { name: basename(truth, TRUTH_ENDING), video, truth: await checkedTruth(truth) };
}

/**
 * Reads a truth file and checks what the evaluation relies on.
 *
 * @throws EngineError FILE_NOT_FOUND, TRUTH_INVALID
 */
export async function checkedTruth(path: string): Promise<Truth> {
  const truth = await readTruth(path).catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') {
      throw new EngineError('FILE_NOT_FOUND', `no truth file ${path}: name a <clip>${TRUTH_ENDING}`);
    }
    throw invalid(path, messageOf(err));
  });
  if (truth?.version !== 1 || !Array.isArray(truth.objects)) throw invalid(path, 'it is of another format');
  for (const { id, firstFrame, samples } of truth.objects) {
    const frames = samples.length / TRUTH_SAMPLE;
    if (!Number.isInteger(frames)) throw invalid(path, `object ${id} has ${samples.length} numbers`);
    if (firstFrame < 0 || firstFrame + frames > truth.frames) {
      throw invalid(
        path,
        `object ${id} is in frames ${firstFrame} to ${firstFrame + frames - 1} of ${truth.frames}`,
      );
    }
  }
  return truth;
}

function invalid(path: string, why: string): EngineError {
  return new EngineError(
    'TRUTH_INVALID',
    `${path} is no truth file of a clip (${why}): make clip and truth again with "sightline demo render"`,
  );
}
