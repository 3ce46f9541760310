import type { SchemaProblem } from '../schema-problems.ts';

const REFERENCE = /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-((?:[^}\\]|\\.)*))?\}|\$\{([^}]*)\}?/g;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `value` with `${NAME}` and `${NAME:-default}` replaced in every string of it, keys excepted.
 *
 * As in a shell, the default also stands for an empty variable; `$${` writes a literal `${`. A variable that
 * is not set and has no default is a mistake, reported at its path.
 */
export function substitute(value: unknown, env: Environment, problems: SchemaProblem[], path = ''): unknown {
  if (typeof value === 'string') return substituteText(value, env, problems, path);
  if (Array.isArray(value)) {
    return value.map((item, index) => substitute(item, env, problems, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      substitute(item, env, problems, path === '' ? key : `${path}.${key}`),
    ]),
  );
}

function substituteText(text: string, env: Environment, problems: SchemaProblem[], path: string): string {
  return text.replace(REFERENCE, (whole, escaped, name, fallback, malformed) => {
    if (escaped !== undefined) return '${';
    if (malformed !== undefined) {
      problems.push({ path, message: `expected \${NAME} or \${NAME:-default}, got ${whole}` });
      return '';
    }
    const value = env[name];
    if (value !== undefined && (value !== '' || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    problems.push({
      path,
      message: `the environment variable ${name} is not set: set it, or write \${${name}:-default}`,
    });
    return '';
  });
}
