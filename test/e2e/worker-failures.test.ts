import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { CameraStatus } from '../../src/camera.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const skip = missingSharedData(TOWN_CENTRE, 'models/yolox_nano_416.onnx');
const FAILING = fileURLToPath(new URL('../support/failing-worker.mjs', import.meta.url));
/** So that a leak fills it soon. */
const HEAP_MIB = 128;

const framesOf = ({ frames }: CameraStatus): number =>
  frames.analysed + Object.values(frames.dropped).reduce((sum, count) => sum + count, 0);

describe('an analysis worker that fails', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-failure-'));
  const failure = join(dir, 'failure');
  const fail = (how: 'throw' | 'reject' | 'leak' | 'hang'): void => {
    writeFileSync(`${failure}.new`, how);
    renameSync(`${failure}.new`, failure); // never seen half written
  };
  let sightline: Sightline;

  before(async () => {
    const config = join(dir, 'config.yaml');
    writeFileSync(config, 'vision: { workers: 2 }\n');
    sightline = await new Sightline({
      SIGHTLINE_MODELS: `${SHARED_DATA}models`,
      SIGHTLINE_FILES: sharedData('videos'),
      SIGHTLINE_CONFIG: config,
      SIGHTLINE_TEST_FAILURE: failure,
      NODE_OPTIONS: `--import ${FAILING} --max-old-space-size=${HEAP_MIB}`,
    }).start();
    // the first camera goes to the worker of index 0, the second to the other
    for (const id of ['failing', 'other']) {
      await sightline.addCamera({
        id,
        source: { kind: 'file', path: sharedData(TOWN_CENTRE), loop: true },
        analytics: { fps: 5, motionGate: false },
      });
      await sightline.statusWhen(id, 'analysed', ({ frames }) => frames.analysed > 3, 40_000);
    }
  });
  after(async () => {
    await sightline?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const replacements = async (): Promise<number> => {
    const { text } = await sightline.request('GET', '/metrics');
    return Number(/^sightline_worker_replacements_total (\d+)$/m.exec(text)?.[1]);
  };

  for (const how of ['throw', 'reject', 'leak'] as const) {
    it(`is replaced, and the other worker's camera does not notice: ${how}`, async () => {
      const { node } = sightline.children();
      const before = await sightline.status('failing');
      const other = await sightline.status('other');
      const done = await replacements();
      fail(how);
      await waitFor('a replacement', async () => (await replacements()) === done + 1, { timeoutMs: 90_000 });
      const atReplacement = await sightline.status('failing');
      const back = await sightline.statusWhen(
        'failing',
        'live again',
        ({ state, sinceMs, frames }) =>
          state === 'live' && sinceMs > before.sinceMs && frames.analysed > atReplacement.frames.analysed + 3,
        30_000,
      );
      // what was counted stays counted, and every decoded frame has its one fate; some may be under way
      const { decoded } = back.frames;
      assert.ok(decoded >= before.frames.decoded);
      assert.ok(decoded - framesOf(back) <= 3, `${decoded} decoded, ${framesOf(back)} accounted for`);
      assert.ok(back.frames.dropped.stopped >= before.frames.dropped.stopped);

      assert.equal(sightline.children().node, node); // the same process
      const otherNow = await sightline.status('other');
      assert.equal(otherNow.sinceMs, other.sinceMs);
      assert.ok(otherNow.frames.analysed > other.frames.analysed);
    });
  }

  it('restarts the vision node when it hangs, and all cameras are back', { timeout: 120_000 }, async () => {
    const { node } = sightline.children();
    fail('hang');
    await waitFor('another vision node', () => (sightline.children().node ?? node) !== node, {
      timeoutMs: 90_000,
    });
    for (const id of ['failing', 'other']) {
      await sightline.statusWhen(
        id,
        'analysed again',
        ({ state, frames }) => state === 'live' && frames.analysed > 3,
        40_000,
      );
    }
  });
});
