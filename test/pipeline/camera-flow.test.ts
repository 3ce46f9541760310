import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Subject } from 'rxjs';
import type { DropReason, Frame } from '../../src/frame.ts';
import { cameraFlow } from '../../src/pipeline/camera-flow.ts';
import { Turns } from '../../src/pipeline/turns.ts';

/** Frames without pixels that remember whether they were released. */
function frameMaker() {
  const released: number[] = [];
  const make = (seq: number, ptsMs: number, arrivedAtMs = ptsMs, run = 'r'): Frame<null> => ({
    run,
    seq,
    ptsMs,
    capturedAtMs: arrivedAtMs,
    arrivedAtMs,
    width: 8,
    height: 8,
    picture: null,
    release: () => released.push(seq),
  });
  return { make, released };
}

function flowOf(options: {
  fps: number;
  source: 'live' | 'waits';
  ageBudgetMs?: number;
  now?: () => number;
}) {
  const { make, released } = frameMaker();
  const frames = new Subject<Frame<null>>();
  const analysed: number[] = [];
  const drops: DropReason[] = [];
  const running: Array<() => void> = [];
  const subscription = cameraFlow(frames, {
    fps: () => options.fps,
    source: options.source,
    ageBudgetMs: options.ageBudgetMs ?? 500,
    turns: new Turns(),
    now: options.now ?? (() => 0),
    analyse: async (frame) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      running.push(resolve);
      await promise;
      frame.release();
      return frame.seq;
    },
    dropped: (reason) => drops.push(reason),
  }).subscribe((seq) => analysed.push(seq));
  const finish = async () => {
    running.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { frames, make, released, analysed, drops, finish, subscription, running };
}

describe('cameraFlow', () => {
  it('samples 25 frames a second down to 5, evenly', async () => {
    const flow = flowOf({ fps: 5, source: 'waits' });
    for (let seq = 0; seq < 25; seq++) flow.frames.next(flow.make(seq, seq * 40));
    while (flow.running.length) await flow.finish();
    assert.deepEqual(flow.analysed, [0, 5, 10, 15, 20]);
    assert.equal(flow.drops.filter((reason) => reason === 'sampled').length, 20);
  });

  it('samples evenly through jitter and starts anew after a gap or in a new run', async () => {
    const flow = flowOf({ fps: 5, source: 'waits' });
    const times = [0, 39, 81, 120, 161, 195, 241, 280, 2000, 2040, 2199];
    for (const [seq, ptsMs] of times.entries()) flow.frames.next(flow.make(seq, ptsMs));
    flow.frames.next(flow.make(11, 0, 0, 'next-run'));
    while (flow.running.length) await flow.finish();
    assert.deepEqual(flow.analysed, [0, 5, 8, 10, 11]);
  });

  it('keeps its step through a gap, so that the same frames are analysed with and without it', async () => {
    const flow = flowOf({ fps: 5, source: 'waits' });
    const times = [0, 40, 80, 120, 160, 200, 1090, 1130, 1170, 1210, 1250, 1290, 1330, 1370, 1410];
    for (const [seq, ptsMs] of times.entries()) flow.frames.next(flow.make(seq, ptsMs));
    while (flow.running.length) await flow.finish();
    assert.deepEqual(
      flow.analysed.map((seq) => times[seq]),
      [0, 200, 1090, 1210, 1410],
    );
  });

  it('takes up another rate with the next frame', async () => {
    const options = { fps: 5, source: 'waits' as const };
    const flow = flowOf(options);
    for (let seq = 0; seq < 10; seq++) flow.frames.next(flow.make(seq, seq * 40));
    options.fps = 12.5;
    for (let seq = 10; seq < 16; seq++) flow.frames.next(flow.make(seq, seq * 40));
    options.fps = 0;
    for (let seq = 16; seq < 19; seq++) flow.frames.next(flow.make(seq, seq * 40));
    while (flow.running.length) await flow.finish();
    assert.deepEqual(flow.analysed, [0, 5, 10, 12, 14, 16, 17, 18]);
  });

  it('analyses every frame at fps 0', async () => {
    const flow = flowOf({ fps: 0, source: 'waits' });
    for (let seq = 0; seq < 10; seq++) flow.frames.next(flow.make(seq, seq * 40));
    while (flow.running.length) await flow.finish();
    assert.equal(flow.analysed.length, 10);
    assert.deepEqual(flow.drops, []);
  });

  it('drops a live frame that waited longer than its age budget', async () => {
    let nowMs = 0;
    const flow = flowOf({ fps: 0, source: 'live', ageBudgetMs: 500, now: () => nowMs });
    flow.frames.next(flow.make(0, 0));
    flow.frames.next(flow.make(1, 40));
    nowMs = 541;
    await flow.finish();
    assert.deepEqual(flow.drops, ['stale']);
    assert.deepEqual(flow.released, [0, 1]);
  });

  it('releases every frame exactly once and accounts for each, whatever the timing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant('frame'), fc.constant('finish')), { maxLength: 60 }),
        fc.constantFrom('live' as const, 'waits' as const),
        fc.constantFrom(0, 5, 10),
        async (steps, source, fps) => {
          const flow = flowOf({ fps, source });
          let sent = 0;
          for (const step of steps) {
            if (step === 'frame') flow.frames.next(flow.make(sent, sent++ * 40));
            else await flow.finish();
          }
          flow.subscription.unsubscribe();
          while (flow.running.length) await flow.finish();
          assert.equal(flow.released.length, sent);
          assert.equal(new Set(flow.released).size, sent);
          // at most one analysis was under way when the flow was unsubscribed: its result went nowhere
          const unaccounted = sent - flow.analysed.length - flow.drops.length;
          assert.ok(unaccounted === 0 || unaccounted === 1, `${unaccounted} frames unaccounted for`);
        },
      ),
      { numRuns: 200 },
    );
  });
});
