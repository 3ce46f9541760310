import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { csv, table } from '../../src/commands/table.ts';
import { startApi, TOKEN } from '../api/support.ts';

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const cwd = mkdtempSync(join(tmpdir(), 'sightline-commands-'));
after(() => rmSync(cwd, { recursive: true }));

function run(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    timeout: 20_000,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

async function hub(
  t: TestContext,
): Promise<{ env: Record<string, string>; dir: string; app: FastifyInstance }> {
  const { app, dir } = await startApi(t, {
    query: async ({ sql, parameters }) => ({
      columns: [
        { name: 'label', type: 'String' },
        { name: 'n', type: 'UInt64' },
      ],
      rows: [
        ['person', 12],
        [`${sql.length}${JSON.stringify(parameters)}`, null],
      ],
      rowCount: 2,
      truncated: true,
      elapsedMs: 3.4,
    }),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  return { app, dir, env: { SIGHTLINE_URL: `http://127.0.0.1:${port}`, SIGHTLINE_TOKEN: TOKEN } };
}

describe('sightline camera', () => {
  it('adds, lists and removes a camera of a running hub', async (t) => {
    const { env } = await hub(t);
    const added = await run(
      ['camera', 'add', 'gate', '--rtsp', 'rtsp://u:secret@h/x', '--fps', '2', '--tag', 'a', 'b'],
      env,
    );
    assert.deepEqual([added.code, added.out, added.err], [0, 'camera gate was added\n', '']);
    const [camera] = JSON.parse((await run(['camera', 'list', '--json'], env)).out);
    assert.deepEqual([camera.analytics.fps, camera.tags, camera.source.url], [2, ['a', 'b'], 'rtsp://h/x']);
    const listed = await run(['camera', 'list'], env);
    assert.match(listed.out, /^id +name +state .*\n-+.*\ngate +gate +unknown +NULL +rtsp:\/\/h\/x\n$/);
    assert(!listed.out.includes('secret'));
    assert.equal((await run(['camera', 'remove', 'gate'], env)).out, 'camera gate was removed\n');
    assert.deepEqual(JSON.parse((await run(['camera', 'list', '--json'], env)).out), []);
  });

  it('adds a load of demo cameras and removes it by its tag', async (t) => {
    const { env } = await hub(t);
    const load = ['camera', 'add', 'load', '--demo', 'avenue', '--copies', '3', '--decode', 'shared'];
    const added = await run(load, env);
    assert.deepEqual(
      [added.out, added.err],
      ['3 cameras were added, load-01 to load-03; "sightline camera remove --tag load" removes them\n', ''],
    );
    assert.equal((await run(['camera', 'add', 'street', '--demo'], env)).out, 'camera street was added\n');
    const listed = await run(['camera', 'list'], env);
    assert.match(listed.out, /^load-02 .*demo clip avenue, decoded once for all$/m);
    assert.match(listed.out, /^street .*demo clip junction$/m);
    const removed = await run(['camera', 'remove', '--tag', 'load'], env);
    assert.equal(removed.out, '3 cameras were removed: load-01, load-02, load-03\n');
    assert.equal((await run(['camera', 'remove', '--tag', 'load'], env)).out, '0 cameras were removed\n');

    for (const [args, message] of [
      [['remove'], /id of a camera, or --tag/],
      [['remove', 'street', '--tag', 'load'], /id of a camera, or --tag/],
      [['add', 'x', '--demo', '--file', 'a.mp4'], /--rtsp <url>, --file <path> or --demo/],
      [['add', 'x', '--file', 'a.mp4', '--copies', '2'], /only with --demo/],
      [['add', 'x', '--demo', 'beach'], /source\.clip: expected "junction" or/],
      [['add', 'x', '--demo', '--copies', '201'], /source\.copies: expected a whole number from 1 to 200/],
      [['add', 'x', '--demo', '--decode', 'once'], /source\.decode/],
    ] as const) {
      const refused = await run(['camera', ...args], env);
      assert.equal(refused.code, 1, args.join(' '));
      assert.match(refused.err, message, args.join(' '));
    }
  });

  it('takes how it is analysed, shows and changes it', async (t) => {
    const { env } = await hub(t);
    const analysis = ['--classes', 'person, car', '--tracker', 'sort', '--priority', '8', '--no-motion-gate'];
    const thresholds = ['--threshold', 'person=0.5', '--threshold', 'traffic light=0.6'];
    const added = await run(
      ['camera', 'add', 'gate', '--rtsp', 'rtsp://h/x', ...analysis, ...thresholds, '--json'],
      env,
    );
    assert.equal(added.err, '');
    const { analytics } = JSON.parse(added.out);
    assert.deepEqual(analytics.classes, ['person', 'car']);
    assert.deepEqual(analytics.thresholds, { person: 0.5, 'traffic light': 0.6 });
    assert.equal(analytics.tracker.name, 'sort');
    assert.equal(analytics.priority, 8);
    assert.equal(analytics.motionGate.enabled, false);

    const { out } = await run(['camera', 'show', 'gate'], env);
    assert.match(out, /^source +rtsp:\/\/h\/x$/m);
    assert.match(out, /^thresholds +person 0\.5, traffic light 0\.6$/m);
    assert.match(out, /^tracker +name sort, /m);
    assert.match(out, /^motion gate +off$/m);
    assert.deepEqual(
      JSON.parse((await run(['camera', 'show', 'gate', '--json'], env)).out).analytics,
      analytics,
    );

    const changes = [
      '--classes',
      'all',
      '--threshold',
      'person=',
      '--motion-gate',
      '--disable',
      '--name',
      'Gate',
    ];
    const changed = await run(['camera', 'update', 'gate', ...changes, '--json'], env);
    assert.equal(changed.err, '');
    const now = JSON.parse(changed.out);
    assert.deepEqual([now.name, now.enabled], ['Gate', false]);
    assert.deepEqual(now.analytics, {
      ...analytics,
      classes: [],
      thresholds: { 'traffic light': 0.6 },
      motionGate: { enabled: true, heartbeatSeconds: 2 },
    });
    assert.equal((await run(['camera', 'update', 'gate', '--enable'], env)).out, 'camera gate was changed\n');
  });

  it('fails in one line that says what to do', async (t) => {
    const { env } = await hub(t);
    const cases: [string[], Record<string, string>, RegExp][] = [
      [['camera', 'add', 'x'], env, /--rtsp <url>, --file <path> or --demo/],
      [['camera', 'add', 'x', '--rtsp', 'rtsp://h', '--fps', 'fast'], env, /--fps expects a number/],
      [['camera', 'remove', 'none'], env, /no camera "none"/],
      [['camera', 'add', 'x', '--file', '/etc/passwd'], env, /files\.roots/],
      [['camera', 'list'], { ...env, SIGHTLINE_TOKEN: 'wrong' }, /token is not valid/],
      [['camera', 'list'], { SIGHTLINE_URL: env.SIGHTLINE_URL! }, /--token or SIGHTLINE_TOKEN/],
      [['camera', 'list', '--url', 'http://127.0.0.1:1'], env, /no Sightline answers at .*npm start/],
    ];
    const results = await Promise.all(cases.map(([args, environment]) => run(args, environment)));
    for (const [index, { code, out, err }] of results.entries()) {
      const [args, , text] = cases[index]!;
      assert.deepEqual([code, out], [1, ''], args.join(' '));
      assert.match(err, /^sightline: [^\n]+\n$/, args.join(' '));
      assert.match(err, text);
    }
  });

  it('tells what is wrong with the analysis, and with a change', async (t) => {
    const { env } = await hub(t);
    const rtsp = ['camera', 'add', 'x', '--rtsp', 'rtsp://h'];
    const cases: [string[], RegExp][] = [
      [[...rtsp, '--threshold', 'person'], /label=number.*person=0\.5/],
      [[...rtsp, '--tracker', 'best'], /analytics\.tracker\.name/],
      [[...rtsp, '--classes', 'persn'], /did you mean "person"/],
      [['camera', 'update', 'none', '--fps', '2'], /no camera "none"/],
      [['camera', 'update', 'x'], /say what to change/],
      [['camera', 'update', 'x', '--enable', '--disable'], /not both/],
    ];
    for (const [args, text] of cases) {
      const { code, out, err } = await run(args, env);
      assert.deepEqual([code, out], [1, ''], args.join(' '));
      assert.match(err, /^sightline: [^\n]+\n$/, args.join(' '));
      assert.match(err, text);
    }
  });

  it('finds the token in the data directory', async (t) => {
    const { env, dir } = await hub(t);
    writeFileSync(join(dir, 'token'), `${TOKEN}\n`);
    const listed = await run(['camera', 'list', '--json'], {
      SIGHTLINE_URL: env.SIGHTLINE_URL!,
      SIGHTLINE_DATA: dir,
    });
    assert.deepEqual([listed.code, listed.out], [0, '[]\n']);
  });
});

describe('sightline query', () => {
  it('prints a table, JSON and CSV', async (t) => {
    const { env } = await hub(t);
    const shown = await run(['query', 'select 1', '--param', 'camera=gate', '--param', 'a=b=c'], env);
    assert.equal(shown.code, 0);
    assert.deepEqual(shown.out.split('\n'), [
      'label                            n',
      '----------------------------  ----',
      'person                          12',
      '8{"camera":"gate","a":"b=c"}  NULL',
      '',
    ]);
    assert.match(shown.err, /^2 rows, cut off there by the limit, 3 ms\n$/);
    assert.equal(JSON.parse((await run(['query', 'select 1', '--json'], env)).out).rows[0][1], 12);
    assert.equal((await run(['query', 'select 1', '--csv'], env)).out, 'label,n\r\nperson,12\r\n8{},\r\n');
  });
});

describe('sightline model', () => {
  const weights = join(cwd, 'weights');
  before(() => rmSync(weights, { recursive: true, force: true }));

  it('lists and verifies, with an exit code for scripts', async () => {
    const env = { SIGHTLINE_MODELS: weights };
    const listed = await run(['model', 'list', '--json'], env);
    assert.equal(listed.code, 0);
    assert.deepEqual(JSON.parse(listed.out).map(({ name, state }: never) => [name, state])[0], [
      'yolox-nano',
      'missing',
    ]);
    assert.match(
      (await run(['model', 'list'], env)).out,
      /yolox-nano +0\.1\.1 +detection +yolox +3\.5 MiB +Apache-2\.0 +missing/,
    );
    const verified = await run(['model', 'verify', 'yolox-nano'], env);
    assert.deepEqual([verified.code, verified.out], [1, 'yolox-nano 0.1.1: missing\n']);
    assert.match(verified.err, /^sightline: .*npx sightline model pull yolox-nano"\n$/);
    const unknown = await run(['model', 'verify', 'huge', '--json'], env);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /no model "huge".*yolox-nano/);
  });
});

describe('table and CSV', () => {
  it('keep a value from steering the terminal, or the spreadsheet row', () => {
    assert.equal(table(['a'], [['\u001b[2Jx']]), 'a\n-----\n\u00b7[2Jx\n');
    // cut, but for the last column: nothing stands beside it
    const [, , row] = table(['a', 'b'], [['x'.repeat(100), 'y'.repeat(100)]]).split('\n');
    assert.deepEqual(
      row?.split('  ').map(({ length }) => length),
      [60, 100],
    );
    assert.equal(csv(['a,b', 'c'], [['say "x"', { k: 1 }]]), '"a,b",c\r\n"say ""x""","{""k"":1}"\r\n');
  });
});
