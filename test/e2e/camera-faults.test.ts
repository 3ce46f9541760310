import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeClip } from '../support/clips.ts';
import { type RtspServer, rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { Sightline } from '../support/sightline.ts';

const skipRtsp = missingSharedData(TOWN_CENTRE) || rtspServerMissing();
/** A file played once waits for its model. */
const skipModel = missingSharedData('models/yolox_nano_416.onnx');

/** What goes wrong with cameras, as their status tells it; the cameras beside them keep running. */
describe('cameras that fail', () => {
  let sightline: Sightline;
  let videos: string;

  before(async () => {
    sightline = await new Sightline({ SIGHTLINE_MODELS: `${SHARED_DATA}models` }).start();
    videos = join(sightline.dataDir, 'videos');
    mkdirSync(videos, { recursive: true });
    await writeClip(join(videos, 'ball.mp4'), { frames: 250, indexFirst: true });
  });
  after(() => sightline?.[Symbol.asyncDispose]());

  const addRtsp = (id: string, url: string) => sightline.addCamera({ id, source: { kind: 'rtsp', url } });
  const addFile = (id: string, name: string, more: object = {}) =>
    sightline.addCamera({ id, source: { kind: 'file', path: join(videos, name), ...more } });

  describe('over RTSP', { skip: skipRtsp }, () => {
    let server: RtspServer;
    before(async () => {
      server = await startRtspServer({ clip: sharedData(TOWN_CENTRE) });
    });
    after(() => server?.kill());

    it('offline when the server is killed, back when it returns', async () => {
      await addRtsp('killed', server.url('clip'));
      await sightline.statusWhen('killed', 'live', ({ state }) => state === 'live');
      const { port } = server;
      await server.kill();
      const lost = await sightline.statusWhen('killed', 'retrying', ({ state }) => state === 'retrying');
      assert.ok(lost.reason && lost.nextTryAtMs, JSON.stringify(lost));
      server = await startRtspServer({ clip: sharedData(TOWN_CENTRE), port });
      await sightline.statusWhen('killed', 'live again', ({ state }) => state === 'live', 40_000);
    });

    it('offline within seconds when the server freezes, back when it thaws', async () => {
      await addRtsp('frozen', server.url('clip'));
      await sightline.statusWhen('frozen', 'live', ({ state }) => state === 'live');
      server.freeze();
      const frozenAtMs = Date.now();
      const lost = await sightline.statusWhen('frozen', 'retrying', ({ state }) => state === 'retrying');
      assert.equal(lost.reason?.code, 'STREAM_SILENT');
      assert.ok(lost.sinceMs - frozenAtMs <= 6_000, `noticed after ${lost.sinceMs - frozenAtMs} ms`);
      server.thaw();
      await sightline.statusWhen('frozen', 'live again', ({ state }) => state === 'live', 40_000);
    });

    it('wrong credentials are said, and tried rarely', async () => {
      await addRtsp('wrong-password', server.url('secret', 'user:wrong'));
      const status = await sightline.statusWhen(
        'wrong-password',
        'refused',
        ({ state }) => state === 'retrying',
      );
      assert.equal(status.reason?.code, 'STREAM_UNAUTHORIZED');
      assert.ok((status.nextTryAtMs ?? 0) - status.sinceMs >= 30_000, 'spares the camera a lock-out');
      assert.ok(!JSON.stringify(status).includes('wrong@'));
    });

    it('a wrong path', async () => {
      await addRtsp('wrong-path', server.url('nowhere'));
      const status = await sightline.statusWhen(
        'wrong-path',
        'not found',
        ({ state }) => state === 'retrying',
      );
      assert.equal(status.reason?.code, 'STREAM_NOT_FOUND');
    });

    it('a stream with audio only', async () => {
      await addRtsp('audio', server.url('audio'));
      const status = await sightline.statusWhen(
        'audio',
        'without video',
        ({ state }) => state === 'retrying',
      );
      assert.equal(status.reason?.code, 'STREAM_NO_VIDEO');
    });

    it('follows a change of resolution in mid-stream', async () => {
      await addRtsp('changing', server.url('changing'));
      const first = await sightline.statusWhen('changing', 'live', ({ state }) => state === 'live');
      await sightline.statusWhen(
        'changing',
        'of another size',
        ({ state, width }) => state === 'live' && width !== first.width,
        40_000,
      );
    });

    it('a host where nobody listens', async () => {
      await addRtsp('refused', 'rtsp://127.0.0.1:9/live');
      const status = await sightline.statusWhen('refused', 'refused', ({ state }) => state === 'retrying');
      assert.equal(status.reason?.code, 'STREAM_REFUSED');
    });
  });

  it('a host that takes the call and never answers', async (t) => {
    const mute = createServer().listen(0, '127.0.0.1');
    t.after(() => mute.close());
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    await addRtsp('mute', `rtsp://127.0.0.1:${port}/live`);
    // counted from the worker's own first word: what starting the system takes is not the camera's
    const { sinceMs: beganAtMs } = await sightline.statusWhen(
      'mute',
      'taken by a worker',
      ({ frames }) => Object.keys(frames.dropped).length > 0,
    );
    const { reason, sinceMs } = await sightline.statusWhen(
      'mute',
      'given up on',
      ({ state }) => state === 'retrying',
    );
    assert.equal(reason?.code, 'STREAM_UNREACHABLE');
    assert.ok(sinceMs - beganAtMs <= 6_000, `noticed after ${sinceMs - beganAtMs} ms`);
    assert.equal((await sightline.request('DELETE', '/api/v1/cameras/mute')).status, 204);
  });

  it('a truncated file plays what it has, then ends', { skip: skipModel }, async () => {
    const whole = readFileSync(join(videos, 'ball.mp4'));
    writeFileSync(join(videos, 'cut.mp4'), whole.subarray(0, Math.floor(whole.length / 2)));
    await addFile('cut', 'cut.mp4', { pace: 'fast' });
    const status = await sightline.statusWhen('cut', 'stopped', ({ state }) => state === 'stopped');
    assert.equal(status.reason?.code, 'STREAM_ENDED');
    assert.ok(status.frames.decoded > 20 && status.frames.decoded < 250, `decoded ${status.frames.decoded}`);
  });

  it('a text file named .mp4', async () => {
    writeFileSync(join(videos, 'text.mp4'), 'this is not a video\n'.repeat(100));
    await addFile('text', 'text.mp4');
    const status = await sightline.statusWhen('text', 'stopped', ({ state }) => state === 'stopped');
    assert.equal(status.reason?.code, 'FILE_NOT_VIDEO');
  });

  it('a file played once is analysed whole: no frame is dropped but those not due', {
    skip: skipModel,
  }, async () => {
    await addFile('once', 'ball.mp4', { pace: 'fast' });
    const { frames } = await sightline.statusWhen('once', 'played', ({ state }) => state === 'stopped');
    assert.deepEqual(frames.dropped, { sampled: 200, superseded: 0, stale: 0, model: 0, stopped: 0 });
    assert.deepEqual([frames.decoded, frames.analysed], [250, 50]);
  });

  it('a looped file stays live', async () => {
    await addFile('loop', 'ball.mp4', { loop: true });
    const { fps } = await sightline.statusWhen(
      'loop',
      'live',
      (status) => status.state === 'live' && status.fps.decoded > 20,
    );
    assert.ok(fps.decoded < 30);
  });

  it('a model that is not there is named with what to run, and noticed when it comes', {
    skip: skipModel,
  }, async () => {
    const models = join(sightline.dataDir, 'models');
    mkdirSync(models);
    await using other = await new Sightline({ SIGHTLINE_MODELS: models, SIGHTLINE_FILES: videos }).start();
    await other.addCamera({
      id: 'a',
      source: { kind: 'file', path: join(videos, 'ball.mp4'), loop: true },
      analytics: { model: 'yolox-nano' }, // one that names none is given the model that comes with the program
    });
    const without = await other.statusWhen(
      'a',
      'live without a model',
      (status) => status.state === 'live' && status.analysis.problem !== null,
    );
    assert.equal(without.analysis.problem?.code, 'MODEL_MISSING');
    assert.match(without.analysis.problem?.message ?? '', /sightline model pull yolox-nano/);

    writeFileSync(join(models, 'yolox_nano_416.onnx'), 'altered');
    await other.statusWhen(
      'a',
      'refusing the altered model',
      ({ analysis }) => analysis.problem?.code === 'MODEL_ALTERED',
    );

    copyFileSync(sharedData('models/yolox_nano_416.onnx'), join(models, 'yolox_nano_416.onnx'));
    const running = await other.statusWhen('a', 'analysed', ({ frames }) => frames.analysed > 0);
    assert.deepEqual([running.analysis.state, running.analysis.problem], ['running', null]);
  });
});
