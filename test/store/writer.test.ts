import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClickHouseError } from '@clickhouse/client';
import { pino } from 'pino';
import { systemClock } from '../../src/clock.ts';
import { EngineError } from '../../src/errors.ts';
import { type EmbeddedLog, openEmbeddedLog } from '../../src/log/embedded-log.ts';
import { type DeadLetterMessage, type DetectionsMessage, detectionsId } from '../../src/log/messages.ts';
import { createStoreClient, type StoreClient } from '../../src/store/client.ts';
import { runStoreWriter, type StoreWriterOptions } from '../../src/store/writer.ts';
import { createStoreRig, rowsOf, until } from './store-rig.ts';
import { STEPS } from './writer-child.ts';

const T = 'sightline.detections.v1';
const CONFIG = { store: { retentionDays: 30 }, log: { retentionHours: 72, maxBytesMiB: 1024 } };
const CHILD = fileURLToPath(new URL('./writer-child.ts', import.meta.url));
const rig = createStoreRig();
let client: StoreClient;
let logs = 0;

before(async () => {
  await rig.start();
  client = rig.client();
});
after(() => rig.stop());

function newLog(): { log: EmbeddedLog; path: string } {
  const path = join(rig.folder, `log-${logs++}.sqlite`);
  return { log: openEmbeddedLog(path, { clock: systemClock }), path };
}

const START_MS = Date.now() - 3_600_000;
/** Frame `seq` of a camera, 40 ms apart, with `objects` objects. */
function message(
  camera: string,
  seq: number,
  objects: number,
  capturedAtMs = START_MS + seq * 40,
): DetectionsMessage {
  return {
    v: 1,
    id: detectionsId(camera, 'run', seq),
    camera,
    run: 'run',
    seq,
    ptsMs: seq * 40,
    capturedAtMs,
    analysedAtMs: capturedAtMs + 9,
    width: 1280,
    height: 720,
    model: 'yolox-nano@1',
    objects: Array.from({ length: objects }, (_, n) => ({
      label: n % 2 ? 'car' : 'person',
      confidence: 0.5,
      box: [0.1 + n / 100, 0.2, 0.3, 0.4],
      ...(n % 2 ? {} : { track: 2 ** 50 + n }),
    })),
  };
}

const records = (messages: DetectionsMessage[]) =>
  messages.map((m) => ({ key: m.camera, id: m.id, value: JSON.stringify(m) }));

const writers: AbortController[] = [];
afterEach(() => {
  for (const stop of writers.splice(0)) stop.abort(); // those of a test that failed
});

function writer(log: EmbeddedLog, options: Partial<StoreWriterOptions> = {}) {
  const stop = new AbortController();
  const running = runStoreWriter({
    log,
    client,
    clock: systemClock,
    logger: pino({ enabled: false }),
    signal: stop.signal,
    config: CONFIG,
    lingerMs: 20,
    ...options,
  });
  writers.push(stop);
  return {
    ...running,
    async drain() {
      await until(() => running.metrics().lagRecords === 0, 'the log is stored');
    },
    async stop() {
      stop.abort();
      await running.done;
    },
  };
}

/** Rows of the camera, and how many of them are different. */
async function stored(camera: string): Promise<{ rows: number; different: number }> {
  const sql =
    'SELECT count(), uniqExact(run, seq, label, x_u16) FROM sightline.detections WHERE camera = {camera:String}';
  const [row] = await rowsOf(client, sql, { camera });
  return { rows: Number(row?.[0]), different: Number(row?.[1]) };
}

describe('the store writer', () => {
  it('stores every object of every frame, and says how far it is', async () => {
    const { log } = newLog();
    log.append(T, records([0, 1, 2, 3].map((seq) => message('plain', seq, seq)))); // 0 + 1 + 2 + 3 objects
    const w = writer(log);
    await w.drain();
    const { storeUp, messages, rows, batches, failures, deadLetters, lost } = w.metrics();
    assert.deepEqual(
      { storeUp, messages, rows, batches, failures, deadLetters, lost },
      { storeUp: true, messages: 4, rows: 6, batches: 1, failures: 0, deadLetters: 0, lost: 0 },
    );
    const sql =
      "SELECT seq, toUnixTimestamp64Milli(ts), label, track, confidence, round(x, 4), round(y, 4), round(w, 4), round(h, 4), model, run FROM sightline.detections WHERE camera = 'plain' AND seq = 3 ORDER BY label, track";
    const row = (label: string, track: number | null, x: number) => [
      3,
      START_MS + 120,
      label,
      track,
      0.502,
      x,
      0.2,
      0.3,
      0.4,
      'yolox-nano@1',
      'run',
    ];
    assert.deepEqual(
      (await rowsOf(client, sql)).map((r) => [
        Number(r[0]),
        Number(r[1]),
        r[2],
        r[3] === null ? null : Number(r[3]),
        ...r.slice(4),
      ]),
      [row('car', null, 0.11), row('person', 2 ** 50, 0.1), row('person', 2 ** 50 + 2, 0.12)],
    );
    await w.stop();
    assert.deepEqual(log.position('store', T), { next: 5, pending: null });
    log.close();
  });

  it('sets poison aside with its reason and goes on', async () => {
    const { log } = newLog();
    const good = (seq: number) => records([message('poison', seq, 1)])[0]!;
    const bad = (name: string, value: unknown) => ({
      key: 'poison',
      id: name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    });
    const m = message('poison', 1, 2);
    log.append(T, [
      good(10),
      bad('text', 'not { json'),
      bad('null', 'null'),
      bad('version', { ...m, v: 2 }),
      bad('box', { ...m, objects: [{ label: 'x', confidence: 0.5, box: [0, 0, 1] }] }),
      good(11),
      bad('time', { ...m, capturedAtMs: 1e15 }),
      bad('seq', { ...m, seq: -1 }),
      bad('track', { ...m, objects: [{ ...m.objects[0], track: 0.5 }] }),
      good(12),
    ]);
    const odd = message('poison', 13, 1);
    odd.objects[0]!.label = 'a "q" \\ \t\ud800';
    odd.objects[0]!.box = [-0.5, 0.9, 2, 0.5];
    log.append(T, records([odd]));
    const w = writer(log);
    await w.drain();
    assert.equal(w.metrics().deadLetters, 7);
    assert.equal(w.metrics().failures, 0);
    await w.stop();
    assert.deepEqual(await stored('poison'), { rows: 4, different: 4 });
    const [row] = await rowsOf(
      client,
      "SELECT label, round(x, 4), round(y, 4), round(w, 4), round(h, 4) FROM sightline.detections WHERE camera = 'poison' AND seq = 13",
    );
    assert.deepEqual(row, ['a "q" \\ \t\ufffd', 0, 0.9, 1, 0.1]);
    const letters = log
      .read('sightline.dead-letter.v1', 1, 100, 1e6)
      .map(({ value }) => JSON.parse(value) as DeadLetterMessage);
    assert.deepEqual(
      letters.map(({ offset }) => offset),
      [2, 3, 4, 5, 7, 8, 9],
    );
    assert.match(letters[0]!.reason, /^not JSON: /);
    assert.match(letters[2]!.reason, /^v: expected 1, got 2/);
    assert.match(letters[3]!.reason, /objects\[0\]/);
    assert.equal(letters[0]!.value, 'not { json');
    log.close();
  });

  it('halves a batch that the store refuses, down to the one message', async () => {
    const { log } = newLog();
    log.append(
      T,
      records(Array.from({ length: 100 }, (_, seq) => message('refused', seq, seq === 37 ? 3 : 1))),
    );
    const accepted: number[] = [];
    const refusing = {
      command: () => Promise.resolve(),
      query: () => Promise.resolve({ json: () => Promise.resolve([]) }),
      insert: () => Promise.resolve(),
      async exec({ values }: { values: AsyncIterable<Buffer> }) {
        const lines: unknown[][] = [];
        for await (const chunk of values)
          lines.push(
            ...String(chunk)
              .split('\n')
              .map((line) => JSON.parse(line)),
          );
        if (lines.some((line) => line[4] === 37)) {
          throw new ClickHouseError({
            code: '27',
            type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
            message: 'no',
          });
        }
        accepted.push(...lines.map((line) => line[4] as number));
        return { stream: Readable.from([]) };
      },
    } as unknown as StoreClient['admin'];
    const w = writer(log, { client: { admin: refusing } });
    await w.drain();
    await w.stop();
    assert.equal(w.metrics().deadLetters, 1);
    assert.deepEqual(
      accepted,
      Array.from({ length: 100 }, (_, seq) => seq).filter((seq) => seq !== 37),
    );
    log.close();
  });

  it('waits for a store that is away, for as long as it takes, and catches up', async () => {
    await rig.kill();
    const { log } = newLog();
    const w = writer(log);
    log.append(T, records(Array.from({ length: 500 }, (_, seq) => message('away', seq, 2))));
    await until(() => w.metrics().failures >= 3, 'three tries');
    const { storeUp, lagRecords, oldestAgeMs } = w.metrics();
    assert.deepEqual({ storeUp, lagRecords }, { storeUp: false, lagRecords: 500 });
    assert.ok(oldestAgeMs > 0);
    await rig.start();
    await w.drain();
    assert.equal(w.metrics().storeUp, true);
    assert.deepEqual(await stored('away'), { rows: 1000, different: 1000 });
    await w.stop();
    log.close();
  });

  it('does not blame the store for a log that cannot be trimmed', async () => {
    const { log } = newLog();
    log.append(T, records([message('busy', 0, 1)]));
    let tries = 0;
    const trim = () => {
      tries++;
      throw new EngineError('LOG_UNAVAILABLE', 'database is locked');
    };
    const w = writer({ ...log, trim });
    await w.drain();
    await until(() => tries > 0, 'a try to trim');
    log.append(T, records([message('busy', 1, 1)]));
    await w.drain(); // it went on after the failure
    const { storeUp, failures, rows } = w.metrics();
    assert.deepEqual({ storeUp, failures, rows, tries }, { storeUp: true, failures: 0, rows: 2, tries: 1 });
    await w.stop();
    log.close();
  });

  it('keeps four times the size while the store is away, then loses the oldest, counted and told', async () => {
    const { log } = newLog();
    let elapsedMs = 0;
    const clock = { ...systemClock, elapsed: () => elapsedMs };
    const told: Record<string, unknown>[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void told.push(JSON.parse(line)) });
    const away = createStoreClient({ url: 'http://127.0.0.1:1', username: 'default', password: 'x' });
    const config = { ...CONFIG, log: { retentionHours: 72, maxBytesMiB: 0.01 } }; // 4 x 10,485 bytes
    const first = records(Array.from({ length: 100 }, (_, seq) => message('full', seq, 0)));
    const bytes = Buffer.byteLength(first[50]!.value); // of each, but for a digit
    log.append(T, first);
    const w = writer(log, { client: away, clock, logger, config });
    await until(() => w.metrics().failures > 0, 'a failure');
    assert.ok(100 * bytes > 10_485 && 100 * bytes < 41_943);
    assert.equal(w.metrics().lost, 0); // over the soft limit only
    log.append(T, records(Array.from({ length: 200 }, (_, n) => message('full', 100 + n, 0))));
    elapsedMs = 20_000;
    await until(() => w.metrics().lost > 0, 'the hard limit');
    const kept = log.read(T, 1, 1000, 1e9);
    const lost = w.metrics().lost;
    assert.equal(lost + kept.length, 300);
    assert.equal(kept[0]!.offset, lost + 1); // the oldest went
    const keptBytes = kept.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
    assert.ok(keptBytes <= 41_943 && keptBytes > 41_943 - bytes, `${keptBytes} bytes kept`);
    await until(() => told.length > 0, 'the loss is told');
    assert.equal(told[0]!.lost, lost);
    assert.equal(told[0]!.msg, 'the event log is full: messages lost');

    // more is lost within the minute: counted, and told after it
    log.append(T, records(Array.from({ length: 50 }, (_, n) => message('full', 300 + n, 0))));
    elapsedMs = 40_000;
    await until(() => w.metrics().lost > lost, 'the hard limit again');
    assert.equal(told.length, 1);
    elapsedMs = 81_000;
    await until(() => told.length === 2, 'the second loss is told');
    assert.equal(told[1]!.lost, w.metrics().lost - lost);
    await w.stop();
    await away.close();
    log.close();
  });

  it('drops the rest of a pending range that a hard trim has cut, as it may be stored already', async () => {
    const { log } = newLog();
    log.append(T, records(Array.from({ length: 10 }, (_, seq) => message('cut', seq, 1))));
    log.position('store', T);
    log.begin('store', T, 1, 6);
    const bytes = log.read(T, 1, 10, 1e6).reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
    const { lost } = log.trim(T, { maxAgeMs: 1e9, maxBytes: 0, hardMaxBytes: bytes - 1 });
    assert.equal(lost, 1);
    const w = writer(log);
    await w.drain();
    assert.equal(w.metrics().lost, 5);
    assert.deepEqual(await stored('cut'), { rows: 4, different: 4 });
    assert.deepEqual(log.position('store', T), { next: 11, pending: null });
    await w.stop();
    log.close();
  });

  it('ends at once when it is stopped while the store does not answer its migrations', async () => {
    const { log } = newLog();
    const sockets: Socket[] = [];
    const mute = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const client = createStoreClient({ url: `http://127.0.0.1:${port}`, username: 'default', password: 'x' });
    const w = writer(log, { client });
    await until(() => sockets.length > 0, 'the first statement is sent');
    await w.stop(); // the statement's own time limit is a minute: this test's is lower than that
    assert.equal(w.metrics().failures, 0);
    await client.close();
    for (const socket of sockets) socket.destroy();
    mute.close();
    log.close();
  });

  it('trims what is stored and old', async () => {
    const { log } = newLog();
    let elapsedMs = 0;
    const clock = { ...systemClock, elapsed: () => elapsedMs, now: () => Date.now() + elapsedMs };
    log.append(T, records([message('trim', 0, 1)]));
    const w = writer(log, { clock, config: { ...CONFIG, log: { retentionHours: 1e-6, maxBytesMiB: 1024 } } });
    await w.drain();
    elapsedMs = 20_000;
    await until(() => log.read(T, 1, 10, 1e6).length === 0, 'the stored message is removed');
    assert.equal(w.metrics().lost, 0);
    await w.stop();
    log.close();
  });
});

describe('exactly once', () => {
  for (const step of STEPS) {
    it(`when the writer is killed ${step}: 6,000 rows in batches over midnight`, async () => {
      const camera = `killed-${step.replace(' ', '-')}`;
      const { log, path } = newLog();
      const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000;
      const times = (seq: number) => midnight + (seq % 2 ? -1 : 1) * (seq + 1) * 40; // both days in each batch
      log.append(T, records(Array.from({ length: 1200 }, (_, seq) => message(camera, seq, 5, times(seq)))));
      const child = spawn(process.execPath, [CHILD, path, rig.url, step, '500'], { stdio: 'inherit' });
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
      const { pending } = log.position('store', T);
      const expected = step === 'before begin' || step === 'after commit' ? null : { first: 501, last: 1000 };
      assert.deepEqual(pending, expected);
      const w = writer(log, { maxMessages: 700 }); // other bounds: the pending ones must be kept
      await w.drain();
      await w.stop();
      assert.deepEqual(await stored(camera), { rows: 6000, different: 6000 });
      log.close();
    });
  }

  it('when the store is killed six times while rows flow in', async () => {
    const { log } = newLog();
    const w = writer(log, { maxMessages: 50, lingerMs: 5 });
    let seq = 0;
    let killing = true;
    const produce = (async () => {
      while (killing) {
        log.append(T, records(Array.from({ length: 20 }, () => message('store-killed', seq++, 4))));
        await systemClock.sleep(5);
      }
    })();
    for (let kill = 0; kill < 6; kill++) {
      const { batches } = w.metrics();
      await until(() => w.metrics().batches > batches + 3, 'rows flow');
      await rig.kill();
      await rig.start();
    }
    killing = false;
    await produce;
    await w.drain();
    await w.stop();
    assert.ok(w.metrics().failures >= 6);
    assert.deepEqual(await stored('store-killed'), { rows: seq * 4, different: seq * 4 });
    log.close();
  });

  it('also when the log was replaced by a new one, whose offsets begin again', async () => {
    const first = newLog();
    first.log.append(T, records([message('replaced', 0, 1), message('replaced', 1, 1)]));
    const before = writer(first.log);
    await before.drain();
    await before.stop();
    first.log.close();
    for (const end of ['', '-wal', '-shm']) rmSync(first.path + end, { force: true });
    const log = openEmbeddedLog(first.path, { clock: systemClock });
    log.append(T, records([message('replaced', 2, 1), message('replaced', 3, 1)]));
    const w = writer(log);
    await w.drain();
    await w.stop();
    assert.deepEqual(await stored('replaced'), { rows: 4, different: 4 });
    log.close();
  });
});
