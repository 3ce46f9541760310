import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { CameraInput } from '../src/camera.ts';
import { copiesOf } from '../src/camera-copies.ts';

it('makes so many cameras of one, which differ in id and name', () => {
  const load: CameraInput = {
    id: 'load',
    name: 'Load',
    source: { kind: 'demo', copies: 100, decode: 'shared' },
    analytics: { fps: 2 },
    tags: ['night'],
  };
  const copies = copiesOf(load)!;
  assert.equal(copies.length, 100);
  assert.deepEqual(copies[6], {
    id: 'load-007',
    name: 'Load 007',
    source: { kind: 'demo', decode: 'shared' },
    analytics: { fps: 2 },
    tags: ['night', 'load'],
  });
  const two = copiesOf({ id: 'a', source: { kind: 'demo', copies: 2 } })!;
  assert.deepEqual(
    two.map(({ id, name }) => [id, name]),
    [
      ['a-01', undefined],
      ['a-02', undefined],
    ],
  );
  assert.equal(copiesOf({ id: 'a', source: { kind: 'demo' } }), undefined);
  assert.equal(copiesOf({ id: 'a', source: { kind: 'file', path: 'a.mp4' } }), undefined);
});
