import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A single test may take this long; the longest ones start a whole engine and a browser. */
const TEST_TIMEOUT_MS = 120_000;

/**
 * The test run: every test/**\/*.test.ts, or the files given; arguments that begin with `-` go to the runner
 * (`npm test -- --test-name-pattern=keeper`).
 *
 * @param {string} root
 * @param {string} node
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @returns {import('./child.mjs').Command}
 */
export function testCommand(root, node, args, environment) {
  const options = args.filter((arg) => arg.startsWith('-'));
  const files = args.filter((arg) => !arg.startsWith('-'));
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...environment, NODE_ENV: 'test' };
  const sharedModels = join(dirname(root), 'shared', 'data', 'models');
  if (!env.SIGHTLINE_MODELS && existsSync(sharedModels)) env.SIGHTLINE_MODELS = sharedModels;
  return {
    file: node,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--test',
      '--test-reporter=spec',
      '--test-concurrency=2',
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      ...options,
      ...(files.length > 0 ? files : ['test/**/*.test.ts']),
    ],
    cwd: root,
    env,
  };
}

/**
 * Style, then types: of the engine, and of the dashboard where it has its own settings.
 *
 * @param {string} root
 * @param {string} node
 * @returns {import('./child.mjs').Command[]}
 */
export function checkCommands(root, node) {
  const tool = (/** @type {string[]} */ path, /** @type {string[]} */ args) => ({
    file: node,
    args: [join(root, 'node_modules', ...path), ...args],
    cwd: root,
  });
  const dashboard = 'dashboards/web/tsconfig.json';
  return [
    tool(['@biomejs', 'biome', 'bin', 'biome'], ['check']),
    tool(['typescript', 'bin', 'tsc'], ['-p', '.']),
    ...(existsSync(join(root, dashboard)) ? [tool(['typescript', 'bin', 'tsc'], ['-p', dashboard])] : []),
  ];
}
