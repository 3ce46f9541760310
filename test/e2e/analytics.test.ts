import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CameraStatus } from '../../src/camera.ts';
import { openEmbeddedLog } from '../../src/log/embedded-log.ts';
import type { DetectionsMessage } from '../../src/log/messages.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const CAMERA = '/api/v1/cameras/street';
const DESK = 'videos/one-by-one-person-detection.mp4';

describe('analysis settings, changed while a camera runs', {
  skip: missingSharedData(
    TOWN_CENTRE,
    DESK,
    'models/yolox_nano_416.onnx',
    'models/deimv2_femto_coco.onnx',
    'models/osnet_x0_25_msmt17.onnx',
  ),
}, () => {
  let sightline: Sightline;
  before(async () => {
    sightline = await new Sightline({
      SIGHTLINE_MODELS: `${SHARED_DATA}models`,
      SIGHTLINE_FILES: `${SHARED_DATA}videos`,
    }).start();
    await sightline.addCamera({
      id: 'street',
      source: { kind: 'file', path: sharedData(TOWN_CENTRE), loop: true },
      analytics: { fps: 10 },
    });
    await sightline.statusWhen('street', 'analysed', ({ frames }) => frames.analysed > 10);
  });
  after(() => sightline.stop());

  const change = async (analytics: object): Promise<void> => {
    const { status, text } = await sightline.request('PATCH', CAMERA, { analytics });
    assert.equal(status, 200, text);
  };
  const analysedMore = async (from: CameraStatus, frames: number): Promise<CameraStatus> =>
    sightline.statusWhen(
      'street',
      'analysed on',
      (now) => now.frames.analysed >= from.frames.analysed + frames,
    );
  /** The messages of the log, all of one run unless the stream was started anew. */
  const messages = (): DetectionsMessage[] => {
    const log = openEmbeddedLog(join(sightline.dataDir, 'log.db'));
    try {
      const records = log.read('sightline.detections.v1', 1, 100_000, 256 * 2 ** 20);
      return records.map(({ value }) => JSON.parse(value) as DetectionsMessage);
    } finally {
      log.close();
    }
  };

  it('tells what is in effect', async () => {
    const { analysis } = await sightline.status('street');
    assert.equal(analysis.state, 'running');
    assert.equal(analysis.inEffect?.model, 'yolox-nano@0.1.1');
    assert.equal(analysis.inEffect?.provider, 'cpu');
    assert.equal(analysis.inEffect?.input, '416x256');
    assert.equal(analysis.inEffect?.analytics.fps, 10);
    assert.equal(analysis.inEffect?.analytics.motionGate.enabled, true);
  });

  it('swaps the model without a gap: every sampled frame is analysed by the one or the other', async () => {
    const before = await sightline.status('street');
    await change({ model: 'deimv2-femto' });
    const swapped = await sightline.statusWhen(
      'street',
      'analysed by the new model',
      ({ analysis }) => analysis.inEffect?.model.startsWith('deimv2-femto@') === true,
    );
    const after = await analysedMore(swapped, 10);
    assert.equal(after.frames.dropped.model, before.frames.dropped.model, 'no frame was without a model');
    assert.equal(after.state, 'live');
    const all = messages();
    assert.equal(new Set(all.map(({ run }) => run)).size, 1, 'the stream was not started anew');
    const byModel = Map.groupBy(all, ({ model }) => model.split('@')[0]);
    const old = byModel.get('yolox-nano') ?? [];
    const fresh = byModel.get('deimv2-femto') ?? [];
    assert.ok(fresh.length >= 10);
    assert.ok((old.at(-1)?.seq ?? 0) < fresh[0].seq, 'one took over from the other once');
    const people = (list: DetectionsMessage[]): number =>
      list.flatMap(({ objects }) => objects).filter(({ label }) => label === 'person').length / list.length;
    assert.ok(people(old) > 3 && people(fresh) > 3, `${people(old)} and ${people(fresh)} people a frame`);
    const ids = (list: DetectionsMessage[]): number[] =>
      list.flatMap(({ objects }) => objects.flatMap(({ track }) => track ?? []));
    assert.ok(Math.max(...ids(old)) < Math.min(...ids(fresh)), 'no track id is used twice');
    await change({ model: null });
    await sightline.statusWhen(
      'street',
      'analysed by the first model again',
      ({ analysis }) => analysis.inEffect?.model.startsWith('yolox-nano@') === true,
    );
  });

  it('takes up classes and thresholds, and tracks go on', async () => {
    const tracksOf = (list: DetectionsMessage[]): Set<number> =>
      new Set(list.flatMap(({ objects }) => objects.flatMap(({ track }) => track ?? [])));
    const before = await analysedMore(await sightline.status('street'), 20);
    const tracked = tracksOf(messages().slice(-5));
    await change({ classes: ['person'], thresholds: { person: 0.6 } });
    const changed = await sightline.statusWhen(
      'street',
      'restricted to people',
      ({ analysis }) => analysis.inEffect?.analytics.classes.length === 1,
    );
    await analysedMore(changed, 10);
    const since = messages().slice(-8);
    const objects = since.flatMap((message) => message.objects);
    assert.ok(objects.length > 0);
    assert.deepEqual(new Set(objects.map(({ label }) => label)), new Set(['person']));
    // below the threshold only what a confirmed track holds
    for (const { confidence, track } of objects) assert.ok(confidence >= 0.6 || track !== undefined);
    assert.ok(
      [...tracksOf(since)].some((id) => tracked.has(id)),
      'a person kept its track',
    );
    assert.ok(before.frames.analysed < changed.frames.analysed);
    await change({ classes: null, thresholds: null });
  });

  it('changes the tracker', async () => {
    await change({ tracker: { name: 'sort', lostForSeconds: 0.5 } });
    const { analysis } = await sightline.statusWhen(
      'street',
      'tracked by SORT',
      ({ analysis: { inEffect } }) => inEffect?.analytics.tracker.name === 'sort',
    );
    assert.equal(analysis.inEffect?.analytics.tracker.lostForSeconds, 0.5);
    const { body } = await sightline.request<{ analytics: { tracker: object } }>('GET', CAMERA);
    assert.deepEqual(body.analytics.tracker, { name: 'sort', lostForSeconds: 0.5, iouThreshold: 0.3 });
  });

  it('recognises people by their looks when the tracker wants that', async () => {
    await change({ tracker: { name: 'botsort' } });
    const tracked = await sightline.statusWhen(
      'street',
      'tracked by looks',
      ({ analysis: { inEffect } }) => inEffect?.analytics.tracker.name === 'botsort',
    );
    await waitFor('crops to be embedded', async () => {
      const { text } = await sightline.request('GET', '/metrics');
      const line = /^sightline_stage_seconds_count\{camera="street",stage="embed"\} (\d+)/m.exec(text);
      return Number(line?.[1]) > 5;
    });
    assert.equal((await analysedMore(tracked, 5)).analysis.problem, null);
    await change({ tracker: null });
  });

  it('rests where nothing moves, and says so', async () => {
    // a desk at which nobody sits for the first half minute
    await sightline.addCamera({
      id: 'desk',
      source: { kind: 'file', path: sharedData(DESK), loop: true },
      analytics: { fps: 5, motionGate: { heartbeatSeconds: 1 } },
    });
    const still = await sightline.statusWhen(
      'desk',
      'still',
      ({ analysis }) => analysis.motionGate.state === 'still',
      60_000,
    );
    const later = await sightline.statusWhen(
      'desk',
      'resting',
      ({ analysis }) => analysis.motionGate.withheld + analysis.motionGate.skipped >= 20,
      60_000,
    );
    const dropped = Object.values(later.frames.dropped).reduce((sum, frames) => sum + frames, 0);
    const { received, decoded, analysed } = later.frames;
    const { skipped, withheld } = later.analysis.motionGate;
    assert.ok(received - decoded - skipped - withheld <= 12, 'what was received is accounted for');
    assert.ok(decoded - analysed - dropped <= 2, 'and so is what was decoded');
    assert.equal(still.analysis.inEffect?.analytics.motionGate.heartbeatSeconds, 1);
    await sightline.request('PATCH', '/api/v1/cameras/desk', { analytics: { motionGate: false } });
    await sightline.statusWhen(
      'desk',
      'open for good',
      ({ analysis }) => analysis.motionGate.state === 'off',
    );
  });

  it('keeps serving with the old model when the new one cannot be loaded, and says why', async () => {
    const before = await sightline.status('street');
    await change({ model: 'no-such-model' });
    const refused = await sightline.statusWhen(
      'street',
      'told of the missing model',
      ({ analysis }) => analysis.state === 'unavailable',
    );
    assert.equal(refused.analysis.problem?.code, 'MODEL_UNKNOWN');
    assert.equal(refused.analysis.inEffect?.model, before.analysis.inEffect?.model);
    await analysedMore(refused, 10);
    await change({ model: null });
    await sightline.statusWhen('street', 'well again', ({ analysis }) => analysis.state === 'running');
  });
});
