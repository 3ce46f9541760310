import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EngineError } from '../../src/errors.ts';
import type { StoreClient } from '../../src/store/client.ts';
import { applyRetention, migrateStore, readMigrations } from '../../src/store/migrate.ts';
import { runUserQuery } from '../../src/store/query.ts';
import { createStoreRig, rowsOf } from './store-rig.ts';

const rig = createStoreRig();
let client: StoreClient;
const FIRST_TRACK = 2 ** 50 + 1;

before(async () => {
  await rig.start();
  client = rig.client();
  const other = rig.client();
  const applied = await Promise.all([migrateStore(client), migrateStore(other), migrateStore(client)]);
  assert.ok(applied.flat().includes(1));
  // 100 frames of gate with a person of track A or B and a car that has no track, 10 of yard
  const rows: unknown[] = [];
  for (let n = 0; n < 100; n++) {
    const ts = Date.now() - 60_000 + n * 100;
    rows.push([
      'gate',
      ts,
      'm@1',
      'r1',
      n,
      'person',
      String(FIRST_TRACK + (n % 2)),
      204,
      16384,
      0,
      6553,
      65535,
    ]);
    rows.push(['gate', ts, 'm@1', 'r1', n, 'car', 0, 102, 0, 0, 100, 100]);
    if (n % 10 === 0) rows.push(['yard', ts, 'm@1', 'r2', n, 'dog', 7, 255, 0, 0, 1, 1]);
  }
  await client.admin.insert({
    table: 'sightline.detections',
    columns: [
      'camera',
      'ts',
      'model',
      'run',
      'seq',
      'label',
      'track_id',
      'confidence_u8',
      'x_u16',
      'y_u16',
      'w_u16',
      'h_u16',
    ],
    values: rows,
    format: 'JSONCompactEachRow',
  });
  await client.admin.command({ query: 'CREATE DATABASE other' });
  await client.admin.command({ query: 'CREATE TABLE other.secrets (s String) ENGINE = Memory' });
  await client.admin.command({ query: 'CREATE TABLE default.secrets (s String) ENGINE = Memory' });
});
after(() => rig.stop());

const LIMITS = { timeoutS: 5, maxRows: 1000 };
const ask = (sql: string, parameters: Record<string, unknown> = {}, limits = LIMITS) =>
  runUserQuery(client, { sql, parameters }, limits);
const hasCode = (code: string) => (err: unknown) => {
  assert.ok(err instanceof EngineError, String(err));
  assert.equal(err.code, code, err.message);
  return true;
};

describe('migrations', () => {
  it('are applied once, and not again', async () => {
    assert.deepEqual(await migrateStore(client), []);
    const rows = await rowsOf(
      client,
      'SELECT version, count() FROM sightline.schema_migrations GROUP BY version',
    );
    assert.deepEqual(
      rows.map(([version, count]) => [version, Number(count)]),
      [[1, 1]],
    );
  });

  it('refuse a file that was changed after it was applied', async () => {
    const [first] = readMigrations();
    await assert.rejects(migrateStore(client, [{ ...first!, checksum: 'another' }]), hasCode('INTERNAL'));
  });

  it('set the retention once', async () => {
    assert.equal(await applyRetention(client, 30), false);
    assert.equal(await applyRetention(client, 90), true);
    assert.equal(await applyRetention(client, 90), false);
  });
});

describe('a user query', () => {
  it('answers the question every guide begins with; only confirmed tracks count', async () => {
    const sql = "select label, uniq(track) from detections where camera = 'gate' group by label";
    const { columns, rows, rowCount, truncated, elapsedMs } = await ask(`${sql} order by label`);
    assert.deepEqual(columns, [
      { name: 'label', type: 'LowCardinality(String)' },
      { name: 'uniq(track)', type: 'UInt64' },
    ]);
    assert.deepEqual(rows, [
      ['car', 0],
      ['person', 2],
    ]);
    assert.equal(rowCount, 2);
    assert.equal(truncated, false);
    assert.ok(elapsedMs > 0);
    assert.equal((await ask(sql)).rowCount, 2);
  });

  it('gives the natural columns, exact track ids and rounded numbers', async () => {
    const sql =
      'select camera, label, track, confidence, x, y, w, h from detections where track = {t:UInt64} limit 1';
    assert.deepEqual((await ask(sql, { t: FIRST_TRACK })).rows, [
      ['gate', 'person', FIRST_TRACK, 0.8, 0.25, 0, 0.09999, 1],
    ]);
    const all = await ask("select * from detections where label = 'car' limit 1");
    const row = Object.fromEntries(all.columns.map(({ name }, i) => [name, all.rows[0]?.[i]]));
    assert.equal(row.track, null);
    assert.equal(row.confidence, 0.4);
    assert.match(String(row.ts), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
  });

  it('is cut after maxRows, exactly, and says so', async () => {
    for (const sql of [
      'select ts from detections',
      'select ts from detections union all select ts from detections',
    ]) {
      const cut = await ask(sql, {}, { timeoutS: 5, maxRows: 3 });
      assert.deepEqual([cut.rows.length, cut.rowCount, cut.truncated], [3, 3, true]);
    }
    const whole = await ask('select ts from detections limit 3', {}, { timeoutS: 5, maxRows: 3 });
    assert.deepEqual([whole.rowCount, whole.truncated], [3, false]);
  });

  it('is ended at its limits of time and memory', async () => {
    const cross = 'select count() from detections a, detections b, detections c, detections d, detections e';
    const slow = `${cross} where a.seq + b.seq + c.seq + d.seq + e.seq = -1`;
    await assert.rejects(ask(slow, {}, { timeoutS: 1, maxRows: 10 }), hasCode('QUERY_TIMEOUT'));
    const small = { timeoutS: 5, maxRows: 10, maxMemoryBytes: 1_000_000 };
    const hungry = 'select groupArray(a.ts) from detections a, detections b, detections c';
    await assert.rejects(ask(hungry, {}, small), hasCode('QUERY_FAILED'));
  });

  it('passes the reason on when the engine cannot run it', async () => {
    await assert.rejects(ask('select nothing_like_it from detections'), (err: Error) => {
      assert.match(err.message, /nothing_like_it/);
      return hasCode('QUERY_FAILED')(err);
    });
    await assert.rejects(ask('selec 1'), (err: Error) => {
      assert.match(err.message, /^Syntax error/);
      return hasCode('QUERY_FAILED')(err);
    });
    await assert.rejects(ask('select {a:String}'), hasCode('QUERY_FAILED'));
  });

  it('says that the store is away', async () => {
    const { createStoreClient } = await import('../../src/store/client.ts');
    const away = createStoreClient({ url: 'http://127.0.0.1:1', username: 'default', password: 'x' });
    await assert.rejects(runUserQuery(away, { sql: 'select 1' }, LIMITS), hasCode('STORE_UNAVAILABLE'));
    await away.close();
  });

  it('stops waiting when it is aborted', async () => {
    const abort = new AbortController();
    abort.abort(new Error('client gone'));
    await assert.rejects(runUserQuery(client, { sql: 'select 1' }, LIMITS, abort.signal));
  });
});

/** Each with parameters where it has some. */
const LEGITIMATE: [string, Record<string, unknown>?][] = [
  ["select label, uniq(track) from detections where camera = 'gate' group by label"],
  ['select count() from sightline.detections'],
  ['SELECT count(*) FROM detections WHERE camera = {camera:String}', { camera: 'gate' }],
  ['select camera, max(ts) as last from detections group by camera order by last desc'],
  [
    'select toStartOfMinute(ts) as minute, count() as n from detections group by minute order by minute with fill step 60',
  ],
  ['select toStartOfInterval(ts, interval 5 minute) t, avg(confidence) from detections group by t'],
  [
    'select label, quantile(0.95)(w * h) as p95, quantiles(0.5, 0.9)(w) from detections group by label having p95 > 0',
  ],
  [
    'select d.camera, p.n from detections d join (select camera, count() n from detections group by camera) p on d.camera = p.camera limit 5',
  ],
  [
    'with recent as (select * from detections where ts > now() - interval 1 hour) select label, count() from recent group by label',
  ],
  ['with detections as (select 1 as one) select one from detections'],
  ["with 'gate' as place select count() from detections where camera = place"],
  [
    'select label from detections where camera in (select camera from detections where label = {l:String})',
    { l: 'dog' },
  ],
  ["select count() from detections where label in ('person', 'car') and camera not in ('x')"],
  ["select label from detections union all select 'none' union distinct select 'none'"],
  ['select distinct label from detections except select label from detections where track is null'],
  [
    "select if(track is null, 'no', 'yes') t, case when confidence > 0.5 then 'sure' else 'unsure' end c, count() from detections group by t, c",
  ],
  ['select camera, ts, row_number() over (partition by camera order by ts) n from detections qualify n = 1'],
  [
    'select label, lagInFrame(ts) over w from detections window w as (partition by label order by ts) limit 3',
  ],
  [
    "select upper(label) l, concat(camera, '/', label), substring(camera, 1, 2), label like 'p%' from detections limit 2",
  ],
  [
    "select groupUniqArray(label) a, length(a), arrayMap(v -> upper(v), a), arrayStringConcat(arraySort(a), ', ') from detections",
  ],
  [
    'select countIf(confidence >= 0.5), sumIf(w, track is not null), uniqIf(track, label = {l:String}) from detections',
    { l: 'person' },
  ],
  [
    "select toInt32(seq), cast(w as Float64), h::String, cast(ts as DateTime64(6, 'UTC')) from detections limit 1",
  ],
  [
    "select formatDateTime(ts, '%H:%i') t, toHour(ts), dateDiff('second', min(ts), max(ts)) from detections group by t, ts limit 2",
  ],
  ['select * from detections order by ts desc limit 2 by camera limit 10'],
  ['select * except (run, seq) from detections limit 1 offset 1 -- the newest'],
  ['/* all */ select `label`, "camera" from detections prewhere camera = \'gate\' limit 1;'],
  ['select 1'],
  ['select count() from detections where ts between {a:DateTime64(3)} and now64()', { a: new Date(0) }],
  [
    'select label, count() from detections where label in {labels:Array(String)} group by label with totals',
    { labels: ['car', 'dog'] },
  ],
  ['select t.1, t.2 from (select (camera, label) as t from detections) limit 1'],
  ["select count() from detections where label = 'select * from system.users; drop table x'"],
  ['select argMax(label, confidence), topK(2)(label), corr(x, y), stddevPop(w), median(h) from detections'],
  ['select count() as "per cent", sum(w) as `a-b` from detections'],
  ["select exists(select 1 from detections where label = 'cat'), (select max(seq) from detections)"],
];

const OUTFILE = join(rig.folder, 'outfile');
const HOSTILE: [string, Record<string, unknown>?][] = [
  // other statements
  ['drop table detections'],
  ["insert into detections (camera) values ('x')"],
  ['insert into detections select * from detections'],
  ['create table t (a Int8) engine = Memory'],
  ['alter table detections delete where 1'],
  ['truncate table detections'],
  ['optimize table detections final'],
  ['system shutdown'],
  ['kill query where 1'],
  ['set max_threads = 1'],
  ['use system'],
  ['show tables'],
  ['show create table detections'],
  ['describe table detections'],
  ['explain select 1'],
  ['grant select on *.* to default'],
  ['attach table t'],
  ['select 1; drop table detections'],
  ['select 1 parallel with select 2'],
  // leaving the query
  [`select 1 into outfile '${OUTFILE}'`],
  [`select * from detections into outfile '${OUTFILE}' truncate format CSV`],
  ['select 1 format JSON'],
  ['select 1 settings max_execution_time = 0'],
  ['select * from (select 1 settings readonly = 0)'],
  // other tables
  ['select * from system.one'],
  ['select * from system.tables'],
  ['select * from `system`.`users`'],
  ['select * from "system".one'],
  ['select * from information_schema.tables'],
  ['select * from INFORMATION_SCHEMA.TABLES'],
  ['select * from other.secrets'],
  ['select * from default.secrets'],
  ['select * from secrets'],
  ['select * from sightline.schema_migrations'],
  ['select * from schema_migrations'],
  ['select * from sightline.secrets'],
  ['select * from detections, system.one'],
  ['select * from detections join system.users on 1 = 1'],
  ['select * from (select * from (select * from system.users))'],
  ['select 1 union all select dummy from system.one'],
  ['select 1 intersect select dummy from system.one'],
  ['with a as (select * from system.users) select * from a'],
  ['with a as (with b as (select name from system.users) select * from b) select * from a'],
  ['select (select count() from system.users)'],
  ['select exists(select 1 from system.users)'],
  ['select count() from detections where seq in system.one'],
  ['select count() from detections where seq in (select dummy from system.one)'],
  ['select in(1, system.one)'],
  ['select 1 in system.numbers'],
  ['select arrayExists(v -> v in system.one, [1])'],
  ['select 1 in schema_migrations'],
  ['with system.one as y select 1 in y'],
  ['with other.secrets as y select 1 in y'],
  ['with system as (select 1) select * from system.one'],
  ['select 1 as system, system.one'],
  [
    'select * from schema_migrations where 1 in (with schema_migrations as (select 1) select * from schema_migrations)',
  ],
  ['select * from {t:Identifier}', { t: 'system.one' }],
  ['select {c:Identifier} from detections', { c: 'label' }],
  ['select count() from detections where seq in {t:Identifier}', { t: 'system.one' }],
  ['with recursive a as (select 1 union all select * from a) select * from a'],
  ['select * from `.inner.x`'],
  ['select * from detections where label in (select `x (alias system)` from detections)'],
  ['select 1 as `a\n  TableIdentifier system.one`'],
  // table functions
  ["select * from file('/etc/passwd')"],
  ["select * from url('http://127.0.0.1/', CSV, 'a String')"],
  ["select * from s3('http://127.0.0.1/b', CSV)"],
  ["select * from remote('127.0.0.1', system.one)"],
  ["select * from mysql('127.0.0.1:3306', 'd', 't', 'u', 'p')"],
  ["select * from executable('id', TSV, 's String')"],
  ['select * from numbers(10)'],
  ["select * from merge('system', '.*')"],
  ['select * from view(select 1)'],
  ["select * from viewExplain('EXPLAIN', '', (select 1))"],
  ['select * from (explain select 1)'],
  ["select * from values('a Int8', 1)"],
  ['select * from generateRandom()'],
  ["select * from input('a Int8')"],
  ["select * from cluster('default', system.one)"],
  ['select * from `file.csv`'],
  ['select count() from detections where seq in numbers(10)'],
  // functions
  ["select file('/etc/passwd')"],
  ["select dictGet('d', 'a', 1)"],
  ["select joinGet('other.t', 'a', 1)"],
  ['select sleep(3)'],
  ['select sleepEachRow(1) from detections'],
  ["select getSetting('max_threads')"],
  ['select currentUser(), hostName()'],
  ['select version()'],
  ["select getMacro('x')"],
  ["select hasColumnInTable('system', 'one', 'dummy')"],
  ["select catboostEvaluate('/etc/passwd', 1)"],
  ["select arrayReduce('groupArray', [1])"],
  ['select throwIf(1)'],
  ['select filesystemAvailable()'],
  ['select serverUUID()'],
  ["select structureToProtobufSchema('a Int8')"],
  ['select * apply (file) from detections'],
  ["select columns('.*') from detections"],
  ['select * replace (1 as label) from detections'],
  ["select cast('x' as AggregateFunction(groupArray, String))"],
  ["select cast('x', 'Object(\\'json\\')')"],
  ["select initializeAggregation('groupArray', 1)"],
  ['select finalizeAggregation(uniqState(track)) from detections'],
  ['select * from detections sample 0.1'],
];

describe('the query guard', () => {
  it(`takes ${LEGITIMATE.length} legitimate queries`, async () => {
    for (const [sql, parameters] of LEGITIMATE) {
      const answer = await ask(sql, parameters).catch((err: Error) => assert.fail(`${sql}\n${err.message}`));
      assert.ok(answer.rowCount > 0 || sql.includes('except select'), sql);
    }
  });

  it('takes every query of the guide', async () => {
    const guide = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');
    const queries = guide.match(/^select .*$/gm) ?? [];
    assert.ok(queries.length >= 4);
    for (const sql of queries) assert.ok((await ask(sql)).columns.length > 0, sql);
  });

  it(`refuses ${HOSTILE.length} hostile ones`, async () => {
    const untouched = await rowsOf(client, 'SELECT count() FROM sightline.detections');
    for (const [sql, parameters] of HOSTILE) {
      await assert.rejects(
        ask(sql, parameters),
        (err: Error) => {
          assert.ok(err instanceof EngineError, `${sql}\n${err}`);
          // what the engine cannot even parse is refused by it
          const refused = err.code === 'QUERY_REJECTED' || /^Syntax error|not allowed/.test(err.message);
          assert.ok(refused, `${sql}\n${err.code} ${err.message}`);
          return true;
        },
        sql,
      );
    }
    assert.equal(existsSync(OUTFILE), false);
    assert.deepEqual(await rowsOf(client, 'SELECT count() FROM sightline.detections'), untouched);
  });

  it('says what it refuses and what to do', async () => {
    await assert.rejects(ask('select sleep(1)'), /the function sleep; aggregates, arithmetic/);
    await assert.rejects(ask('select * from system.users'), /the table system\.users; there is detections/);
    await assert.rejects(ask("select 1 into outfile 'x'"), /INTO OUTFILE; leave it out/);
    await assert.rejects(ask('drop table detections'), /DROP is not a SELECT/);
    await assert.rejects(ask(`select ${'1,'.repeat(20_000)}1`), /has 40008 characters; at most 32768/);
  });
});
