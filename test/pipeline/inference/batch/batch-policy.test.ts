import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BatchPolicy } from '../../../../src/pipeline/inference/batch/batch-policy.ts';
import { batchSizes } from '../../../../src/pipeline/inference/batch/batch-sizes.ts';
import { RunTimes } from '../../../../src/pipeline/inference/batch/run-times.ts';

describe('RunTimes', () => {
  it('finds the overhead of a run and the price of a picture', () => {
    const times = new RunTimes();
    for (let i = 0; i < 200; i++) {
      const batch = 1 + ((i * 7) % 16);
      times.observe(batch, (8 + 1.5 * batch) * (1 + 0.1 * Math.sin(i * 1.7)));
    }
    assert.ok(Math.abs(times.overheadMs - 8) < 1, `${times.overheadMs}`);
    assert.ok(Math.abs(times.pictureMs - 1.5) < 0.15, `${times.pictureMs}`);
  });

  it('keeps the shape of the line when only one size runs, at the pace of now', () => {
    const times = new RunTimes();
    for (let i = 0; i < 20; i++) for (const batch of [1, 4, 16]) times.observe(batch, 8 + 2 * batch);
    for (let i = 0; i < 300; i++) times.observe(16, 2 * (8 + 2 * 16));
    assert.ok(Math.abs(times.expect(16) - 80) < 1, `${times.expect(16)}`);
    assert.ok(times.expect(1) > 5 && times.expect(1) < 30, `${times.expect(1)}`);
  });

  it('forgets, and is not moved much by one slow run', () => {
    const times = new RunTimes();
    for (let i = 0; i < 100; i++) times.observe(4, 10);
    times.observe(4, 5_000);
    assert.ok(times.expect(4) < 12, `${times.expect(4)}`);
    for (let i = 0; i < 150; i++) times.observe(4, 30);
    assert.ok(Math.abs(times.expect(4) - 30) < 1.5, `${times.expect(4)}`);
  });

  it('never expects less for more', () => {
    const times = new RunTimes();
    for (let i = 0; i < 50; i++) {
      times.observe(1, 10);
      times.observe(8, 9); // noise
    }
    assert.ok(times.expect(8) >= times.expect(1));
    assert.ok(times.pictureMs >= 0 && times.overheadMs >= 0);
  });
});

describe('BatchPolicy', () => {
  const policy = (overheadMs: number, pictureMs: number, maxBatch = 16) => {
    const made = new BatchPolicy({ maxBatch, maxWaitMs: 10, maxRunMs: 250 });
    for (const size of made.sizes) made.times.observe(size, overheadMs + size * pictureMs);
    return made;
  };

  it('runs batches of few sizes', () => {
    assert.deepEqual(batchSizes(1), [1]);
    assert.deepEqual(batchSizes(12), [1, 2, 4, 8, 12]);
    assert.deepEqual(batchSizes(64), [1, 2, 4, 8, 16, 32, 64]);
  });

  it('pads where the overhead of another run costs more than empty places', () => {
    assert.deepEqual(policy(10, 1).plan(7, 0, 0), { count: 7, size: 8, waitMs: 0 });
    assert.deepEqual(policy(0.1, 5).plan(7, 0, 0), { count: 4, size: 4, waitMs: 0 });
    assert.deepEqual(policy(10, 1).plan(99, 0, 0), { count: 16, size: 16, waitMs: 0 });
  });

  it('waits for workers that are about to come back, and no longer than it may', () => {
    const made = policy(10, 1);
    // after every run of 8 its 8 workers come back within 2 ms
    let nowMs = 0;
    for (let run = 0; run < 20; run++) {
      made.ended(nowMs, 8, 8, 18);
      for (let i = 0; i < 8; i++) made.arrived(nowMs + 1 + 0.1 * i);
      nowMs += 30;
    }
    made.ended(nowMs, 8, 8, 18);
    const { count, waitMs } = made.plan(8, nowMs - 15, nowMs);
    assert.equal(count, 0);
    assert.ok(waitMs > 1.5 && waitMs <= 5, `${waitMs}`);
    for (let i = 0; i < 8; i++) made.arrived(nowMs + 1 + 0.1 * i);
    assert.equal(made.plan(16, nowMs - 15, nowMs + 1.9).count, 16);
  });

  it('does not wait for pictures that come at their own pace', () => {
    const made = policy(5, 1);
    let nowMs = 0;
    for (let run = 0; run < 50; run++) {
      made.arrived(nowMs);
      made.ended(nowMs + 6, 1, 1, 6);
      nowMs += 25;
    }
    made.arrived(nowMs);
    assert.deepEqual(made.plan(1, nowMs, nowMs), { count: 1, size: 1, waitMs: 0 });
    made.ended(nowMs + 6, 1, 1, 6);
    made.arrived(nowMs + 6);
    assert.equal(made.plan(1, nowMs + 6, nowMs + 6.1).count, 1);
  });
});
