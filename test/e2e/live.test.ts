import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { io, type Socket } from 'socket.io-client';
import type { Camera, CameraStatus } from '../../src/camera.ts';
import type { Overlay } from '../../src/vision-protocol.ts';
import { type RtspServer, rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { missingSharedData, SHARED_DATA, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { type Problem, Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const MODEL = 'models/yolox_nano_416.onnx';
const skip = missingSharedData(TOWN_CENTRE, MODEL) || rtspServerMissing();

/** From an RTSP camera to boxes on the live channel and rows in SQL, through the real processes. */
describe('a camera, from RTSP to SQL', { skip }, () => {
  let server: RtspServer;
  let sightline: Sightline;

  before(async () => {
    server = await startRtspServer({ clip: sharedData(TOWN_CENTRE) });
    sightline = await new Sightline({ SIGHTLINE_MODELS: `${SHARED_DATA}models` }).start();
  });
  after(async () => {
    await sightline?.[Symbol.asyncDispose]();
    await server?.kill();
  });

  it('is live within two seconds of being registered, without its password in any answer', async () => {
    await waitFor(
      'the vision node',
      async () => (await sightline.request('GET', '/readyz', undefined, '')).status === 200,
    );
    const registeredAtMs = Date.now();
    const { status, text } = await sightline.request('POST', '/api/v1/cameras', {
      id: 'gate',
      source: { kind: 'rtsp', url: server.url('secret', 'user:pass') },
    });
    assert.equal(status, 201, text);
    assert.ok(!text.includes('user:pass'), text);
    const live = await sightline.statusWhen('gate', 'live', ({ state }) => state === 'live');
    // bounded by the server's own stamp of the change, not by how fast this test polls
    assert.ok(live.sinceMs - registeredAtMs <= 2_000, `live after ${live.sinceMs - registeredAtMs} ms`);
    assert.deepEqual([live.width, live.height, live.codec], [854, 480, 'h264']);
  });

  it('measures received, decoded and analysed frames, and every drop has its reason', async () => {
    const { fps, frames } = await sightline.statusWhen(
      'gate',
      'analysed at 5 frames a second',
      (status) => status.frames.analysed >= 20 && status.latencyMs !== null && status.fps.analysed > 4,
    );
    assert.ok(fps.received > 20 && fps.received < 30, `received ${fps.received}`);
    assert.ok(fps.decoded > 20 && fps.decoded < 30, `decoded ${fps.decoded}`);
    assert.ok(fps.analysed < 6, `analysed ${fps.analysed}`);
    assert.ok((fps.dropped.sampled ?? 0) > 15, 'four of five frames are not due');
    const dropped = Object.values(frames.dropped).reduce((sum, n) => sum + n, 0);
    const underWay = frames.decoded - frames.analysed - dropped;
    assert.ok(underWay >= 0 && underWay <= 2, `${underWay} frames unaccounted for`);
  });

  it('finds the people, and answers SQL about them', async () => {
    const rows = await waitFor('people in the table', async () => {
      const found = await sightline.query(
        "select label, uniq(track) from detections where camera = 'gate' group by label order by 2 desc",
      );
      return found.length > 0 && Number(found[0][1]) >= 8 ? found : undefined;
    });
    assert.equal(rows[0][0], 'person');
    const [[fewest, most]] = (await sightline.query(
      "select min(n), max(n) from (select ts, count() as n from detections where camera = 'gate' and label = 'person' and confidence > 0.3 group by ts)",
    )) as [[string, string]];
    assert.ok(Number(most) >= 8, `at most ${most} people at once (at least ${fewest})`);
  });

  it('sends overlays with the picture of the same frame while somebody watches', async () => {
    const socket: Socket = io(`${sightline.url}/live`, {
      auth: { token: sightline.token },
      transports: ['websocket'],
    });
    try {
      const overlays: Array<{ overlay: Overlay; jpeg: Buffer | null }> = [];
      socket.on('overlay', (overlay: Overlay, jpeg: Buffer | null, acknowledge: () => void) => {
        overlays.push({ overlay, jpeg });
        acknowledge();
      });
      await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
      assert.deepEqual(await socket.emitWithAck('join', 'camera:gate'), { ok: true });
      await waitFor('five pictures', () => overlays.filter(({ jpeg }) => jpeg).length >= 5);
      for (const { overlay, jpeg } of overlays) {
        assert.equal(overlay.cameraId, 'gate');
        for (const { box, label, confidence } of overlay.objects) {
          const [x, y, w, h] = box;
          assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1.0001 && y + h <= 1.0001, `box ${box}`);
          assert.ok(label.length > 0 && confidence > 0 && confidence <= 1);
        }
        if (jpeg) assert.deepEqual([...jpeg.subarray(0, 2)], [0xff, 0xd8]);
      }
      assert.ok(overlays.some(({ overlay }) => overlay.objects.some(({ track }) => track !== undefined)));
      const seqs = overlays.map(({ overlay }) => overlay.seq);
      assert.deepEqual(
        seqs,
        seqs.toSorted((a, b) => a - b),
        'in order',
      );
      assert.deepEqual(await socket.emitWithAck('join', 'camera:nobody'), {
        ok: false,
        code: 'CAMERA_NOT_FOUND',
        message: 'no camera nobody',
      });
    } finally {
      socket.disconnect();
    }
  });

  it('opens the live channel to nobody without the token', async () => {
    const socket = io(`${sightline.url}/live`, {
      auth: { token: 'guess' },
      transports: ['websocket'],
      reconnection: false,
    });
    const error = await new Promise<Error & { data?: unknown }>((resolve) =>
      socket.once('connect_error', resolve),
    );
    assert.deepEqual(error.data, { code: 'UNAUTHORIZED' });
    socket.disconnect();
  });

  it('takes a snapshot', async () => {
    const response = await fetch(`${sightline.url}/api/v1/cameras/gate/snapshot.jpg`, {
      headers: { authorization: `Bearer ${sightline.token}` },
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'image/jpeg');
    const jpeg = new Uint8Array(await response.arrayBuffer());
    assert.deepEqual([...jpeg.subarray(0, 2)], [0xff, 0xd8]);
  });

  it('changes the analysed rate while it runs', async () => {
    const { status } = await sightline.request('PATCH', '/api/v1/cameras/gate', { analytics: { fps: 10 } });
    assert.equal(status, 200);
    await sightline.statusWhen('gate', 'analysed at 10 frames a second', ({ fps }) => fps.analysed > 8);
  });

  it('goes on undisturbed when only its name changes', async () => {
    const { revisionAtMs, frames } = await sightline.status('gate');
    await sightline.request('PATCH', '/api/v1/cameras/gate', { name: 'Main gate' });
    const after = await sightline.statusWhen(
      'gate',
      'measured again',
      (next) => next.frames.decoded > frames.decoded,
    );
    assert.deepEqual([after.revisionAtMs, after.state], [revisionAtMs, 'live']);
  });

  it('stops when switched off and comes back when switched on, also for who is watching', async () => {
    const socket = io(`${sightline.url}/live`, {
      auth: { token: sightline.token },
      transports: ['websocket'],
    });
    let pictures = 0;
    socket.on('overlay', (_overlay, jpeg: Buffer | null, acknowledge: () => void) => {
      if (jpeg) pictures++;
      acknowledge();
    });
    await socket.emitWithAck('join', 'camera:gate');
    await waitFor('a picture', () => pictures > 0);
    await sightline.request('PATCH', '/api/v1/cameras/gate', { enabled: false });
    const stopped = await sightline.statusWhen('gate', 'stopped', ({ state }) => state === 'stopped');
    assert.equal(stopped.reason?.code, 'CAMERA_DISABLED');
    await sightline.request('PATCH', '/api/v1/cameras/gate', { enabled: true });
    await sightline.statusWhen('gate', 'live again', ({ state }) => state === 'live');
    const before = pictures;
    await waitFor('pictures again', () => pictures > before + 2);
    socket.disconnect();
  });

  it('reports stages and outcomes as metrics', async () => {
    // counters begin anew with the camera, which was just switched on
    await sightline.statusWhen('gate', 'analysed', ({ frames }) => frames.analysed > 10);
    let text = '';
    const value = (line: RegExp) => Number(line.exec(text)?.[1]);
    await waitFor('the first metrics', async () => {
      ({ text } = await sightline.request('GET', '/metrics'));
      return value(/^sightline_stage_seconds_count\{camera="gate",stage="captureToEvent"\} (\d+)/m) > 0;
    });
    assert.ok(value(/^sightline_frames_total\{camera="gate",outcome="analysed"\} (\d+)/m) > 10);
    for (const stage of ['decode', 'wait', 'scale', 'infer', 'postprocess', 'track', 'captureToEvent']) {
      const count = value(
        new RegExp(`^sightline_stage_seconds_count\\{camera="gate",stage="${stage}"\\} (\\d+)`, 'm'),
      );
      assert.ok(count > 0, `stage ${stage} was measured ${count} times`);
    }
  });

  it('survives a restart, password included', async () => {
    assert.equal(await sightline.stop(), 0);
    await sightline.start();
    const { body } = await sightline.request<Camera & { status: CameraStatus }>(
      'GET',
      '/api/v1/cameras/gate',
    );
    assert.equal(body.analytics.fps, 10);
    await sightline.statusWhen('gate', 'live after the restart', ({ state }) => state === 'live');
  });

  it('is gone after DELETE, its rows are not', async () => {
    assert.equal((await sightline.request('DELETE', '/api/v1/cameras/gate')).status, 204);
    const { status, body } = await sightline.request<Problem>('GET', '/api/v1/cameras/gate');
    assert.deepEqual([status, body.code], [404, 'CAMERA_NOT_FOUND']);
    const [[count]] = await sightline.query("select count() from detections where camera = 'gate'");
    assert.ok(Number(count) > 100);
  });

  it('never wrote the password to its log', () => {
    assert.ok(sightline.log.length > 0);
    assert.ok(!sightline.log.includes('user:pass'), 'password in the log');
  });
});
