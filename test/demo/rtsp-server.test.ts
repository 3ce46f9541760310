import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { demoCameras } from '../../src/demo/demo-cameras.ts';
import { checkRtspServer, rtspPortFree, rtspUrls } from '../../src/demo/rtsp-server.ts';
import { EngineError } from '../../src/errors.ts';
import { rtspServerMissing } from '../support/rtsp-server.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { waitFor } from '../support/wait-for.ts';

const SCRIPT = fileURLToPath(new URL('../../src/demo/rtsp_server.py', import.meta.url));

describe('the RTSP server of the demo', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-rtsp-'));
  after(() => rmSync(dir, { recursive: true }));

  it('is refused without any clip, and without GStreamer in one line that says what to install', () => {
    const refused = (code: string, words: RegExp) => (err: unknown) =>
      err instanceof EngineError && err.code === code && words.test(err.message) && !/\n/.test(err.message);
    assert.throws(() => checkRtspServer(dir), refused('FILE_NOT_FOUND', /no demo clip .* without --rtsp/));

    writeFileSync(join(dir, 'crossing.mp4'), '');
    const noPython = join(dir, 'none');
    const packages = /apt-get install python3-gi gir1\.2-gst-rtsp-server-1\.0 gstreamer1\.0-plugins-base/;
    assert.throws(() => checkRtspServer(dir, noPython), refused('RTSP_SERVER_MISSING', packages));
    const bare = join(dir, 'python3');
    writeFileSync(bare, '#!/bin/sh\necho Traceback >&2; echo Namespace Gst not available >&2; exit 1\n');
    chmodSync(bare, 0o755);
    const silent = join(dir, 'silent');
    writeFileSync(silent, '#!/bin/sh\nexit 3\n');
    chmodSync(silent, 0o755);
    assert.throws(() => checkRtspServer(dir, silent), refused('RTSP_SERVER_MISSING', /\(exit code 3\)/));
    const reason = /cannot be run \(Namespace Gst not available\): .*apt-get install python3-gi/;
    assert.throws(() => checkRtspServer(dir, bare), refused('RTSP_SERVER_MISSING', reason));
  });

  it('has one mount a clip, which the demo cameras name', () => {
    writeFileSync(join(dir, 'crossing.mp4'), '');
    assert.deepEqual(rtspUrls(dir, 9554), ['rtsp://127.0.0.1:9554/crossing']);
    assert.deepEqual(
      demoCameras(dir, 9554).map(({ id, source, tags }) => ({ id, source, tags })),
      [
        {
          id: 'demo-crossing',
          source: { kind: 'rtsp', url: 'rtsp://127.0.0.1:9554/crossing' },
          tags: ['demo'],
        },
      ],
    );
  });

  it('waits two seconds for a predecessor to let go of the port, and says when it is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const clock = new VirtualClock();
    const taken = rtspPortFree(port, clock).then(
      () => undefined,
      (err: unknown) => err,
    );
    const message = await waitFor('the refusal', async () => {
      await clock.advance(50);
      return Promise.race([taken, undefined]);
    });
    assert.ok(message instanceof EngineError && message.code === 'PORT_IN_USE');
    assert.match(message.message, new RegExp(`port ${port} .*--rtsp <port>`));
    assert.ok(clock.elapsed() >= 2_000, `after ${clock.elapsed()} ms`);

    const free = rtspPortFree(port, clock);
    other.close();
    let done = false;
    free.then(() => {
      done = true;
    });
    await waitFor('the port', async () => {
      await clock.advance(10);
      return done;
    });
  });

  describe('on a machine with GStreamer', { skip: rtspServerMissing() }, () => {
    /** With its standard input held open, as a hub holds it. */
    const serving = (t: TestContext, file: string) => {
      const server = spawn('/usr/bin/python3', ['-B', SCRIPT, '--port', '0', file]);
      t.after(() => server.kill('SIGKILL'));
      let said = '';
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const closed = once(server, 'close').then(([code]) => ({ code, said }));
      return { server, closed };
    };

    for (const [what, bytes] of [
      ['empty', ''],
      ['random', randomBytes(100_000)],
      ['text', 'no video\n'],
    ] as const) {
      it(`ends with one line that names the clip which is ${what}`, { timeout: 30_000 }, async (t) => {
        const file = join(dir, 'bad.mp4');
        writeFileSync(file, bytes);
        const { code, said } = await serving(t, file).closed;
        assert.equal(code, 1);
        assert.match(said, /^cannot serve \/.*\/bad\.mp4: expected an MP4 file with H\.264 \(.+\)\n$/);
      });
    }

    it('ends with its standard input while it waits for a clip', { timeout: 30_000 }, async (t) => {
      const pipe = join(dir, 'never.mp4');
      assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
      const { server, closed } = serving(t, pipe);
      const clip = await open(pipe, 'w'); // once it is opened for reading
      t.after(() => clip.close());
      server.stdin.end();
      assert.deepEqual(await closed, { code: 0, said: '' });
    });
  });
});
