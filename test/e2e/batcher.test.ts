import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = missingSharedData(TOWN_CENTRE, 'models/deimv2_femto_coco.onnx');
const FAILING = fileURLToPath(new URL('../support/failing-worker.mjs', import.meta.url));
const CAMERAS = ['a', 'b', 'c', 'd'];

describe('one batcher for all workers, on the CPU in the place of a GPU', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-batcher-'));
  const failure = join(dir, 'failure');
  let sightline: Sightline;

  before(async () => {
    const config = join(dir, 'config.yaml');
    writeFileSync(
      config,
      'vision: { workers: 2, ageBudgetMs: 5000, inference: { batcher: always, maxBatch: 4 } }\n',
    );
    sightline = await new Sightline({
      SIGHTLINE_MODELS: `${SHARED_DATA}models`,
      SIGHTLINE_FILES: sharedData('videos'),
      SIGHTLINE_CONFIG: config,
      SIGHTLINE_TEST_FAILURE: failure,
      NODE_OPTIONS: `--import ${FAILING}`,
    }).start();
    for (const id of CAMERAS) {
      await sightline.addCamera({
        id,
        source: { kind: 'file', path: sharedData(TOWN_CENTRE), loop: true },
        // more than this machine can do: pictures wait, so batches form
        analytics: { model: 'deimv2-femto', fps: 25, motionGate: false },
      });
    }
  });
  after(async () => {
    await sightline?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The sum over models and sizes. */
  async function metric(name: string): Promise<number> {
    const { text } = await sightline.request('GET', '/metrics');
    const values = text.matchAll(new RegExp(`^sightline_${name}(?:\\{.*provider="cpu".*\\})? (\\S+)$`, 'gm'));
    return Array.from(values, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0);
  }

  it('analyses the frames of all cameras in common batches, and finds people', async () => {
    for (const id of CAMERAS) {
      await sightline.statusWhen(id, 'analysed', ({ frames }) => frames.analysed >= 3, 60_000);
    }
    await waitFor('a batch of several', async () => (await metric('batch_largest_pictures')) > 1, {
      timeoutMs: 60_000,
    });
    assert.ok((await metric('batched_pictures_total')) > (await metric('batches_total')));
    assert.equal(await metric('batch_failed_pictures_total'), 0);
    const people = async () =>
      Number((await sightline.query("select count() from detections where label = 'person'"))[0][0]);
    await waitFor('people in the store', async () => (await people()) > 10, { timeoutMs: 30_000 });
  });

  it('serves a worker that takes the place of one that failed', async () => {
    const { node } = sightline.children();
    const analysed = new Map<string, number>();
    for (const id of CAMERAS) analysed.set(id, (await sightline.status(id)).frames.analysed);
    writeFileSync(`${failure}.new`, 'throw');
    renameSync(`${failure}.new`, failure); // never seen half written
    await waitFor('a replacement', async () => (await metric('worker_replacements_total')) === 1, {
      timeoutMs: 40_000,
    });
    for (const id of CAMERAS) {
      await sightline.statusWhen(
        id,
        'analysed again',
        ({ state, frames }) => state === 'live' && frames.analysed > (analysed.get(id) as number) + 3,
        60_000,
      );
    }
    assert.equal(sightline.children().node, node);
  });
});
