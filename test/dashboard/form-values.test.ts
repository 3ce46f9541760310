import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Check } from 'typebox/value';
import type { CameraView } from '../../dashboards/web/src/api.ts';
import { fieldErrors } from '../../dashboards/web/src/camera/field-errors.ts';
import {
  checkForm,
  EMPTY_FORM,
  formOf,
  idFromName,
  toCameraInput,
  toPatch,
} from '../../dashboards/web/src/camera/form-values.ts';
import { resolvedAnalytics } from '../../src/analytics.ts';
import { CameraInput } from '../../src/camera.ts';

const FILLED = { ...EMPTY_FORM, id: 'gate', name: 'Front gate', url: 'rtsp://user:pass@192.0.2.10/stream' };

const CAMERA: CameraView = {
  id: 'gate',
  name: 'Front gate',
  enabled: true,
  source: { kind: 'rtsp', url: 'rtsp://192.0.2.10/stream', transport: 'tcp', hasCredentials: true },
  analytics: resolvedAnalytics(undefined, true),
  tags: [],
  managedBy: 'api',
  createdAtMs: 0,
  updatedAtMs: 0,
  revisionAtMs: 0,
  playedOut: false,
  status: null,
};

describe('the camera form', () => {
  it('makes what the API takes', () => {
    for (const values of [FILLED, { ...FILLED, kind: 'file' as const, path: '/videos/a.mp4', name: ' ' }]) {
      assert.deepEqual(checkForm(values), {});
      assert.ok(Check(CameraInput, toCameraInput(values)), JSON.stringify(toCameraInput(values)));
    }
  });

  it('makes a demo camera, and keeps how it decodes', () => {
    const added = toCameraInput({ ...FILLED, kind: 'demo', clip: 'avenue' });
    assert.deepEqual(added.source, { kind: 'demo', clip: 'avenue', decode: 'each' });
    assert.ok(Check(CameraInput, added));
    const shared = formOf({ ...CAMERA, source: { kind: 'demo', clip: 'plaza', decode: 'shared' } });
    assert.deepEqual(toPatch(shared, { ...shared, clip: 'junction' }), {
      source: { kind: 'demo', clip: 'junction', decode: 'shared' },
    });
  });

  it('agrees with the schema on what an id is', () => {
    const ids = [
      'gate',
      'g',
      '',
      '-gate',
      'gate-',
      'Gate',
      'a b',
      'a'.repeat(63),
      'a'.repeat(64),
      '1-2',
      'tor_1',
    ];
    for (const id of ids) {
      const isFine = checkForm({ ...FILLED, id }).id === undefined;
      assert.equal(isFine, Check(CameraInput.properties.id, id), JSON.stringify(id));
    }
  });

  it('finds every mistake at once, at its field', () => {
    const errors = checkForm({ ...EMPTY_FORM, url: 'http://x', fps: '121', confidence: 'much' });
    assert.deepEqual(Object.keys(errors).sort(), ['confidence', 'fps', 'id', 'url']);
    assert.deepEqual(Object.keys(checkForm({ ...FILLED, kind: 'file', path: ' ' })), ['path']);
  });

  it('suggests an id for a name', () => {
    assert.equal(idFromName('Front gate (north)'), 'front-gate-north');
    assert.equal(idFromName('Zürich Süd'), 'zurich-sud');
    assert.equal(idFromName('...'), '');
    assert.equal(checkForm({ ...FILLED, id: idFromName('x'.repeat(62)) + idFromName('-y') }).id, undefined);
  });
});

describe('a change of a camera', () => {
  const before = formOf(CAMERA);

  it('sends nothing that was not changed', () => {
    assert.deepEqual(toPatch(before, before), {});
  });

  it('leaves the source alone, and so the credentials that are not shown', () => {
    assert.deepEqual(toPatch(before, { ...before, name: 'Gate', fps: '10' }), {
      name: 'Gate',
      analytics: { fps: 10 },
    });
  });

  it('sends a changed source whole', () => {
    assert.deepEqual(toPatch(before, { ...before, transport: 'udp' }), {
      source: { kind: 'rtsp', url: 'rtsp://192.0.2.10/stream', transport: 'udp' },
    });
  });
});

describe("the hub's validation errors", () => {
  it('stand at their fields in any notation of paths', () => {
    const message = 'wrong';
    for (const path of ['/source/url', 'source.url', 'body/source/url']) {
      assert.deepEqual(fieldErrors([{ path, message }], FILLED), { url: 'wrong' });
    }
    assert.deepEqual(fieldErrors([{ path: 'analytics.fps', message }], FILLED), { fps: 'wrong' });
  });

  it('go to the source field when they are about the source as a whole, else below the form', () => {
    const errors = [
      { path: 'source', message: 'neither kind fits' },
      { path: 'tags[3]', message: 'too long' },
      { path: '', message: 'too much' },
    ];
    const file = { ...FILLED, kind: 'file' as const };
    assert.deepEqual(fieldErrors(errors, file), { path: 'neither kind fits', form: 'tags[3]: too long' });
    assert.deepEqual(fieldErrors(errors.slice(2), file), { form: 'too much' });
  });
});
