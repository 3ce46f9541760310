import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { StoreClient } from '../../src/store/client.ts';
import { createStoreRig, PASSWORD, readyPort, rowsOf, spawnStore, until } from './store-rig.ts';

const rig = createStoreRig();
let client: StoreClient;
before(async () => {
  await rig.start();
  client = rig.client();
});
after(() => rig.stop());

const log = { level: ClickHouseLogLevel.OFF };
const credentials = { 'x-clickhouse-user': 'default', 'x-clickhouse-key': PASSWORD };
const post = (path: string, init: RequestInit = {}) =>
  fetch(rig.url + path, { method: 'POST', ...init, headers: { ...credentials, ...init.headers } });

describe('the embedded store speaks ClickHouse over HTTP', () => {
  it('answers a ping', async () => {
    assert.deepEqual({ ...(await client.ping()) }, { success: true });
    const down = createClient({ url: 'http://127.0.0.1:1', request_timeout: 2000, log });
    assert.equal((await down.ping()).success, false);
    await down.close();
  });

  it('refuses a missing or wrong password, and serves the right one in both ways', async () => {
    const noPassword = await fetch(`${rig.url}/?query=SELECT+1`);
    assert.equal(noPassword.status, 403);
    assert.equal(noPassword.headers.get('x-clickhouse-exception-code'), '516');
    const wrong = createClient({ url: rig.url, username: 'default', password: 'wrong', log });
    await assert.rejects(wrong.query({ query: 'SELECT 1' }), { code: '516', type: 'AUTHENTICATION_FAILED' });
    await wrong.close();
    const basic = { authorization: `Basic ${Buffer.from(`default:${PASSWORD}`).toString('base64')}` };
    assert.equal(await (await fetch(`${rig.url}/?query=SELECT+7`, { headers: basic })).text(), '7\n');
    assert.equal(await (await post('/?query=SELECT+7')).text(), '7\n');
  });

  it('binds parameters of every kind as they are', async () => {
    const odd = "it's \\ a\ttab\nline `; DROP -- 日本 \u{1f600}";
    const query = 'SELECT {s:String}, {n:Int64}, {a:Array(String)}, {z:Nullable(String)}, {d:DateTime64(3)}';
    const when = new Date('2026-01-02T03:04:05.678Z');
    const [row] = await rowsOf(client, query, { s: odd, n: -5, a: ['x', "y'"], z: null, d: when });
    assert.deepEqual(row?.slice(0, 4), [odd, -5, ['x', "y'"], null]);
    assert.equal(String(row?.[4]), '2026-01-02 03:04:05.678');
  });

  it('keeps settings, parameters and databases of concurrent queries apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const answer = await client.admin.query({
          query: "SELECT getSetting('max_threads'), {n:UInt32}, getSetting('readonly')",
          query_params: { n },
          clickhouse_settings: { max_threads: (n % 7) + 1, readonly: n % 2 ? '1' : '0' },
          format: 'JSONCompactEachRow',
        });
        return (await answer.json<[string | number, number, string | number]>())[0]!.map(Number);
      }),
    );
    assert.deepEqual(
      answers,
      answers.map((_, n) => [(n % 7) + 1, n, n % 2]),
    );
  });

  it('gives errors with their code and type', async () => {
    const cases: [string, string, number][] = [
      ['SELEC 1', '62', 400],
      ['SELECT * FROM nowhere', '60', 404],
      ['SELECT nothing_like_it', '47', 400],
      ['SELECT throwIf(1)', '395', 500],
    ];
    for (const [query, code, status] of cases) {
      await assert.rejects(
        client.admin.query({ query }),
        (err) => err instanceof ClickHouseError && err.code === code,
        query,
      );
      const raw = await post('/', { body: query });
      assert.equal(raw.status, status, query);
      assert.equal(raw.headers.get('x-clickhouse-exception-code'), code);
      assert.match(await raw.text(), new RegExp(`^Code: ${code}\\. DB::Exception: `));
    }
  });

  it('ends a query at its time limit', async () => {
    const query = 'SELECT count() FROM numbers(1000000000000)';
    await assert.rejects(client.admin.query({ query, clickhouse_settings: { max_execution_time: 1 } }), {
      type: 'TIMEOUT_EXCEEDED',
    });
  });

  it('takes and gives gzip', async () => {
    const zipped = createClient({
      url: rig.url,
      password: PASSWORD,
      compression: { request: true, response: true },
    });
    await zipped.command({ query: 'CREATE TABLE default.zipped (n UInt32, s String) ENGINE = Memory' });
    const values = Array.from({ length: 5000 }, (_, n) => ({ n, s: `row ${n}` }));
    await zipped.insert({ table: 'default.zipped', values, format: 'JSONEachRow' });
    const answer = await zipped.query({
      query: 'SELECT * FROM default.zipped ORDER BY n',
      format: 'JSONEachRow',
    });
    assert.deepEqual(await answer.json(), values);
    await zipped.close();
    const raw = await post('/?enable_http_compression=1', {
      body: gzipSync('SELECT number FROM numbers(2000)'),
      headers: { 'content-encoding': 'gzip', 'accept-encoding': 'gzip' },
    });
    assert.equal(raw.headers.get('content-encoding'), 'gzip');
    assert.equal((await raw.text()).split('\n').length, 2001);
  });

  it('makes GET read-only', async () => {
    const url = `/?query=${encodeURIComponent('CREATE TABLE default.got (n UInt8) ENGINE = Memory')}`;
    const answer = await fetch(rig.url + url, { headers: credentials });
    assert.equal(answer.headers.get('x-clickhouse-exception-code'), '164');
  });

  it('refuses bodies that are too large, also after decompression, and serves on', async () => {
    const large = await post('/', { body: Buffer.alloc(65 * 2 ** 20, 32) }).catch(() => null);
    if (large) assert.equal(large.status, 413); // else the connection was closed while we still sent
    const bomb = await post('/', {
      body: gzipSync(Buffer.alloc(65 * 2 ** 20, 32)),
      headers: { 'content-encoding': 'gzip' },
    });
    assert.equal(bomb.status, 413);
    assert.equal(await (await post('/', { body: 'SELECT 1' })).text(), '1\n');
  });

  it('says what it does not know rather than ignoring it', async () => {
    assert.equal((await post('/?session_id=a', { body: 'SELECT 1' })).status, 400);
    assert.equal((await post('/?no_such_setting=1', { body: 'SELECT 1' })).status, 400);
    assert.equal((await post('/', { body: '  ' })).status, 400);
    assert.equal((await post('/other')).status, 404);
    assert.equal((await post('/?database=absent', { body: 'SELECT 1' })).status, 404);
  });
});

describe('the store process', () => {
  it('waits for a dying predecessor that holds its folder', async () => {
    const path = join(rig.folder, 'shared');
    const first = spawnStore({ SIGHTLINE_STORE_PATH: path });
    await readyPort(first);
    const second = spawnStore({ SIGHTLINE_STORE_PATH: path }, 'pipe');
    const errors = text(second.stderr!);
    const engineLoaded = () => readFileSync(`/proc/${second.pid}/maps`, 'utf8').includes('libchdb');
    if (process.platform === 'linux') await until(engineLoaded, 'the second process is at the folder');
    first.kill('SIGKILL');
    assert.ok((await readyPort(second)) > 0);
    second.send({ type: 'stop' });
    assert.deepEqual(await once(second, 'exit'), [0, null]);
    assert.equal(await errors, '');
  });

  type Stop = (child: ChildProcess) => void;
  const ways: [string, Stop][] = [
    ['a stop message', (child) => void child.send({ type: 'stop' })],
    ['SIGTERM', (child) => void child.kill('SIGTERM')],
    ['the end of its parent', (child) => child.disconnect()],
  ];
  for (const [how, stop] of ways) {
    it(`ends with 0 after ${how}`, async () => {
      const child = spawnStore({ SIGHTLINE_STORE_PATH: join(rig.folder, 'stopped') });
      await readyPort(child);
      stop(child);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    });
  }

  it('ends when asked also while a query runs, which is cancelled', async () => {
    const busy = createStoreRig();
    await busy.start();
    const asker = busy.client();
    const long = asker.admin
      .query({
        query: 'SELECT count() FROM numbers(1000000000000)',
        clickhouse_settings: { max_execution_time: 60 },
      })
      .then(
        () => 'answered',
        (err: ClickHouseError) => err.type,
      );
    const sql =
      "SELECT count() FROM system.processes WHERE query LIKE '%numbers(1000000000000)%' AND query NOT LIKE '%system%'";
    await until(async () => Number((await rowsOf(asker, sql))[0]?.[0]) === 1, 'the query runs');
    busy.child.send({ type: 'stop' });
    assert.deepEqual(await once(busy.child, 'exit'), [0, null]);
    assert.equal(await long, 'QUERY_WAS_CANCELLED');
    await busy.stop();
  });

  it('takes another port when somebody has its own, and the client follows', async () => {
    const moved = createStoreRig();
    await moved.start();
    const asker = moved.client();
    await asker.admin.command({ query: 'CREATE TABLE default.kept (n UInt8) ENGINE = MergeTree ORDER BY n' });
    await asker.admin.command({ query: 'INSERT INTO default.kept VALUES (7)' });
    const formerUrl = moved.url;
    await moved.kill();
    const stranger = createServer((socket) => socket.destroy()).listen(
      Number(new URL(formerUrl).port),
      '127.0.0.1',
    );
    await once(stranger, 'listening');
    await moved.start();
    assert.notEqual(moved.url, formerUrl);
    assert.equal((await asker.ping()).success, false);
    const formerAdmin = asker.admin;
    await asker.moveTo(moved.url);
    assert.equal((await asker.ping()).success, true);
    assert.deepEqual(await rowsOf(asker, 'SELECT n FROM default.kept'), [[7]]);
    const { admin, tables } = asker;
    assert.notEqual(admin, formerAdmin);
    await asker.moveTo(`${moved.url}/`);
    assert.ok(admin === asker.admin && tables === asker.tables); // the same address: calls go on undisturbed
    await asker.close();
    stranger.close();
    await moved.stop();
  });

  it('says nothing for itself while its process hangs', { skip: process.platform === 'win32' }, async () => {
    const frozen = createStoreRig();
    await frozen.start();
    const asker = frozen.client();
    assert.equal((await asker.ping()).success, true);
    frozen.child.kill('SIGSTOP');
    assert.equal((await asker.ping()).success, false);
    frozen.child.kill('SIGCONT');
    await until(async () => (await asker.ping()).success, 'it answers again');
    await frozen.stop();
  });

  it('ends with 1 and one clear line when it cannot start', async () => {
    const file = join(rig.folder, 'not-a-folder');
    mkdirSync(file);
    const cases: [Record<string, string>, RegExp][] = [
      [{}, /^sightline store: SIGHTLINE_STORE_PATH is not set\n$/],
      [{ SIGHTLINE_STORE_PATH: '/dev/null/store' }, /^sightline store: cannot write to .*\n$/],
      [
        { SIGHTLINE_STORE_PATH: file, SIGHTLINE_STORE_HOST: '0.0.0.0' },
        /^sightline store: SIGHTLINE_STORE_HOST must be a loopback address.*\n$/,
      ],
      [
        { SIGHTLINE_STORE_PATH: file, SIGHTLINE_STORE_PORT: '65536' },
        /^sightline store: SIGHTLINE_STORE_PORT is no port\n$/,
      ],
    ];
    for (const [env, expected] of cases) {
      const child = spawnStore(env, 'pipe');
      const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
      assert.equal(code, 1);
      assert.match(errors, expected);
    }
  });
});
