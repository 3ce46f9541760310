import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Subject } from 'rxjs';
import type { DropReason } from '../../src/frame.ts';
import { mapInTurn } from '../../src/pipeline/map-in-turn.ts';
import { Turns } from '../../src/pipeline/turns.ts';

interface Value {
  readonly ptsMs: number;
}

/** A camera whose inference ends only when the test says so. */
function slowInference(keep: 'latest' | 'every', turns = new Turns(), isStale?: (value: Value) => boolean) {
  const camera = new Subject<Value>();
  const started: number[] = [];
  const results: number[] = [];
  const dropped: Array<[number, DropReason]> = [];
  const running: Array<PromiseWithResolvers<number>> = [];
  let completed = false;
  let error: unknown;
  const subscription = camera
    .pipe(
      mapInTurn(
        (value: Value) => {
          started.push(value.ptsMs);
          const run = Promise.withResolvers<number>();
          running.push(run);
          return run.promise.then(() => value.ptsMs);
        },
        { turns, keep, isStale, drop: (value, reason) => dropped.push([value.ptsMs, reason]) },
      ),
    )
    .subscribe({
      next: (ptsMs) => results.push(ptsMs),
      error: (err) => {
        error = err;
      },
      complete: () => {
        completed = true;
      },
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    camera,
    started,
    results,
    dropped,
    subscription,
    send: (...times: number[]) => {
      for (const ptsMs of times) camera.next({ ptsMs });
    },
    finish: async () => {
      running.shift()?.resolve(0);
      await settle();
    },
    fail: async (reason: Error) => {
      running.shift()?.reject(reason);
      await settle();
    },
    completed: () => completed,
    error: () => error,
  };
}

describe('mapInTurn', () => {
  it('keeps only the newest frame while inference is busy, and accounts for the rest', async () => {
    const flow = slowInference('latest');
    flow.send(0, 40, 80, 120);
    await flow.finish();
    await flow.finish();
    assert.deepEqual(flow.results, [0, 120]);
    assert.deepEqual(flow.dropped, [
      [40, 'superseded'],
      [80, 'superseded'],
    ]);
  });

  it('keeps every frame in order for a source that waits', async () => {
    const flow = slowInference('every');
    flow.send(0, 40, 80);
    for (let i = 0; i < 3; i++) await flow.finish();
    assert.deepEqual(flow.results, [0, 40, 80]);
    assert.deepEqual(flow.dropped, []);
  });

  it('chooses the frame when the turn comes, not when it was asked for', async () => {
    const turns = new Turns();
    const other = slowInference('latest', turns);
    const flow = slowInference('latest', turns);
    other.send(0);
    flow.send(0, 40, 80); // waits behind the other camera all the while
    assert.deepEqual(flow.started, []);
    await other.finish();
    assert.deepEqual(flow.started, [80]);
  });

  it('serves cameras in turn, however many frames one of them sends', async () => {
    const turns = new Turns();
    const greedy = slowInference('every', turns);
    const modest = slowInference('every', turns);
    greedy.send(0, 1, 2, 3, 4);
    modest.send(0);
    await greedy.finish();
    assert.deepEqual(greedy.started, [0]);
    assert.deepEqual(modest.started, [0]);
    await modest.finish();
    assert.deepEqual(greedy.started, [0, 1]);
  });

  it('drops what has become stale when its turn comes, and goes on', async () => {
    const turns = new Turns();
    const other = slowInference('latest', turns);
    const flow = slowInference('latest', turns, (value) => value.ptsMs < 100);
    other.send(0);
    flow.send(40);
    await other.finish();
    assert.deepEqual(flow.dropped, [[40, 'stale']]);
    flow.send(200);
    await flow.finish();
    assert.deepEqual(flow.results, [200]);
  });

  it('completes after the last result, not with the last frame', async () => {
    const flow = slowInference('every');
    flow.send(0, 40);
    flow.camera.complete();
    await flow.finish();
    assert.equal(flow.completed(), false);
    await flow.finish();
    assert.equal(flow.completed(), true);
    assert.deepEqual(flow.results, [0, 40]);
  });

  it('hands back what waits when it is unsubscribed, and withdraws from the queue', async () => {
    const turns = new Turns();
    const other = slowInference('latest', turns);
    const flow = slowInference('latest', turns);
    other.send(0);
    flow.send(40);
    assert.equal(turns.waiting, 1);
    flow.subscription.unsubscribe();
    assert.equal(turns.waiting, 0);
    assert.deepEqual(flow.dropped, [[40, 'stopped']]);
    await other.finish();
    assert.deepEqual(flow.started, []);
  });

  it('gives the turn back when unsubscribed during its inference', async () => {
    const turns = new Turns();
    const flow = slowInference('latest', turns);
    const other = slowInference('latest', turns);
    flow.send(0);
    other.send(7);
    flow.subscription.unsubscribe();
    assert.deepEqual(other.started, []); // the inference still runs
    await flow.finish();
    assert.deepEqual(flow.results, []);
    assert.deepEqual(other.started, [7]);
  });

  it('passes an error on, hands back what waits and frees the turn', async () => {
    const turns = new Turns();
    const flow = slowInference('latest', turns);
    const other = slowInference('latest', turns);
    flow.send(0, 40);
    other.send(7);
    await flow.fail(new Error('out of memory'));
    assert.match(String(flow.error()), /out of memory/);
    assert.deepEqual(flow.dropped, [[40, 'stopped']]);
    assert.deepEqual(other.started, [7]);
  });
});
