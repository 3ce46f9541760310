import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, it } from 'node:test';
import type { Clock } from '../../src/clock.ts';
import { createEngineCheck } from '../../src/store/embedded/engine-check.ts';
import { createHttpFront } from '../../src/store/embedded/http-front.ts';

/** A clock that stands until `advance`; sleepers wake when their time has come. */
function steppedClock(): Clock & { advance(ms: number): void } {
  let nowMs = 0;
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    now: () => nowMs,
    elapsed: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleepers.push({ atMs: nowMs + ms, wake });
        signal?.addEventListener('abort', () => wake());
      }),
    advance(ms) {
      nowMs += ms;
      for (const { atMs, wake } of sleepers) if (atMs <= nowMs) wake();
    },
  };
}

describe('whether the engine answers', () => {
  let clock = steppedClock();
  let probes: PromiseWithResolvers<void>[] = [];
  const probe = () => {
    const asked = Promise.withResolvers<void>();
    probes.push(asked);
    return asked.promise;
  };
  beforeEach(() => {
    clock = steppedClock();
    probes = [];
  });

  it('asks it once for all who ask together, and again after a second', async () => {
    const check = createEngineCheck(probe, clock);
    const answers = [check(), check(), check()];
    assert.equal(probes.length, 1);
    probes[0]!.resolve();
    assert.deepEqual(await Promise.all(answers), [true, true, true]);
    clock.advance(999);
    assert.equal(await check(), true);
    assert.equal(probes.length, 1);
    clock.advance(1);
    const next = check();
    assert.equal(probes.length, 2);
    probes[1]!.reject(new Error('no'));
    assert.equal(await next, false);
  });

  it('gives up after a second, and does not ask again while the probe hangs', async () => {
    const check = createEngineCheck(probe, clock);
    const late = check();
    clock.advance(1000);
    assert.equal(await late, false);
    clock.advance(5000);
    assert.equal(await check(), false);
    assert.equal(probes.length, 1);
    probes[0]!.resolve();
    await new Promise(setImmediate); // its end has been seen
    const next = check();
    assert.equal(probes.length, 2);
    probes[1]!.resolve();
    assert.equal(await next, true);
  });

  it('decides what /ping says', async () => {
    const engine = { run: () => Promise.reject(new Error('not asked')), probe };
    const front = createHttpFront({ engine, clock, username: 'default', password: 'x' });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    const ping = () => fetch(`http://127.0.0.1:${(front.address() as AddressInfo).port}/ping`);
    const asked = once(front, 'request');
    const hung = ping();
    await asked;
    clock.advance(1000);
    const answer = await hung;
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /^Code: 159\. DB::Exception: no answer to SELECT 1 in 1000 ms/);
    probes[0]!.resolve();
    clock.advance(1000);
    const again = once(front, 'request');
    const well = ping();
    await again;
    probes[1]!.resolve();
    assert.deepEqual([(await well).status, await (await well).text()], [200, 'Ok.\n']);
    front.closeAllConnections();
    front.close();
  });
});
