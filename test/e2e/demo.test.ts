import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { io, type Socket } from 'socket.io-client';
import { type Camera, DEMO_CLIPS } from '../../src/camera.ts';
import type { ClipCounts } from '../../src/demo/clip-counts.ts';
import type { Truth } from '../../src/demo/truth.ts';
import type { Overlay } from '../../src/vision-protocol.ts';
import { writeClip } from '../support/clips.ts';
import { Sightline } from '../support/sightline.ts';
import { writeStreetModel } from '../support/street-model.ts';
import { waitFor } from '../support/wait-for.ts';

const FRAMES = 50;

const TRUTH: Truth = {
  version: 1,
  name: 'junction',
  seed: 1,
  condition: 'day',
  width: 320,
  height: 240,
  fps: 25,
  frames: FRAMES,
  objects: [
    {
      id: 1,
      label: 'car',
      kind: 'car',
      behaviour: 'parked',
      firstFrame: 0,
      samples: Array.from({ length: FRAMES }, () => [0, 0, 900, 900, 0, 0, 900, 900, 1000, 0, 0, 0]).flat(),
    },
  ],
  lines: [],
  zones: [],
  events: [],
};

/** The demo as a new user meets it, with clips and a model of this test. */
describe('the demo cameras', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-demo-'));
  const env = { SIGHTLINE_DEMO: dir, SIGHTLINE_MODELS: dir, SIGHTLINE_FILES: dir };
  let sightline: Sightline;

  before(async () => {
    for (const clip of DEMO_CLIPS) await writeClip(join(dir, `${clip}.mp4`), { frames: FRAMES });
    writeFileSync(join(dir, 'junction.truth.json.gz'), gzipSync(JSON.stringify(TRUTH)));
    writeStreetModel(dir);
    sightline = await new Sightline(env, []).start();
  });
  after(async () => {
    await sightline?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const cameras = async (of = sightline): Promise<Camera[]> =>
    (await of.request<{ cameras: Camera[] }>('GET', '/api/v1/cameras?limit=1000')).body.cameras;

  it('are there on a new data directory, and analysed with the model that comes with the program', async () => {
    assert.deepEqual(
      (await cameras()).map(({ id, tags, source }) => [id, tags, source.kind]),
      ['avenue', 'crossing', 'junction', 'plaza'].map((clip) => [`demo-${clip}`, ['demo'], 'demo']),
    );
    for (const clip of DEMO_CLIPS) {
      const status = await sightline.statusWhen(
        `demo-${clip}`,
        'analysed',
        ({ frames }) => frames.analysed > 5,
      );
      assert.equal(status.analysis.inEffect?.model, 'sightline-street@1');
    }
  });

  it('show frames whose truth is known, pass after pass', async () => {
    const path = '/api/v1/cameras/demo-junction/truth';
    const { body: truth } = await sightline.request<ClipCounts>('GET', path);
    const socket: Socket = io(`${sightline.url}/live`, {
      auth: { token: sightline.token },
      transports: ['websocket'],
    });
    try {
      const overlays: Overlay[] = [];
      socket.on('overlay', (overlay: Overlay, _jpeg: unknown, taken: () => void) => {
        overlays.push(overlay);
        taken();
      });
      await socket.timeout(5_000).emitWithAck('join', 'camera:demo-junction');
      await waitFor('overlays of two passes', () => {
        const [first, last] = [overlays[0], overlays.at(-1)];
        return first && last && last.ptsMs - first.ptsMs > 2 * FRAMES * 40 ? true : undefined;
      });
      // 25 frames a second: media time stands on whole frames, in every pass
      for (const { ptsMs } of overlays) assert.equal(ptsMs % 40, 0);
      const { ptsMs, objects } = overlays.at(-1)!;
      const tracked = objects.filter(({ track, label }) => track !== undefined && label === 'car').length;
      assert.equal(tracked, truth.counted.car[(ptsMs / 40) % truth.frames]);
    } finally {
      socket.close();
    }
  });

  it('stay away when they were removed, and stay as they were changed, over a restart', async () => {
    await sightline.request('DELETE', '/api/v1/cameras/demo-plaza');
    await sightline.request('PATCH', '/api/v1/cameras/demo-avenue', { name: 'Mine', enabled: false });
    await sightline.stop();
    await sightline.start();
    assert.deepEqual(
      (await cameras()).map(({ id, name, enabled }) => [id, name === 'Mine', enabled]),
      [
        ['demo-avenue', true, false],
        ['demo-crossing', false, true],
        ['demo-junction', false, true],
      ],
    );
  });

  it('come in numbers that share one decoder', async () => {
    await sightline.addCamera({ id: 'load', source: { kind: 'demo', copies: 6, decode: 'shared' } });
    for (let n = 1; n <= 6; n++) {
      const id = `load-0${n}`;
      // named no model: the usual one is not in this models directory
      const status = await sightline.statusWhen(id, 'analysed', ({ frames }) => frames.analysed > 5);
      assert.equal(status.analysis.inEffect?.model, 'sightline-street@1');
      assert.equal(status.analysis.motionGate.state, 'off');
    }
    await sightline.request('DELETE', '/api/v1/cameras?tag=load');
    assert.equal((await cameras()).length, 3);
  });

  it('are not there with --empty, nor later in a data directory that is not new', async () => {
    await using empty = await new Sightline(env).start();
    assert.deepEqual(await cameras(empty), []);
    await empty.stop();
    await using later = await new Sightline({ ...env, SIGHTLINE_DATA: empty.dataDir }, []).start();
    assert.deepEqual(await cameras(later), []);
  });

  it('leave a camera of the configuration its id', async () => {
    const config = join(dir, 'own.yaml');
    writeFileSync(config, 'cameras:\n  - {id: demo-plaza, name: Own, source: {kind: demo, clip: plaza}}\n');
    await using own = await new Sightline({ ...env, SIGHTLINE_CONFIG: config }, []).start();
    assert.deepEqual(
      (await cameras(own)).map(({ id, managedBy }) => [id, managedBy]),
      [
        ['demo-avenue', 'api'],
        ['demo-crossing', 'api'],
        ['demo-junction', 'api'],
        ['demo-plaza', 'config'],
      ],
    );
  });
});
