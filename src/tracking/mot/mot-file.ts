import { EngineError } from '../../errors.ts';
import { type MotRows, MotRowsBuilder } from './mot-rows.ts';

/** What a file of the MOTChallenge holds; decides what is required of its rows. */
export type MotKind = 'detections' | 'ground truth' | 'result';

const COLUMNS = ['frame', 'id', 'x', 'y', 'width', 'height', 'confidence', 'class', 'visibility'] as const;
const [CONFIDENCE, CLASS, VISIBILITY] = [6, 7, 8];
const MIN_COLUMNS = 6;
const MAX_COLUMNS = 10;
/** With ten columns, those after the confidence are world coordinates (MOT15): no classes. */
const MAX_CLASS_COLUMNS = 9;
/** Nobody has a longer video; without a limit one mistyped number would make a tracker run for days. */
const MAX_FRAME = 10_000_000;
/** What numbers are written with; JavaScript alone would take 0x10 and the like for numbers too. */
const NOT_DECIMAL = /[^\d\s,;.eE+-]/;

/**
 * Reads detections, ground truth or a tracker's result: `frame,id,x,y,width,height,confidence,...`, 6 to 10 columns,
 * in any order of frames, with any line ends, a byte-order mark, blank lines and spaces. Pixels; frames from 1.
 *
 * A result may be empty (a tracker may find nothing), the others may not.
 *
 * @param name of the file, for messages
 * @throws EngineError MOT_FILE_INVALID, with the line and what is wrong in it
 */
export function parseMotFile(text: string, kind: MotKind, name: string): MotRows {
  if (text.includes('\0'))
    throw invalid(name, 'no text file: the MOTChallenge writes lines of numbers and commas');
  const rows = new MotRowsBuilder();
  const lineOf: number[] = [];
  const values = new Float64Array(MAX_COLUMNS);
  let line = 0;
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; ) {
    const end = lineEnd(text, at);
    line++;
    const columns = parseLine(text.slice(at, end), values, line, kind, name);
    at = end + (text.startsWith('\r\n', end) ? 2 : 1);
    if (columns === 0) continue;
    const [frame, id, x, y, width, height] = values;
    const confidence = columns > CONFIDENCE ? values[CONFIDENCE] : 1;
    const classId = columns > CLASS && columns <= MAX_CLASS_COLUMNS ? values[CLASS] : -1;
    // -1 stands for a number the file does not have
    const visible = columns === MAX_CLASS_COLUMNS && values[VISIBILITY] >= 0 ? values[VISIBILITY] : 1;
    rows.add(frame, id, x, y, width, height, confidence, classId, visible);
    lineOf.push(line);
  }
  if (rows.count === 0 && kind !== 'result') throw invalid(name, `empty: no row of ${kind} is in it`);
  const order = rows.order();
  const sorted = rows.build(order);
  if (kind !== 'detections') refuseDoubles(sorted, order, lineOf, name);
  return sorted;
}

function lineEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) break;
  }
  return at;
}

/** Writes a line's numbers into `values`. @returns how many there are, 0 of a blank line */
function parseLine(text: string, values: Float64Array, line: number, kind: MotKind, name: string): number {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  const cells = trimmed.includes(',') ? trimmed.split(',') : trimmed.split(/[;\s]+/);
  const fail = (what: string): EngineError => invalid(`${name}, line ${line}`, what);
  if (cells.length < MIN_COLUMNS || cells.length > MAX_COLUMNS) {
    const found = cells.length === 1 ? '1 column' : `${cells.length} columns`;
    const expected = `${MIN_COLUMNS} to ${MAX_COLUMNS} (frame,id,x,y,width,height,confidence,...)`;
    throw fail(`${found} (${excerpt(trimmed)}) instead of ${expected}`);
  }
  const decimal = !NOT_DECIMAL.test(trimmed);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    values[i] = Number(cell);
    // blank is no number, although JavaScript calls it 0
    if (Number.isFinite(values[i]) && (decimal || !NOT_DECIMAL.test(cell)) && cell.trim() !== '') continue;
    const column = COLUMNS[i] ?? `column ${i + 1}`;
    throw fail(`${column} is ${excerpt(cell.trim())}, not a finite decimal number`);
  }
  const [frame, id, , , width, height] = values;
  if (!Number.isInteger(frame) || frame < 1 || frame > MAX_FRAME) {
    throw fail(`frame is ${frame}, not a whole number from 1 to ${MAX_FRAME}`);
  }
  if (!Number.isSafeInteger(id)) throw fail(`id is ${id}, not a whole number`);
  if (kind !== 'detections' && id < 0) throw fail(`id is ${id}: a ${kind} file needs one from 0`);
  if (width < 0 || height < 0) {
    throw fail(
      `${width < 0 ? 'width' : 'height'} is ${width < 0 ? width : height} pixels: sizes are not negative`,
    );
  }
  if (kind === 'ground truth' && cells.length > CLASS && cells.length <= MAX_CLASS_COLUMNS) {
    const classId = values[CLASS];
    if (!Number.isInteger(classId) || Math.abs(classId) > 0xffff) {
      throw fail(`class is ${classId}, not the whole number of a class`);
    }
  }
  return cells.length;
}

/** Of one object there is one box a frame. */
function refuseDoubles(rows: MotRows, order: Int32Array, lineOf: readonly number[], name: string): void {
  const { count, frames, ids } = rows;
  const seen = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    if (i > 0 && frames[i] !== frames[i - 1]) seen.clear();
    const first = seen.get(ids[i]);
    if (first !== undefined) {
      const lines = `lines ${lineOf[order[first]]} and ${lineOf[order[i]]}`;
      throw invalid(
        `${name}, ${lines}`,
        `both give id ${ids[i]} in frame ${frames[i]}: an id has one box a frame`,
      );
    }
    seen.set(ids[i], i);
  }
}

function invalid(where: string, what: string): EngineError {
  return new EngineError('MOT_FILE_INVALID', `${where}: ${what}`);
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}\u2026` : text);
}
