import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Camera, DEMO_CLIPS } from '../../src/camera.ts';
import { writeClip } from '../support/clips.ts';
import { freePort } from '../support/free-port.ts';
import { childrenOf, noProcFileSystem } from '../support/processes.ts';
import { rtspServerMissing } from '../support/rtsp-server.ts';
import { Sightline } from '../support/sightline.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const FRAMES = 50;

/** The demo as `npm start -- --rtsp` shows it, with clips of this test and without a model. */
describe('the demo cameras over RTSP', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-demo-'));
  const env = { SIGHTLINE_DEMO: dir, SIGHTLINE_MODELS: dir, SIGHTLINE_FILES: dir };
  const clips = DEMO_CLIPS.slice(0, 2);
  before(async () => {
    for (const clip of clips) await writeClip(join(dir, `${clip}.mp4`), { frames: FRAMES });
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  for (const [what, options, words] of [
    ['together with --empty', ['--empty'], /^sightline: --rtsp .*--empty .*\n$/],
    ['on the port of the dashboard', ['--port', '8554'], /^sightline: port 8554 .* --rtsp <port>.*\n$/],
  ] as const) {
    it(`are refused ${what}, in one line and before anything is there`, () => {
      const dataDir = join(dir, 'data');
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', MAIN, 'serve', '--rtsp', ...options],
        { encoding: 'utf8', env: { ...process.env, ...env, SIGHTLINE_CONFIG: '', SIGHTLINE_DATA: dataDir } },
      );
      assert.deepEqual([status, existsSync(dataDir)], [1, false]);
      assert.match(stderr, words);
    });
  }

  describe('with a server', { skip: rtspServerMissing() || noProcFileSystem }, () => {
    let sightline: Sightline;
    let port = 0;
    before(async () => {
      port = await freePort();
      sightline = await new Sightline(env, ['--rtsp', String(port)]).start();
    });
    after(() => sightline?.[Symbol.asyncDispose]());

    const servers = () =>
      childrenOf(sightline.hubPid)
        .filter(({ args }) => args.includes('--port'))
        .map(({ pid }) => pid);
    const cameras = async () =>
      (await sightline.request<{ cameras: Camera[] }>('GET', '/api/v1/cameras')).body.cameras;

    it('play the clips without end and without a seam', async () => {
      assert.deepEqual(
        (await cameras()).map(({ id, tags, source }) => [id, tags, source.kind === 'rtsp' && source.url]),
        clips.toSorted().map((clip) => [`demo-${clip}`, ['demo'], `rtsp://127.0.0.1:${port}/${clip}`]),
      );
      for (const clip of clips) {
        const { frames, lastError, state, codec, width } = await sightline.statusWhen(
          `demo-${clip}`,
          'in its third round',
          (status) => status.frames.decoded > 2 * FRAMES,
        );
        assert.deepEqual([state, codec, width, frames.damaged], ['live', 'h264', 320, 0]);
        // at most the server was not there yet when the camera first knocked
        assert.ok(lastError === null || lastError.code === 'STREAM_REFUSED', JSON.stringify(lastError));
      }
    });

    it('come back when their server is killed', async () => {
      const [server = 0] = servers();
      process.kill(server, 'SIGKILL');
      await sightline.statusWhen(`demo-${clips[0]}`, 'lost', ({ state }) => state === 'retrying');
      await waitFor('another server', () => servers().some((pid) => pid !== server));
      for (const clip of clips)
        await sightline.statusWhen(`demo-${clip}`, 'live again', ({ state }) => state === 'live');
    });

    it('come back when the hub is killed, whose server ends with it', async () => {
      const [server = 0] = servers();
      await sightline.request('DELETE', `/api/v1/cameras/demo-${clips[1]}`);
      sightline.kill('SIGKILL');
      await sightline.exited();
      await sightline.start(); // at once, on the same port
      assert.ok(!servers().includes(server));
      assert.throws(() => process.kill(server, 0), { code: 'ESRCH' });
      assert.deepEqual(
        (await cameras()).map(({ id }) => id),
        [`demo-${clips[0]}`],
      );
      await sightline.statusWhen(`demo-${clips[0]}`, 'live again', ({ state }) => state === 'live');
    });

    it('leave no server behind when they are stopped', async () => {
      const [server = 0] = servers();
      assert.notEqual(server, 0);
      assert.equal(await sightline.stop(), 0);
      assert.throws(() => process.kill(server, 0), { code: 'ESRCH' });
    });
  });
});
