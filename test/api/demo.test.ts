import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Value } from 'typebox/value';
import { CameraAnswer } from '../../src/api/cameras.ts';
import type { Truth } from '../../src/demo/truth.ts';
import { GATE, startApi } from './support.ts';

const TRUTH: Truth = {
  version: 1,
  name: 'junction',
  seed: 7,
  condition: 'dusk',
  width: 1280,
  height: 720,
  fps: 25,
  frames: 3,
  objects: [
    {
      id: 1,
      label: 'car',
      kind: 'van',
      behaviour: 'parked',
      firstFrame: 1,
      samples: [0, 0, 900, 400, 0, 0, 900, 400, 1000, 0, 0, 0],
    },
  ],
  lines: [],
  zones: [{ name: 'plaza', polygon: [] }],
  events: [],
};

describe('demo cameras over HTTP', () => {
  it('are added by the name of a clip, shown with it, and changed', async (t) => {
    const { call } = await startApi(t);
    const created = await call('POST', '/api/v1/cameras', { id: 'street', source: { kind: 'demo' } });
    assert.equal(created.statusCode, 201, created.body);
    assert.ok(Value.Check(CameraAnswer, created.json()));
    assert.deepEqual(created.json().source, { kind: 'demo', clip: 'junction', decode: 'each' });
    assert.equal(created.json().analytics.motionGate.enabled, true);
    const source = { kind: 'demo', clip: 'plaza', decode: 'shared' };
    const changed = (await call('PATCH', '/api/v1/cameras/street', { source })).json();
    assert.deepEqual([changed.source, changed.analytics.motionGate.enabled], [source, false]);
    const copies = await call('PATCH', '/api/v1/cameras/street', { source: { ...source, copies: 2 } });
    assert.match(copies.json().detail, /source\.copies: makes new cameras, and cannot change one/);
  });

  it('are made in numbers by one request, which can be repeated, and removed by their tag', async (t) => {
    const { call, cameras } = await startApi(t);
    const body = { id: 'load', source: { kind: 'demo', copies: 50 }, analytics: { fps: 2 } };
    const key = { 'idempotency-key': 'one' };
    const created = await call('POST', '/api/v1/cameras', body, key);
    assert.deepEqual([created.statusCode, created.headers.location], [201, '/api/v1/cameras?tag=load']);
    const { created: ids, tag } = created.json();
    assert.deepEqual([ids.length, ids[0], ids[49], tag], [50, 'load-01', 'load-50', 'load']);
    const again = await call('POST', '/api/v1/cameras', body, key);
    assert.deepEqual([again.json(), again.headers['idempotency-replayed']], [created.json(), 'true']);
    assert.equal((await call('POST', '/api/v1/cameras', body)).json().code, 'CAMERA_EXISTS');

    await call('POST', '/api/v1/cameras', GATE);
    const tagged = (await call('GET', '/api/v1/cameras?tag=load&limit=1000')).json().cameras;
    assert.deepEqual(
      tagged.map(({ id }: { id: string }) => id),
      ids,
    );
    assert.deepEqual(
      [tagged[7].source.copies, tagged[7].analytics.fps, tagged[7].tags],
      [undefined, 2, ['load']],
    );

    assert.equal((await call('DELETE', '/api/v1/cameras')).statusCode, 400);
    assert.equal(cameras.list().length, 51);
    assert.deepEqual((await call('DELETE', '/api/v1/cameras?tag=load')).json(), { removed: ids });
    assert.deepEqual(
      cameras.list().map(({ id }) => id),
      ['gate'],
    );
  });

  it('are not made at all when one of them cannot be', async (t) => {
    const { call, cameras } = await startApi(t);
    await call('POST', '/api/v1/cameras', { ...GATE, id: 'load-03' });
    const refused = await call('POST', '/api/v1/cameras', {
      id: 'load',
      source: { kind: 'demo', copies: 3 },
    });
    assert.deepEqual([refused.statusCode, refused.json().code], [409, 'CAMERA_EXISTS']);
    assert.equal(cameras.list().length, 1);
  });

  it('tell their truth, once for each version of it', async (t) => {
    const { call, dir } = await startApi(t);
    await call('POST', '/api/v1/cameras', { id: 'street', source: { kind: 'demo' } });
    const missing = await call('GET', '/api/v1/cameras/street/truth');
    assert.deepEqual([missing.statusCode, missing.json().code], [404, 'TRUTH_NOT_FOUND']);
    assert.match(missing.json().detail, /junction\.truth\.json\.gz.*restore the folder demo/);

    writeFileSync(join(dir, 'junction.truth.json.gz'), gzipSync(JSON.stringify(TRUTH)));
    const told = await call('GET', '/api/v1/cameras/street/truth');
    assert.equal(told.statusCode, 200, told.body);
    const { counted, zones, condition, frames } = told.json();
    assert.deepEqual(
      [counted.car, counted.person],
      [
        [0, 1, 0],
        [0, 0, 0],
      ],
    );
    assert.deepEqual([zones, condition, frames], [['plaza'], 'dusk', 3]);
    const etag = String(told.headers.etag);
    const cached = (tag: string) =>
      call('GET', '/api/v1/cameras/street/truth', undefined, { 'if-none-match': tag });
    const same = await cached(`"other", W/${etag}`);
    assert.deepEqual([same.statusCode, same.body, same.headers.etag], [304, '', etag]);
    assert.equal((await cached('"other"')).statusCode, 200);
    writeFileSync(join(dir, 'junction.truth.json.gz'), gzipSync(JSON.stringify({ ...TRUTH, frames: 5 })));
    const other = await cached(etag);
    assert.deepEqual([other.statusCode, other.json().frames], [200, 5]);
  });

  it('alone have a truth', async (t) => {
    const { call } = await startApi(t);
    await call('POST', '/api/v1/cameras', GATE);
    const refused = await call('GET', '/api/v1/cameras/gate/truth');
    assert.deepEqual([refused.statusCode, refused.json().code], [404, 'TRUTH_NOT_FOUND']);
    assert.match(refused.json().detail, /only demo cameras/);
    assert.equal((await call('GET', '/api/v1/cameras/none/truth')).json().code, 'CAMERA_NOT_FOUND');
  });
});
