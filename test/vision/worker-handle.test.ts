import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { END_CHECKS, LOADING_CHECKS, SILENT_CHECKS, WorkerHandle } from '../../src/vision/worker-handle.ts';

type FromTest = { type: 'said'; text: string };

/** A thread that does what it is told, and what became of it. */
function thread() {
  const entry = new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', (message) => {
        switch (message.type) {
          case 'post': parentPort.postMessage(message.message); break;
          case 'end': parentPort.close(); break;
          case 'throw': setImmediate(() => { throw new Error('boom'); }); break;
          case 'stop': parentPort.postMessage({ type: 'stopped' }); parentPort.close(); break;
        }
      });`)}`,
  );
  const said: string[] = [];
  const failed: string[] = [];
  const lost: string[] = [];
  let heard = (): void => undefined;
  const handle = new WorkerHandle<object, FromTest>(
    entry,
    {},
    {
      onMessage: ({ text }) => {
        said.push(text);
        heard();
      },
      onFailed: (reason) => {
        failed.push(reason);
        heard();
      },
      onLost: (reason) => {
        lost.push(reason);
        heard();
      },
    },
  );
  return {
    handle,
    said,
    failed,
    lost,
    post: (message: object) => handle.send({ type: 'post', message }),
    next: () =>
      new Promise<void>((resolve) => {
        heard = resolve;
      }),
    check: (times: number) => {
      for (let i = 0; i < times; i++) handle.check();
    },
  };
}

describe('the handle of a thread', () => {
  it('tells a failure only when the thread has released everything and ended', async () => {
    const { handle, post, failed, lost, next } = thread();
    post({ type: 'failing', reason: 'a fault' });
    post({ type: 'stopped' });
    const ended = next();
    handle.send({ type: 'end' });
    await ended;
    assert.deepEqual([failed, lost], [['a fault'], []]);
  });

  it('takes a thread that ends without having released for lost', async () => {
    for (const how of ['end', 'throw']) {
      const { handle, failed, lost, next } = thread();
      const ended = next();
      handle.send({ type: how });
      await ended;
      assert.equal(failed.length, 0);
      assert.match(lost[0], how === 'throw' ? /boom/ : /without a word/);
    }
  });

  it('waits longer for one that loads a model, and not for ever', async () => {
    const { handle, lost, check } = thread();
    check(LOADING_CHECKS);
    assert.deepEqual(lost, []);
    check(1);
    assert.equal(lost.length, 1);
    await handle.stop();
  });

  it('takes a silent one for lost, but not while it loads a model', async () => {
    const { handle, post, said, lost, next, check } = thread();
    const heard = async (message: object): Promise<void> => {
      const answered = next();
      post(message);
      post({ type: 'said', text: 'here' });
      await answered;
    };
    check(10 * SILENT_CHECKS); // it may still be reading its code
    await heard({ type: 'loading', loading: true });
    check(10 * SILENT_CHECKS);
    await heard({ type: 'loading', loading: false });
    check(SILENT_CHECKS);
    assert.deepEqual([said.length, lost], [2, []]);
    check(1);
    check(100); // told once
    assert.deepEqual(lost, [`it said nothing for ${SILENT_CHECKS} s`]);
    await handle.stop();
  });

  it('takes one that fails and does not end for lost', async () => {
    const { handle, post, lost, next, check } = thread();
    const answered = next();
    post({ type: 'failing', reason: 'a fault' });
    post({ type: 'said', text: 'here' });
    await answered;
    check(END_CHECKS);
    assert.deepEqual(lost, []);
    check(1);
    assert.match(lost[0], /a fault.*did not end/);
    await handle.stop();
  });

  it('tells nothing of a thread that was asked to stop', async () => {
    const { handle, failed, lost, check } = thread();
    const stopped = handle.stop();
    check(1_000);
    await stopped;
    assert.deepEqual([failed, lost], [[], []]);
  });
});
