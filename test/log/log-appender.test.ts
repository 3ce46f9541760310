import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NewRecord } from '../../src/log/embedded-log.ts';
import { createLogAppender } from '../../src/log/log-appender.ts';

const T = 'sightline.detections.v1';
const record = (n: number): NewRecord => ({ key: 'gate', id: `gate/r/${n}`, value: '{}' });

/** A log that remembers its transactions and fails while `broken`; a clock whose sleeps end when told. */
function rig(options: { maxBatch?: number; maxQueued?: number; maxQueuedBytes?: number } = {}) {
  const transactions: number[] = [];
  const stored: string[] = [];
  const errors: { queued: number; retryInMs: number }[] = [];
  const sleeps: { ms: number; end: () => void }[] = [];
  const state = { broken: false };
  const appender = createLogAppender({
    log: {
      append(_topic, records) {
        if (state.broken) throw new Error('database or disk is full');
        transactions.push(records.length);
        stored.push(...records.map((r) => r.id));
        return records.length;
      },
    },
    clock: {
      now: () => 0,
      elapsed: () => 0,
      sleep: (ms, signal) =>
        new Promise<void>((resolve) => {
          signal?.addEventListener('abort', () => resolve());
          sleeps.push({ ms, end: resolve });
        }),
    },
    onError: (_err, failure) => errors.push({ ...failure }),
    ...options,
  });
  const wake = async () => {
    const sleep = sleeps.shift()!;
    sleep.end();
    await new Promise(setImmediate);
    return sleep.ms;
  };
  return { appender, transactions, stored, errors, sleeps, state, wake };
}

describe('the log appender', () => {
  it('writes the records of 20 ms in one transaction', async () => {
    const { appender, transactions, sleeps, wake } = rig();
    for (let n = 0; n < 50; n++) appender.append(T, record(n));
    assert.equal(appender.queued, 50);
    assert.equal(sleeps.length, 1);
    assert.equal(await wake(), 20);
    assert.deepEqual(transactions, [50]);
    assert.equal(appender.queued, 0);
    assert.equal(sleeps.length, 0); // idle: no timer runs
  });

  it('writes at once when the batch is full', () => {
    const { appender, transactions } = rig({ maxBatch: 10 });
    for (let n = 0; n < 25; n++) appender.append(T, record(n));
    assert.deepEqual(transactions, [10, 10]);
    assert.equal(appender.queued, 5);
  });

  it('keeps the order and everything while the disk fails, and backs off', async () => {
    const { appender, stored, errors, state, wake } = rig({ maxBatch: 3 });
    state.broken = true;
    for (let n = 0; n < 8; n++) appender.append(T, record(n));
    assert.equal(errors.length, 1); // a full batch is not tried again for every record
    await wake(); // the sleep that was begun before the failure
    const waits: number[] = [];
    for (let k = 0; k < 7; k++) waits.push(await wake());
    assert.deepEqual(waits, [200, 400, 800, 1600, 3200, 5000, 5000]);
    state.broken = false;
    await wake();
    assert.deepEqual(
      stored,
      Array.from({ length: 8 }, (_, n) => `gate/r/${n}`),
    );
    assert.equal(appender.lost, 0);
    appender.append(T, record(8));
    assert.equal(await wake(), 20);
  });

  it('refuses and counts the newest when its memory is full', async () => {
    const { appender, stored, state } = rig({ maxBatch: 2, maxQueued: 4 });
    state.broken = true;
    const taken = [0, 1, 2, 3, 4, 5].map((n) => appender.append(T, record(n)));
    assert.deepEqual(taken, [true, true, true, true, false, false]);
    assert.equal(appender.accepting(), false);
    assert.equal(appender.lost, 2);
    state.broken = false;
    appender.flush();
    assert.equal(appender.accepting(), true);
    assert.deepEqual(stored, ['gate/r/0', 'gate/r/1', 'gate/r/2', 'gate/r/3']);
  });

  it('is bounded in bytes too', () => {
    const { appender, state } = rig({ maxQueuedBytes: 6 });
    state.broken = true;
    const taken = [0, 1, 2, 3].map((n) => appender.append(T, record(n)));
    assert.deepEqual(taken, [true, true, true, false]);
  });

  it('writes the rest when it is closed and says what it could not write', async () => {
    const well = rig();
    well.appender.append(T, record(1));
    assert.equal(await well.appender.close(), 0);
    assert.deepEqual(well.stored, ['gate/r/1']);
    assert.equal(well.appender.append(T, record(2)), false);

    const ill = rig();
    ill.state.broken = true;
    ill.appender.append(T, record(1));
    assert.equal(await ill.appender.close(), 1);
    assert.equal(ill.appender.lost, 1);
  });
});
