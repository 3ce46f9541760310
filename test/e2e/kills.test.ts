import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openEmbeddedLog } from '../../src/log/embedded-log.ts';
import type { DetectionsMessage } from '../../src/log/messages.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const TOPIC = 'sightline.detections.v1';
const skip = missingSharedData(TOWN_CENTRE, 'models/yolox_nano_416.onnx');

/** Every message the log has acknowledged so far. */
function acknowledged(dataDir: string): DetectionsMessage[] {
  const log = openEmbeddedLog(join(dataDir, 'log.db'));
  try {
    const messages: DetectionsMessage[] = [];
    let from = 1;
    for (;;) {
      const records = log.read(TOPIC, from, 1_000, 64 * 2 ** 20);
      if (records.length === 0) return messages;
      for (const { value } of records) messages.push(JSON.parse(value));
      from = records[records.length - 1].offset + 1;
    }
  } finally {
    log.close();
  }
}

describe('kill -9 while frames flow', { skip }, () => {
  let sightline: Sightline;

  before(async () => {
    sightline = await new Sightline({
      SIGHTLINE_MODELS: `${SHARED_DATA}models`,
      SIGHTLINE_FILES: sharedData('videos'),
    }).start();
    for (const id of ['a', 'b']) {
      await sightline.addCamera({
        id,
        source: { kind: 'file', path: sharedData(TOWN_CENTRE), loop: true },
        analytics: { fps: 10 },
      });
    }
    await waitFor('the first messages', () => acknowledged(sightline.dataDir).length > 20, {
      timeoutMs: 30_000,
    });
  });
  after(() => sightline?.[Symbol.asyncDispose]());

  /** Frames flow again: the log has grown by this many messages since. */
  async function flowing(since: number): Promise<void> {
    await waitFor('frames to flow again', () => acknowledged(sightline.dataDir).length >= since + 40, {
      timeoutMs: 30_000,
    });
  }

  /** Every object of every acknowledged message is exactly one row; no row came from anywhere else. */
  async function assertOnce(): Promise<void> {
    for (const id of ['a', 'b']) {
      await sightline.request('PATCH', `/api/v1/cameras/${id}`, { enabled: false });
      await sightline.statusWhen(id, 'stopped', ({ state }) => state === 'stopped');
    }
    let expected = new Map<string, number>();
    await waitFor(
      'the store to have caught up, with nothing twice',
      async () => {
        const messages = acknowledged(sightline.dataDir);
        assert.equal(new Set(messages.map(({ id }) => id)).size, messages.length, 'message ids are unique');
        expected = new Map(
          messages
            .filter(({ objects }) => objects.length > 0)
            .map(({ camera, run, seq, objects }) => [`${camera}/${run}/${seq}`, objects.length]),
        );
        const total = [...expected.values()].reduce((sum, n) => sum + n, 0);
        const [[count]] = await sightline.query('select count() from detections');
        return Number(count) >= total;
      },
      { timeoutMs: 30_000 },
    );
    const rows = await sightline.query(
      'select camera, run, seq, count() from detections group by camera, run, seq',
    );
    const stored = new Map(rows.map(([camera, run, seq, n]) => [`${camera}/${run}/${seq}`, Number(n)]));
    assert.deepEqual(stored, expected);
    for (const id of ['a', 'b']) await sightline.request('PATCH', `/api/v1/cameras/${id}`, { enabled: true });
  }

  for (const part of ['node', 'store'] as const) {
    it(`of the ${part === 'node' ? 'vision node' : 'store'}: it is back, what was acknowledged is there once`, async () => {
      const pid = await waitFor(`the ${part} process`, () => sightline.children()[part]);
      const before = acknowledged(sightline.dataDir).length;
      process.kill(pid, 'SIGKILL');
      await waitFor('another process in its place', () => {
        const next = sightline.children()[part];
        return next !== undefined && next !== pid;
      });
      await flowing(before);
      await assertOnce();
    });
  }

  it('a file played once is not played again, and not twice, whoever is killed meanwhile', async () => {
    const where = "from detections where camera = 'once'";
    await sightline.addCamera({
      id: 'once',
      source: { kind: 'file', path: sharedData(TOWN_CENTRE), pace: 'realtime' },
    });
    const messages = () => acknowledged(sightline.dataDir).filter(({ camera }) => camera === 'once');
    await waitFor('a third of it', () => messages().length >= 20, { timeoutMs: 30_000 });
    process.kill(sightline.children().node, 'SIGKILL'); // in the middle
    await sightline.statusWhen('once', 'played', ({ reason }) => reason?.code === 'STREAM_ENDED', 60_000);
    const analysed = messages();
    // 332 frames at 25 a second, analysed 5 times a second; each once, by its number
    assert.equal(analysed.length, 67);
    assert.equal(new Set(analysed.map(({ seq }) => seq)).size, 67);
    const objects = analysed.reduce((sum, message) => sum + message.objects.length, 0);
    const rows = async () => Number((await sightline.query(`select count() ${where}`))[0][0]);
    await waitFor('its rows', async () => (await rows()) >= objects);

    const { node } = sightline.children();
    process.kill(node, 'SIGKILL'); // after its end
    await waitFor('another vision node', () => (sightline.children().node ?? node) !== node);
    await sightline.statusWhen('a', 'live again', ({ state }) => state === 'live');
    assert.equal((await sightline.status('once')).reason?.code, 'STREAM_ENDED');
    assert.deepEqual([messages().length, await rows()], [67, objects]);
  });

  it('of the hub: its children end, and a new one goes on where it stopped', async () => {
    await flowing(acknowledged(sightline.dataDir).length);
    const children = Object.values(sightline.children());
    assert.equal(children.length, 2);
    sightline.kill('SIGKILL');
    assert.equal(await sightline.exited(), 'SIGKILL');
    await sightline.start(); // while the old children may still be ending
    const before = acknowledged(sightline.dataDir).length;
    await waitFor('the orphans to end', () => children.every((pid) => !alive(pid)), { timeoutMs: 15_000 });
    await flowing(before);
    await assertOnce();
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
