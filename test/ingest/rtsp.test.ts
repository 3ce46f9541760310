import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { AV_FRAME_FLAG_KEY } from 'node-av/constants';
import type { RtspSource } from '../../src/camera.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import { type RtspServer, rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { missingSharedData, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { watchCamera } from './watch-camera.ts';

const rtsp = (url: string, transport?: RtspSource['transport']): RtspSource => ({
  kind: 'rtsp',
  url,
  transport,
});
/** Connecting may take as long on a busy machine; what is asserted are orders and counts. */
const PATIENCE_MS = 10_000;

describe('an RTSP camera', { skip: rtspServerMissing(), concurrency: 4, timeout: 80_000 }, () => {
  let server: RtspServer;
  before(async () => {
    server = await startRtspServer();
  });
  after(() => server.kill());

  for (const transport of ['tcp', 'udp'] as const) {
    it(`is live within two seconds over ${transport} and loses nothing`, async () => {
      await using camera = watchCamera(rtsp(server.url('clip'), transport));
      await camera.until(() => camera.frames.length >= 50, PATIENCE_MS);
      await camera.stop();
      assert.deepEqual(
        camera.states.map(({ atMs: _, ...state }) => state),
        [{ state: 'connecting' }, { state: 'live', width: 640, height: 360, codec: 'h264' }],
      );
      assert.ok(camera.states[1]!.atMs - camera.startedAtMs < 2_000);
      for (const [n, { seq, ptsMs, capturedAtMs, arrivedAtMs }] of camera.frames.entries()) {
        assert.equal(seq, n);
        assert.ok(Math.abs(ptsMs - n * 40) < 1, `frame ${n} at ${ptsMs} ms`);
        assert.ok(capturedAtMs <= arrivedAtMs);
      }
      assert.equal(camera.counters.damaged ?? 0, 0);
    });
  }

  it('with sound beside the picture is live as fast, and only the picture is fetched', async () => {
    await using camera = watchCamera(rtsp(server.url('both')));
    await camera.until(() => camera.frames.length >= 10, PATIENCE_MS);
    await camera.stop();
    assert.ok(camera.states[1]!.atMs - camera.startedAtMs < 2_000);
    assert.ok(camera.counters.received - camera.counters.decoded <= 1);
  });

  for (const [mount, codec] of [
    ['hevc', 'hevc'],
    ['mjpeg', 'mjpeg'],
  ] as const) {
    it(`may send ${codec}`, async () => {
      await using camera = watchCamera(rtsp(server.url(mount)));
      await camera.until(() => camera.frames.length >= 30, PATIENCE_MS);
      const live = camera.states[1]!;
      assert.ok(live.state === 'live');
      assert.deepEqual([live.codec, live.width, live.height], [codec, 320, 240]);
      const last = camera.frames.at(-1)!;
      assert.ok(Math.abs(last.ptsMs - last.seq * 40) < 80, `${last.seq} frames in ${last.ptsMs} ms`);
      assert.equal(camera.counters.damaged ?? 0, 0);
    });
  }

  it('is followed when its resolution changes in mid-stream', async () => {
    const widths: number[] = [];
    await using camera = watchCamera(rtsp(server.url('changing')), {
      onFrame: ({ width, picture }) => {
        assert.equal(width, picture.width);
        if (widths.at(-1) !== width) widths.push(width);
      },
    });
    await camera.until(() => widths.length >= 3, PATIENCE_MS);
    await camera.stop();
    assert.deepEqual(widths.slice(0, 3), [640, 320, 640]);
    assert.deepEqual(
      camera.states
        .slice(0, 4)
        .map((state) => (state.state === 'live' ? [state.width, state.height] : state.state)),
      ['connecting', [640, 360], [320, 240], [640, 360]],
    );
    assert.equal(new Set(camera.frames.map(({ run }) => run)).size, 1);
  });

  it('joined between two key frames shows nothing before the next one', async () => {
    await using first = watchCamera(rtsp(server.url('shared')));
    await first.until(() => first.frames.length > 0, PATIENCE_MS);
    // key frames are 25 apart: join well behind one
    const joinAt = first.frames.length + 5 - (first.frames.length % 25) + 25;
    await first.until(() => first.frames.length >= joinAt, PATIENCE_MS);
    const opening: boolean[] = [];
    await using second = watchCamera(rtsp(server.url('shared')), {
      onFrame: ({ picture }) => opening.push((picture.flags & AV_FRAME_FLAG_KEY) !== 0),
    });
    await second.until(() => second.frames.length > 5, PATIENCE_MS);
    await Promise.all([first.stop(), second.stop()]);
    assert.equal(opening[0], true);
    assert.equal(opening[1], false);
    assert.ok(second.counters.received > second.counters.decoded + 2, 'had packets it could not show');
  });

  it('with wrong credentials is tried again in a minute and says why, without them', async () => {
    for (const credentials of [undefined, 'user:wrong-one']) {
      await using camera = watchCamera(rtsp(server.url('secret', credentials)));
      const problem = await camera.problem();
      const now = Date.now();
      await camera.stop();
      assert.equal(problem.code, 'STREAM_UNAUTHORIZED');
      assert.match(problem.message, /check user name and password/);
      assert.doesNotMatch(problem.message, /wrong-one/);
      assert.ok(Math.abs(problem.nextTryAtMs - now - 60_000) < 1_000);
    }
  });

  it('with the right credentials is live: digest, and characters escaped in the URL', async () => {
    for (const credentials of ['user:pass', 'user:p%61ss']) {
      await using camera = watchCamera(rtsp(server.url('secret', credentials)));
      await camera.until(() => camera.frames.length > 0, PATIENCE_MS);
      await camera.stop();
    }
  });

  it('with the right credentials is live: basic', async () => {
    await using basic = await startRtspServer({ auth: 'basic' });
    await using camera = watchCamera(rtsp(basic.url('secret', 'user:pass')));
    await camera.until(() => camera.frames.length > 0, PATIENCE_MS);
    await camera.stop();
  });

  it('with a wrong path is not found', async () => {
    await using camera = watchCamera(rtsp(server.url('no-such-path')));
    assert.equal((await camera.problem()).code, 'STREAM_NOT_FOUND');
    await camera.stop();
  });

  it('without video says so', async () => {
    await using camera = watchCamera(rtsp(server.url('audio')));
    assert.equal((await camera.problem()).code, 'STREAM_NO_VIDEO');
    await camera.stop();
  });

  it('that was killed is retried with growing delays, and live again when it is back', async () => {
    const doomed = await startRtspServer();
    await using camera = watchCamera(rtsp(doomed.url('clip')));
    await camera.until(() => camera.frames.length > 5, PATIENCE_MS);
    await doomed.kill();
    await camera.until(() => camera.states.length >= 4, PATIENCE_MS);
    const [lost, refused] = camera.states.slice(2, 4);
    assert.ok(lost?.state === 'retrying' && refused?.state === 'retrying');
    assert.equal(lost.code, 'STREAM_CLOSED');
    assert.equal(refused.code, 'STREAM_REFUSED');
    assert.deepEqual([lost.attempts, refused.attempts], [1, 2]);
    assert.ok(refused.nextTryAtMs - lost.nextTryAtMs > 1_000, 'waits longer the second time');
    await using back = await startRtspServer({ port: doomed.port });
    assert.equal(back.port, doomed.port);
    await camera.until(() => camera.states.at(-1)!.state === 'live', PATIENCE_MS);
    const runs = new Set(camera.frames.map(({ run }) => run));
    assert.equal(runs.size, 2);
    const again = camera.frames.findIndex(({ run }) => run !== camera.frames[0]!.run);
    assert.equal(camera.frames[again]!.seq, 0);
    assert.equal(camera.frames[again]!.ptsMs, 0);
    await camera.stop();
  });

  for (const transport of ['tcp', 'udp'] as const) {
    it(`that froze is noticed within five seconds over ${transport}, and live again when it thaws`, async (t) => {
      await using frozen = await startRtspServer();
      await using camera = watchCamera(rtsp(frozen.url('clip'), transport));
      await camera.until(() => camera.frames.length > 5, PATIENCE_MS);
      frozen.freeze();
      const frozenAtMs = performance.now();
      const problem = await camera.problem();
      assert.equal(problem.code, 'STREAM_SILENT');
      assert.ok(problem.atMs - frozenAtMs < 5_000, `${problem.atMs - frozenAtMs} ms`);
      t.diagnostic(`noticed after ${Math.round(problem.atMs - frozenAtMs)} ms`);
      frozen.thaw();
      const before = camera.frames.length;
      await camera.until(() => camera.frames.length > before, 3 * PATIENCE_MS);
      assert.equal(camera.states.at(-1)!.state, 'live');
      await camera.stop();
    });
  }

  it('whose connection lives but whose video stopped is noticed too', async () => {
    await using camera = watchCamera(rtsp(server.url('stall')));
    const problem = await camera.problem(PATIENCE_MS);
    assert.equal(problem.code, 'STREAM_SILENT');
    assert.ok(problem.atMs - camera.startedAtMs < 2_000 + 5_000 + 500);
    await camera.stop();
  });

  it('that answers nothing at all is unreachable within five seconds, and lets go on abort', async (t) => {
    await using mute = await listen(() => undefined);
    await using whole = watchCamera(rtsp(mute.url));
    await using aborted = watchCamera(rtsp(mute.url));
    await mute.connected;
    const abortMs = await aborted.stop();
    const problem = await whole.problem();
    assert.equal(problem.code, 'STREAM_UNREACHABLE');
    assert.ok(problem.atMs - whole.startedAtMs < 5_000, `${problem.atMs - whole.startedAtMs} ms`);
    assert.ok(abortMs < 6_000);
    t.diagnostic(`abort while opening a mute host: ${Math.round(abortMs)} ms`);
    await whole.stop();
  });

  it('that hangs up while connecting is no RTSP server', async () => {
    await using rude = await listen((socket) => socket.destroy());
    await using camera = watchCamera(rtsp(rude.url));
    assert.equal((await camera.problem()).code, 'STREAM_FAILED');
    await camera.stop();
  });

  it('whose port speaks another protocol is told as such', async () => {
    const web: Server = createServer((_, response) => response.end('hello'));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    await using camera = watchCamera(rtsp(`rtsp://127.0.0.1:${(web.address() as AddressInfo).port}/live`));
    const problem = await camera.problem();
    assert.ok(['STREAM_FAILED', 'STREAM_UNSUPPORTED', 'STREAM_CLOSED'].includes(problem.code), problem.code);
    await camera.stop();
    web.close();
  });

  it('whose name has no address is unreachable', async () => {
    await using camera = watchCamera(rtsp('rtsp://user:pw@no-such-camera.invalid/live'));
    const problem = await camera.problem();
    assert.equal(problem.code, 'STREAM_UNREACHABLE');
    assert.match(problem.message, /no-such-camera\.invalid/);
    await camera.stop();
  });

  it('tells when its pictures were made: sender reports against the clock in the picture', async (t) => {
    const errors: { ptsMs: number; errorMs: number }[] = [];
    await using camera = watchCamera(rtsp(server.url('clock')), {
      onFrame: ({ ptsMs, capturedAtMs, picture }) => {
        errors.push({ ptsMs, errorMs: capturedAtMs - clockIn(picture, capturedAtMs) });
      },
    });
    await camera.until(() => errors.length > 0 && errors.at(-1)!.ptsMs > 8_000, 2 * PATIENCE_MS);
    await camera.stop();
    const summary = (from: number, to: number) => {
      const sorted = errors
        .filter(({ ptsMs }) => ptsMs >= from && ptsMs < to)
        .map(({ errorMs }) => errorMs)
        .sort((a, b) => a - b);
      return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
    };
    const [early, late] = [summary(500, 1_500), summary(6_000, 8_000)];
    t.diagnostic(`captured minus truth, ms, by arrival: ${JSON.stringify(early)}`);
    t.diagnostic(`captured minus truth, ms, by sender reports: ${JSON.stringify(late)}`);
    assert.ok(Math.abs(early.median) < 100, `${early.median} ms`);
    assert.ok(Math.abs(late.median) < 100, `${late.median} ms`);
  });

  it('may be stopped at any moment', async (t) => {
    let slowestMs = 0;
    for (let n = 0; n < 30; n++) {
      await using camera = watchCamera(rtsp(server.url('clip'), n % 3 === 0 ? 'udp' : 'tcp'));
      // at all stages from looking up the host to playing: the first picture takes about 60 ms
      await new Promise((resolve) => setTimeout(resolve, n * 4));
      slowestMs = Math.max(slowestMs, await camera.stop());
    }
    t.diagnostic(`slowest of 30: ${Math.round(slowestMs)} ms`);
    assert.ok(slowestMs < 6_000);
  });

  it('of the real street is shown', { skip: missingSharedData(TOWN_CENTRE) }, async (t) => {
    await using street = await startRtspServer({ clip: sharedData(TOWN_CENTRE) });
    await using camera = watchCamera(rtsp(street.url('clip')));
    // beyond the end of the clip, 332 frames, it goes on without a seam
    await camera.until(() => camera.frames.length > 345, 2 * PATIENCE_MS);
    await camera.stop();
    assert.deepEqual([...new Set(camera.states.map(({ state }) => state))], ['connecting', 'live']);
    for (const [n, { ptsMs }] of camera.frames.entries()) assert.ok(Math.abs(ptsMs - n * 40) < 1);
    t.diagnostic(`first picture after ${Math.round(camera.states[1]!.atMs - camera.startedAtMs)} ms`);
    t.diagnostic(`${(camera.counters.decodeMs / camera.counters.decoded).toFixed(2)} ms a frame`);
  });
});

/** The wall clock drawn into a picture of /clock, milliseconds since the epoch, the one nearest to `near`. */
function clockIn(picture: Picture, near: number): number {
  const luma = picture.data![0]!;
  const stride = picture.linesize[0]!;
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) {
    const x = (bit % 8) * 40 + 20;
    const y = (bit >> 3) * 40 + 20;
    bits = bits * 2 + (luma[y * stride + x]! > 128 ? 1 : 0);
  }
  return near + ((bits - Math.floor(near)) | 0); // the difference modulo 2^32, signed
}

/** A TCP server on loopback that does with each connection what it is told. */
async function listen(onConnection: (socket: Socket) => void) {
  const connected = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
    connected.resolve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
    connected: connected.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
