import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';
import { type MotKind, parseMotFile } from '../tracking/mot/mot-file.ts';
import type { MotRows } from '../tracking/mot/mot-rows.ts';
import { parseSequenceInfo, type SequenceInfo } from '../tracking/mot/seqinfo.ts';

/** @param flag the option that named the file, for messages */
export function readMotFile(path: string, kind: MotKind, flag: string): MotRows {
  return parseMotFile(readText(path, flag), kind, path);
}

export interface FoundSequenceInfo extends SequenceInfo {
  readonly file: string;
}

/** The `seqinfo.ini` that was named, else the one beside `dataFile` or in the folder above, as in the MOTChallenge. */
export function findSequenceInfo(named: string | undefined, dataFile: string): FoundSequenceInfo | undefined {
  const folder = dirname(resolve(dataFile));
  const usual = [join(folder, 'seqinfo.ini'), join(dirname(folder), 'seqinfo.ini')];
  const file = named ?? usual.find((path) => existsSync(path));
  if (file === undefined) return undefined;
  return { file, ...parseSequenceInfo(readText(file, '--seqinfo'), file) };
}

/** What a sequence is called by the place of its ground truth: `<name>/gt/gt.txt`, `<name>/gt.txt` or `<name>.txt`. */
export function sequenceNameOf(truthFile: string): string {
  const path = resolve(truthFile);
  const stem = basename(path).replace(/\.[^.]+$/, '');
  if (stem !== 'gt') return stem;
  const folder = dirname(path);
  return basename(basename(folder) === 'gt' ? dirname(folder) : folder) || stem;
}

function readText(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (err) {
    const missing = (err as NodeJS.ErrnoException).code === 'ENOENT';
    const what = missing ? `there is no file ${path}` : `cannot read ${path}: ${messageOf(err)}`;
    throw new EngineError('FILE_NOT_FOUND', `${what}; name one with ${flag}`, { cause: err });
  }
}
