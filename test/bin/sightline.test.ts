import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { checkCommands, testCommand } from '../../bin/checks.mjs';
import { isServe } from '../../bin/run.mjs';
import { childrenOf, noProcFileSystem } from '../support/processes.ts';
import { waitFor } from '../support/wait-for.ts';

const BIN = resolve(import.meta.dirname, '../../bin');

/** A main.ts that does as its first argument says. */
const STAND_IN = `
  import { appendFileSync } from 'node:fs';
  const note = (word: string) => appendFileSync(process.env.NOTES!, word + '\\n');
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'show') {
    console.log(JSON.stringify({ rest, cwd: process.cwd(), pool: process.env.UV_THREADPOOL_SIZE,
      major: process.versions.node.split('.')[0] }));
  }
  if (command === 'exit') process.exit(Number(rest[0]));
  if (command === 'wait' || command === 'serve' || command === undefined) {
    if (rest[0] === '--fail') process.exit(5);
    process.on('SIGTERM', () => { note('SIGTERM'); process.exit(0); });
    process.on('disconnect', () => { note('disconnect'); process.exit(0); });
    setInterval(() => {}, 1000);
    note('started');
  }`;

describe('the command in a checkout', () => {
  let root = '';
  let notesPath = '';
  const started: ChildProcess[] = [];
  const notes = () => (existsSync(notesPath) ? readFileSync(notesPath, 'utf8').trim().split('\n') : []);
  const environment = () => ({ ...process.env, NOTES: notesPath, UV_THREADPOOL_SIZE: undefined });
  const command = () => join(root, 'bin', 'sightline.mjs');
  const run = (args: string[], options = {}) =>
    spawnSync(process.execPath, [command(), ...args], { encoding: 'utf8', env: environment(), ...options });

  /** Starts it in the background; returns it once main.ts runs. */
  async function start(args: string[]) {
    rmSync(notesPath, { force: true });
    const child = spawn(process.execPath, [command(), ...args], { stdio: 'ignore', env: environment() });
    started.push(child);
    const exitCode = new Promise<number | null>((settle) => child.once('exit', settle));
    await waitFor('main.ts to run', () => notes().includes('started'));
    return { child, exitCode };
  }

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'sightline-checkout-'));
    notesPath = join(root, 'notes');
    cpSync(BIN, join(root, 'bin'), { recursive: true });
    // as after somebody's own npm install: nothing to fetch
    mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true });
    symlinkSync(process.execPath, join(root, 'node_modules', 'node', 'bin', 'node'));
    for (const file of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']) {
      writeFileSync(join(root, file), JSON.stringify({ type: 'module', packages: {} }));
    }
    mkdirSync(join(root, 'src'));
    writeFileSync(join(root, 'src', 'main.ts'), STAND_IN);
  });
  after(() => {
    for (const child of started) child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });

  it('hands its arguments to main.ts, in the current folder, with a thread pool for many cameras', () => {
    const { stdout, stderr } = run(['show', '--sql', 'select 1', '--', '-x'], { cwd: tmpdir() });
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), {
      rest: ['--sql', 'select 1', '--', '-x'],
      cwd: tmpdir(),
      pool: '64',
      major: '24',
    });
  });

  it('leaves a thread pool size that was set alone', () => {
    const { stdout } = run(['show'], { env: { ...environment(), UV_THREADPOOL_SIZE: '7' } });
    assert.equal(JSON.parse(stdout).pool, '7');
  });

  it('passes exit codes on, of commands and of a failed start', () => {
    assert.equal(run(['exit', '0']).status, 0);
    assert.equal(run(['exit', '42']).status, 42);
    assert.equal(run(['serve', '--fail']).status, 5);
  });

  it('passes a signal on to a command', async () => {
    const { child, exitCode } = await start(['wait']);
    child.kill('SIGTERM');
    assert.equal(await exitCode, 0);
    assert.equal(notes().at(-1), 'SIGTERM');
  });

  it('turns Ctrl-C into one SIGTERM for the hub', async () => {
    const { child, exitCode } = await start(['serve']);
    child.kill('SIGINT');
    assert.equal(await exitCode, 0);
    assert.equal(notes().filter((note) => note === 'SIGTERM').length, 1);
  });

  it('keeps the hub without a command too, which means serve', { skip: noProcFileSystem }, async () => {
    const { child, exitCode } = await start([]);
    const [hub] = childrenOf(child.pid as number);
    process.kill(hub?.pid as number, 'SIGKILL');
    await waitFor('another hub', () => notes().length === 2);
    child.kill('SIGINT');
    assert.equal(await exitCode, 0);
    assert.deepEqual(notes(), ['started', 'started', 'SIGTERM']);
  });

  it('lets the hub know when the keeper is killed', async () => {
    const { child } = await start(['serve']);
    child.kill('SIGKILL');
    await waitFor('the hub to notice', () => notes().includes('disconnect'));
  });

  it('stops the hub when the npm that started it is killed', async () => {
    rmSync(notesPath, { force: true });
    const script = `"${process.execPath}" "${command()}" serve & wait`;
    const env = { ...environment(), npm_lifecycle_event: 'start' };
    const npm = spawn('/bin/sh', ['-c', script], { stdio: 'ignore', env });
    await waitFor('main.ts to run', () => notes().includes('started'));
    npm.kill('SIGKILL');
    await waitFor('the hub to be asked', () => notes().includes('SIGTERM'));
  });

  it('says which Node it needs when started with an older one', () => {
    const pretendNode16 =
      'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"16.20.2"})';
    const { status, stderr } = spawnSync(process.execPath, ['--import', pretendNode16, command(), 'show'], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^sightline: Node 18 or newer is needed to start, this is 16\.20\.2: .*\n$/);
  });
});

it('serves unless another command, help or the version is asked for', () => {
  for (const args of [[], ['serve'], ['serve', '--port', '9000'], ['--empty']])
    assert.equal(isServe(args), true);
  for (const args of [['query', 'select 1'], ['serve', '--help'], ['-h'], ['--version']]) {
    assert.equal(isServe(args), false);
  }
});

describe('the test run', () => {
  const { SIGHTLINE_MODELS: _, ...environment } = process.env;

  it('runs every test of the checkout, or the files given, with options for the runner', () => {
    const all = testCommand('/checkout', 'node24', [], environment).args;
    assert.deepEqual(all.slice(-1), ['test/**/*.test.ts']);
    const some = testCommand('/checkout', 'node24', ['test/a.test.ts', '--test-only'], environment).args;
    assert.deepEqual(some.slice(-2), ['--test-only', 'test/a.test.ts']);
  });

  it('finds the shared model weights beside the checkout unless told where they are', () => {
    const parent = mkdtempSync(join(tmpdir(), 'sightline-shared-'));
    try {
      const root = join(parent, 'checkout');
      assert.equal(testCommand(root, 'node24', [], environment).env?.SIGHTLINE_MODELS, undefined);
      const models = join(parent, 'shared', 'data', 'models');
      mkdirSync(models, { recursive: true });
      assert.equal(testCommand(root, 'node24', [], environment).env?.SIGHTLINE_MODELS, models);
      const told = testCommand(root, 'node24', [], { ...environment, SIGHTLINE_MODELS: '/mine' });
      assert.equal(told.env?.SIGHTLINE_MODELS, '/mine');
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it('checks style, then the types of the engine, then of the dashboard where there is one', () => {
    const checked = checkCommands(resolve(BIN, '..'), 'node24').map(({ args }) => args.slice(1).join(' '));
    const dashboard = existsSync(resolve(BIN, '../dashboards/web/tsconfig.json'));
    assert.deepEqual(checked, ['check', '-p .', ...(dashboard ? ['-p dashboards/web/tsconfig.json'] : [])]);
  });
});
