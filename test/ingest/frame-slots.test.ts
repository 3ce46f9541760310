import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameSlots } from '../../src/ingest/frame-slots.ts';

const never = new AbortController().signal;

async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false;
  promise.then(() => {
    done = true;
  });
  await new Promise(setImmediate);
  return done;
}

describe('FrameSlots', () => {
  it('holds the decoder back while two frames are unreleased', async () => {
    const slots = new FrameSlots(2);
    slots.take();
    assert.equal(await settled(slots.free(never)), true);
    slots.take();
    const third = slots.free(never);
    assert.equal(await settled(third), false);
    slots.give();
    assert.equal(await settled(third), true);
  });

  it('is empty only when the last frame came back', async () => {
    const slots = new FrameSlots(2);
    slots.take();
    slots.take();
    const empty = slots.empty(never);
    slots.give();
    assert.equal(await settled(empty), false);
    slots.give();
    assert.equal(await settled(empty), true);
  });

  it('lets go on abort', async () => {
    const stopping = new AbortController();
    const slots = new FrameSlots(1);
    slots.take();
    const waiting = slots.free(stopping.signal);
    assert.equal(await settled(waiting), false);
    stopping.abort();
    assert.equal(await settled(waiting), true);
    assert.equal(await settled(slots.empty(stopping.signal)), true);
  });
});
