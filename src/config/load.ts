import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { parseDocument } from 'yaml';
import type { Source } from '../camera.ts';
import { copiesOf } from '../camera-copies.ts';
import { DEMO_DIR } from '../demo/clips.ts';
import { EngineError, messageOf } from '../errors.ts';
import { invalid, problemsOf, type SchemaProblem, schemaProblems } from '../schema-problems.ts';
import { checkSource } from './check-source.ts';
import { type Config, ConfigSchema, type FileRules } from './schema.ts';
import { type Environment, substitute } from './substitute.ts';

export const PROJECT_DIR = fileURLToPath(new URL('../../', import.meta.url));

/** The variables that lie over the YAML file, with the settings they set. */
const OVERLAY = {
  SIGHTLINE_PORT: 'server.port',
  SIGHTLINE_HOST: 'server.host',
  SIGHTLINE_DATA: 'data.dir',
  SIGHTLINE_TOKEN: 'auth.token',
  SIGHTLINE_MODELS: 'models.dir',
  SIGHTLINE_FILES: 'files.roots',
  SIGHTLINE_DEMO: 'demo.dir',
  CLICKHOUSE_URL: 'store.url',
} as const;

export interface LoadOptions {
  readonly env: Environment;
  /** The YAML file; else `SIGHTLINE_CONFIG`, else `config.yaml` in `cwd` if there is one. */
  readonly file?: string;
  /** What relative paths are relative to. */
  readonly cwd?: string;
  /** Whether standard error is a terminal: decides `logging.format: auto`. */
  readonly tty?: boolean;
}

/**
 * Reads the configuration: defaults, then the YAML file, then the environment.
 *
 * @throws EngineError CONFIG_INVALID with every mistake in it, one a line.
 */
export function loadConfig(options: LoadOptions): Config {
  const { env, cwd = process.cwd(), tty = process.stderr.isTTY === true } = options;
  const file = configFile(options.file ?? nonEmpty(env.SIGHTLINE_CONFIG), cwd);
  const problems: SchemaProblem[] = [];
  const written = file === undefined ? {} : substitute(readYaml(file), env, problems);
  const overlaid = new Map<string, string>();
  const layered = overlay(written, env, overlaid);
  if (nonEmpty(env.KAFKA_BROKERS) !== undefined) {
    problems.push({
      path: 'KAFKA_BROKERS',
      message: 'Kafka is not supported yet: unset it to use the embedded log',
    });
  }
  const complete = Value.Default(ConfigSchema, converted(ConfigSchema, layered));
  for (const problem of schemaProblems(ConfigSchema, complete)) {
    // an unset variable has left an empty text behind: one mistake, one line
    if (problems.some(({ path }) => path === problem.path)) continue;
    const variable = overlaid.get(problem.path);
    problems.push(variable ? { ...problem, path: variable } : problem);
  }
  if (!Value.Check(ConfigSchema, complete)) throw invalid('CONFIG_INVALID', title(file), problems);
  const files = fileRules(complete, cwd);
  const places = new Map<string, number>();
  const cameras = complete.cameras.flatMap((declared, index) => {
    const place = `cameras[${index}]`;
    const checked = (source: Source): Source => {
      try {
        return checkSource(source, files);
      } catch (err) {
        for (const { path, message } of problemsOf(err)) problems.push({ path: `${place}.${path}`, message });
        return source;
      }
    };
    const copies = copiesOf(declared) ?? [declared];
    const source = checked(copies[0]!.source);
    return copies.map((camera) => {
      const first = places.get(camera.id);
      if (first === undefined) places.set(camera.id, index);
      else problems.push({ path: `${place}.id`, message: `is already the id of cameras[${first}]` });
      return { ...camera, source };
    });
  });
  if (problems.length > 0) throw invalid('CONFIG_INVALID', title(file), problems);
  const { format, level } = complete.logging;
  return {
    ...complete,
    cameras,
    file,
    files,
    data: { dir: resolve(cwd, complete.data.dir) },
    models: {
      dir: complete.models.dir ? resolve(cwd, complete.models.dir) : join(PROJECT_DIR, 'models', 'weights'),
    },
    demo: { dir: complete.demo.dir ? resolve(cwd, complete.demo.dir) : DEMO_DIR },
    vision: { ...complete.vision, workers: complete.vision.workers || availableParallelism() },
    logging: { level, format: format === 'auto' ? (tty ? 'pretty' : 'json') : format },
  };
}

function configFile(named: string | undefined, cwd: string): string | undefined {
  if (named !== undefined) return resolve(cwd, named);
  const standard = resolve(cwd, 'config.yaml');
  return existsSync(standard) ? standard : undefined;
}

function readYaml(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (err) {
    throw new EngineError('CONFIG_INVALID', `cannot read the configuration ${file}: ${messageOf(err)}`);
  }
  const document = parseDocument(text);
  const [first] = document.errors; // the others mostly follow from it
  if (first) {
    const [at] = first.linePos ?? [];
    const path = at ? `line ${at.line}, column ${at.col}` : '';
    // the parser goes on to quote the text, which may be a password
    const message = first.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$|: ".*$/, '');
    throw invalid('CONFIG_INVALID', title(file), [{ path, message }]);
  }
  return document.toJS() ?? {};
}

function overlay(written: unknown, env: Environment, overlaid: Map<string, string>): unknown {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) return written;
  const layered: Record<string, unknown> = { ...written };
  for (const [variable, setting] of Object.entries(OVERLAY)) {
    const value = nonEmpty(env[variable]);
    const [name, key] = setting.split('.') as [string, string];
    const under = layered[name] ?? {};
    if (value === undefined || typeof under !== 'object') continue;
    overlaid.set(setting, variable);
    const item = key === 'roots' ? value.split(delimiter).filter((root) => root !== '') : value;
    layered[name] = { ...under, [key]: item };
  }
  return layered;
}

/** Texts become numbers and booleans where the schema wants one: a substituted `${PORT}` is always a text. */
function converted(schema: TSchema, value: unknown): unknown {
  const node = schema as { type?: string; items?: TSchema; properties?: Record<string, TSchema> };
  if (Array.isArray(value)) return node.items ? value.map((item) => converted(node.items!, item)) : value;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== null) // `server:` with nothing below it means its defaults
        .map(([key, item]) => [
          key,
          node.properties && Object.hasOwn(node.properties, key)
            ? converted(node.properties[key]!, item)
            : item,
        ]),
    );
  }
  if (typeof value !== 'string') return value;
  if (node.type === 'number' || node.type === 'integer') {
    return /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  if (node.type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function fileRules(config: { data: { dir: string }; files: { roots: string[] } }, cwd: string): FileRules {
  const dataDir = resolve(cwd, config.data.dir);
  return {
    roots: [
      join(dataDir, 'videos'),
      resolve(PROJECT_DIR),
      ...config.files.roots.map((root) => resolve(cwd, root)),
    ],
    closed: [dataDir],
  };
}

function title(file: string | undefined): string {
  return file === undefined ? 'the configuration is invalid' : `the configuration ${file} is invalid`;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
