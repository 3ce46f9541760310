import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { withoutCredentials } from './credentials.ts';
import { EngineError, type ErrorCode } from './errors.ts';

/** One mistake in something a person wrote: where, and what was expected there. */
export interface SchemaProblem {
  /** `cameras[1].source.url`; empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}

/** The part of JSON Schema that our schemas use. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Node;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly description?: string;
}

/** So many letters of a word say which one was begun. */
const LEAST_BEGUN = 3;
const SECRET_PATH = /(url|password|token|secret|key)$/i;

/**
 * Every way in which `value` departs from `schema`, in the words of the person who wrote it.
 *
 * Unlike a validator's own report, a union of objects is judged by the branch its literal names
 * (`source.kind`), unknown keys come with the nearest known one, and no value that may hold a secret is
 * repeated.
 */
export function schemaProblems(schema: TSchema, value: unknown, path = ''): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  walk(schema as Node, value, path, problems);
  // what the walk has no words for must still not pass
  if (problems.length === 0 && !Value.Check(schema, value)) {
    for (const error of Value.Errors(schema, value)) {
      problems.push({ path: path + dotted(error.instancePath), message: error.message });
    }
  }
  return problems;
}

/** The error that carries `problems`; its message lists them all. */
export function invalid(code: ErrorCode, title: string, problems: readonly SchemaProblem[]): EngineError {
  const lines = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const text = lines.length === 1 ? `${title}: ${lines[0]}` : `${title}:\n  ${lines.join('\n  ')}`;
  return new EngineError(code, text, { cause: problems });
}

/** The problems that an error made by `invalid` carries; none for any other. */
export function problemsOf(thrown: unknown): readonly SchemaProblem[] {
  return thrown instanceof EngineError && Array.isArray(thrown.cause) ? thrown.cause : [];
}

/** The candidate that `word` was probably meant to be. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates];
  const begun = known.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  if (begun.length === 1 && word.length >= LEAST_BEGUN) return begun[0];
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function walk(schema: Node, value: unknown, path: string, problems: SchemaProblem[]): void {
  if (schema.anyOf) walkUnion(schema, schema.anyOf, value, path, problems);
  else if (schema.type === 'object') walkObject(schema, value, path, problems);
  else if (schema.type === 'array') walkArray(schema, value, path, problems);
  else if (!Value.Check(schema as TSchema, value)) {
    problems.push({ path, message: `expected ${expectation(schema)}, got ${shown(value, path)}` });
  }
}

function walkUnion(
  schema: Node,
  branches: readonly Node[],
  value: unknown,
  path: string,
  problems: SchemaProblem[],
): void {
  if (Value.Check(schema as TSchema, value)) return;
  const flat = branches.flatMap((branch) => branch.anyOf ?? [branch]);
  const objects = flat.filter(({ properties }) => properties !== undefined);
  // of "this or null" somebody who wrote neither meant this
  const others = flat.filter(({ type }) => type !== 'null');
  if (others.length === 1 && value !== null) {
    walk(others[0], value, path, problems);
    return;
  }
  const tag = Object.keys(objects[0]?.properties ?? {}).find((key) =>
    objects.every(({ properties }) => properties?.[key]?.const !== undefined),
  );
  const named = objects.find(
    ({ properties }) => tag !== undefined && isObject(value) && properties?.[tag]?.const === value[tag],
  );
  const chosen = objects.length === 1 ? objects[0] : named;
  if (isObject(value) && chosen) {
    walk(chosen, value, path, problems);
  } else if (isObject(value) && tag !== undefined) {
    const known = objects.map(({ properties }) => properties?.[tag]?.const).join(' or ');
    problems.push({ path: joined(path, tag), message: `expected ${known}, got ${shown(value[tag], tag)}` });
  } else {
    const expected = [...new Set(flat.map(expectation))].join(' or ');
    problems.push({ path, message: `expected ${expected}, got ${shown(value, path)}` });
  }
}

function walkObject(schema: Node, value: unknown, path: string, problems: SchemaProblem[]): void {
  if (!isObject(value)) {
    problems.push({ path, message: `expected an object, got ${shown(value, path)}` });
    return;
  }
  const properties = schema.properties ?? {};
  for (const key of schema.required ?? []) {
    const property = properties[key];
    if (!Object.hasOwn(value, key) || value[key] === undefined) {
      problems.push({
        path: joined(path, key),
        message: `is missing${property ? `: expected ${expectation(property)}` : ''}`,
      });
    }
  }
  const pattern = Object.values(schema.patternProperties ?? {})[0];
  for (const [key, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, key) ? properties[key] : pattern;
    if (item === undefined) continue;
    if (property) walk(property, item, joined(path, key), problems);
    else if (schema.additionalProperties === false) {
      const meant = nearest(key, Object.keys(properties));
      const remedy = meant ? `did you mean ${meant}?` : `known are ${Object.keys(properties).join(', ')}`;
      problems.push({ path: joined(path, key), message: `unknown key; ${remedy}` });
    }
  }
}

function walkArray(schema: Node, value: unknown, path: string, problems: SchemaProblem[]): void {
  if (!Array.isArray(value)) {
    problems.push({ path, message: `expected a list, got ${shown(value, path)}` });
    return;
  }
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema;
  if (value.length < minItems || value.length > maxItems) {
    const range = Number.isFinite(maxItems) ? `${minItems} to ${maxItems}` : `at least ${minItems}`;
    problems.push({ path, message: `expected ${range} entries, got ${value.length}` });
  }
  for (const [index, item] of value.entries()) if (items) walk(items, item, `${path}[${index}]`, problems);
}

function expectation(schema: Node): string {
  const { type, anyOf, minimum, maximum } = schema;
  if (anyOf) return anyOf.map(expectation).join(' or ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (type === 'number' || type === 'integer') {
    const noun = type === 'integer' ? 'a whole number' : 'a number';
    if (minimum !== undefined && maximum !== undefined) return `${noun} from ${minimum} to ${maximum}`;
    if (minimum !== undefined) return `${noun} of at least ${minimum}`;
    return noun;
  }
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return expectedText(schema);
  if (type === 'array') return 'a list';
  return type === 'object' ? 'an object' : String(type ?? 'a value');
}

function expectedText({ pattern, description, minLength = 0, maxLength }: Node): string {
  if (pattern?.startsWith('^rtsps?://')) return 'a URL that begins with rtsp:// or rtsps://';
  if (pattern) return description ?? `a text like ${pattern}`;
  if (maxLength !== undefined) return `a text of ${minLength} to ${maxLength} characters`;
  return minLength > 0 ? 'a text that is not empty' : 'a text';
}

/** A value as an error may repeat it: short, and never one that may be a secret. */
function shown(value: unknown, path: string): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  if (SECRET_PATH.test(path) || value.length > 60) return 'another text';
  return JSON.stringify(withoutCredentials(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function joined(path: string, key: string): string {
  const safe = /^[\w$-]{1,64}$/.test(key) ? key : JSON.stringify(withoutCredentials(key.slice(0, 64)));
  return path === '' ? safe : `${path}.${safe}`;
}

function dotted(pointer: string): string {
  return pointer.replace(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.');
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const above = rows[i - 1]!;
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(above[j - 1]! + (same ? 0 : 1), above[j]! + 1, row[j - 1]! + 1);
      row.push(swap ? Math.min(least, rows[i - 2]![j - 2]! + 1) : least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
