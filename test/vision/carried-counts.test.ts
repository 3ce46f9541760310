import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CameraStatus } from '../../src/camera.ts';
import { DROP_REASONS } from '../../src/frame.ts';
import { STAGE_BUCKETS_MS, STAGES } from '../../src/stages.ts';
import { CarriedCounts } from '../../src/vision/carried-counts.ts';
import type { WorkerCameraStatus } from '../../src/vision/worker-protocol.ts';

function counted(cameraId: string, received: number): WorkerCameraStatus {
  const dropped = Object.fromEntries(DROP_REASONS.map((reason, i) => [reason, received + i]));
  const histogram = {
    counts: Array.from({ length: STAGE_BUCKETS_MS.length + 1 }, (_, i) => i * received),
    sumMs: received,
  };
  return {
    status: {
      cameraId,
      frames: { received, damaged: 1, decoded: received - 1, analysed: received - 2, dropped },
      analysis: { motionGate: { state: 'open', sinceMs: 1, skipped: received, withheld: 1 } },
    } as unknown as CameraStatus,
    stages: Object.fromEntries(STAGES.map((stage) => [stage, histogram])) as WorkerCameraStatus['stages'],
    waitingFrameAgeMs: 5,
  };
}

describe('counts of a worker that failed', () => {
  it('are added to those of the workers after it', () => {
    const carried = new CarriedCounts();
    carried.keep(counted('gate', 100));
    carried.keep(counted('gate', 10)); // the second failed too
    const { status, stages } = carried.add(counted('gate', 3));
    assert.equal(status.frames.received, 113);
    assert.equal(status.frames.damaged, 3);
    assert.equal(status.frames.analysed, 98 + 8 + 1);
    assert.equal(status.frames.dropped.superseded, 113 + 3 * DROP_REASONS.indexOf('superseded'));
    const { skipped, withheld } = status.analysis.motionGate;
    assert.deepEqual([skipped, withheld], [113, 3]);
    assert.equal(stages.infer.sumMs, 113);
    assert.equal(stages.infer.counts[2], 226);
  });

  it('are of one camera, until it is removed', () => {
    const carried = new CarriedCounts();
    carried.keep(counted('gate', 100));
    assert.equal(carried.add(counted('yard', 3)).status.frames.received, 3);
    carried.forget('gate');
    assert.equal(carried.add(counted('gate', 3)).status.frames.received, 3);
  });
});
