import { EngineError } from '../../errors.ts';

/** What a `seqinfo.ini` of the MOTChallenge says of a sequence. */
export interface SequenceInfo {
  readonly name: string | undefined;
  /** Frames in the sequence. */
  readonly frames: number | undefined;
  readonly fps: number | undefined;
  /** Pixels. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** @throws EngineError MOT_FILE_INVALID for a number that is none */
export function parseSequenceInfo(text: string, file: string): SequenceInfo {
  const entries = new Map<string, { value: string; line: number }>();
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    const entry = /^\s*([A-Za-z]+)\s*=(.*)$/.exec(line);
    if (entry) entries.set(entry[1].toLowerCase(), { value: entry[2].trim(), line: i + 1 });
  }
  const positive = (key: string, kind: 'number' | 'whole number'): number | undefined => {
    const entry = entries.get(key.toLowerCase());
    if (!entry) return undefined;
    const value = Number(entry.value);
    if (value > 0 && (kind === 'number' ? Number.isFinite(value) : Number.isSafeInteger(value))) return value;
    const problem = `${key} is ${JSON.stringify(entry.value)}, not a ${kind} above 0`;
    throw new EngineError('MOT_FILE_INVALID', `${file}, line ${entry.line}: ${problem}`);
  };
  return {
    name: entries.get('name')?.value || undefined,
    frames: positive('seqLength', 'whole number'),
    fps: positive('frameRate', 'number'),
    width: positive('imWidth', 'whole number'),
    height: positive('imHeight', 'whole number'),
  };
}
