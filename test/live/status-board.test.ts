import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolvedAnalytics } from '../../src/analytics.ts';
import type { Camera, CameraStatus } from '../../src/camera.ts';
import { systemClock } from '../../src/clock.ts';
import { StatusBoard } from '../../src/live/status-board.ts';

function camera(changes: Partial<Camera> = {}): Camera {
  return {
    id: 'gate',
    name: 'Gate',
    enabled: true,
    source: { kind: 'file', path: '/clip.mp4' },
    analytics: resolvedAnalytics(undefined, true),
    tags: [],
    managedBy: 'api',
    createdAtMs: 1,
    updatedAtMs: 1,
    revisionAtMs: 1,
    playedOut: false,
    ...changes,
  };
}

function board() {
  return new StatusBoard({ ...systemClock, now: () => 1_000 });
}

const live = (status: CameraStatus): CameraStatus => ({ ...status, state: 'live' });

describe('StatusBoard', () => {
  it('ignores the reports of an earlier revision and of cameras that are gone', () => {
    const statuses = board();
    const first = statuses.put(camera());
    statuses.put(camera({ revisionAtMs: 2 }));
    assert.equal(statuses.report(live(first)), false);
    assert.equal(statuses.of('gate')?.state, 'connecting');
    assert.equal(statuses.report(live({ ...first, revisionAtMs: 2 })), true);
    statuses.remove('gate');
    assert.equal(statuses.report(live({ ...first, revisionAtMs: 2 })), false);
  });

  it('keeps the status through a change of name', () => {
    const statuses = board();
    statuses.report(live(statuses.put(camera())));
    assert.equal(statuses.put(camera({ name: 'Main gate', updatedAtMs: 2 })).state, 'live');
  });

  it('says why a camera does not run', () => {
    const problem = { code: 'SECRET_UNREADABLE', message: 'restore the key', atMs: 1 };
    for (const [changes, code, given] of [
      [{ enabled: false }, 'CAMERA_DISABLED', undefined],
      [{ playedOut: true }, 'STREAM_ENDED', undefined],
      [{ enabled: false }, 'SECRET_UNREADABLE', problem],
    ] as const) {
      const { state, reason } = board().put(camera(changes), given);
      assert.deepEqual([state, reason?.code], ['stopped', code]);
    }
  });

  it('tells of a lost vision node on all that was to run, and on nothing else', () => {
    const statuses = board();
    statuses.report(live(statuses.put(camera())));
    statuses.put(camera({ id: 'off', enabled: false }));
    const changed = statuses.visionLost();
    assert.deepEqual(
      changed.map(({ cameraId, state, reason }) => [cameraId, state, reason?.code]),
      [['gate', 'connecting', 'VISION_UNAVAILABLE']],
    );
    assert.equal(statuses.of('off')?.reason?.code, 'CAMERA_DISABLED');
  });
});
