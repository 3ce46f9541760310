import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import type { DemoSource } from '../../src/camera.ts';
import { EngineError } from '../../src/errors.ts';
import type { Frame } from '../../src/frame.ts';
import { DemoClips } from '../../src/ingest/demo.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import type { IngestContext, IngestState } from '../../src/ingest/run-camera.ts';
import { squareIn, writeClip } from '../support/clips.ts';
import { jumpingClock } from './watch-camera.ts';

const CLIP = { width: 320, height: 180, frames: 15, fps: 25 };
const MAX_FRAMES = 1000;

describe('a demo clip', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-demo-'));
  before(() => writeClip(join(dir, 'junction.mp4'), CLIP));
  after(() => rmSync(dir, { recursive: true }));

  /** A camera that stops itself after `count` frames, keeping those that `keeps` says. */
  function camera(clips: DemoClips, source: DemoSource, count: number, keeps = false) {
    const stop = new AbortController();
    const clock = jumpingClock();
    const states: IngestState[] = [];
    const frames: Frame<Picture>[] = [];
    const shown: number[] = [];
    const counters = { received: 0, decoded: 0, decodeMs: 0 };
    const context: IngestContext = {
      clock: { ...clock, sleep: async (ms) => void (await Promise.all([clock.sleep(ms), tick()])) },
      log: pino({ level: 'silent' }),
      signal: stop.signal,
      counters,
      onState: (state) => void states.push(state),
      publish(frame) {
        frames.push(frame);
        shown.push(squareIn(frame.picture));
        if (!keeps) frame.release();
        if (frames.length === count || frames.length > MAX_FRAMES) stop.abort();
      },
    };
    const done = clips
      .play(source, context, () => undefined)
      .then(
        () => undefined,
        (err: unknown) => err,
      );
    return { states, frames, shown, counters, done, stop };
  }

  for (const decode of ['each', 'shared'] as const) {
    it(`shows at every media time the frame that is due then, pass after pass (decode: ${decode})`, async () => {
      const { done, frames, shown, states, counters } = camera(
        new DemoClips(dir),
        { kind: 'demo', decode },
        40,
      );
      await done;
      assert.equal(frames.length, 40);
      for (const [i, { ptsMs }] of frames.entries()) {
        assert.ok(Math.abs(ptsMs - i * 40) < 1e-6, `frame ${i} at ${ptsMs} ms`);
        assert.equal(shown[i], Math.round(ptsMs / 40) % CLIP.frames);
      }
      assert.deepEqual(
        states.map(({ state }) => state),
        ['live'],
      );
      assert.equal(counters.decoded, 40);
    });
  }

  it('that is not there says what to do', async () => {
    const err = await camera(new DemoClips(dir), { kind: 'demo', clip: 'plaza', decode: 'shared' }, 1).done;
    assert.ok(err instanceof EngineError);
    assert.equal(err.code, 'FILE_NOT_FOUND');
    assert.match(err.message, /demo clip plaza is not there .*plaza\.mp4.*restore the folder demo/);
  });

  describe('that several cameras share', () => {
    const source: DemoSource = { kind: 'demo', decode: 'shared' };

    it('is decoded once, every camera having frames of a run of its own', async () => {
      const clips = new DemoClips(dir);
      const [a, b] = [camera(clips, source, 10), camera(clips, source, 20)];
      await Promise.all([a.done, b.done]);
      assert.deepEqual([a.frames.length, b.frames.length], [10, 20]);
      assert.notEqual(a.frames[0]!.run, b.frames[0]!.run);
      assert.deepEqual(
        b.frames.map(({ seq }) => seq),
        Array.from({ length: 20 }, (_, i) => i),
      );
      assert.deepEqual(a.shown, b.shown.slice(0, 10));
      // the same decoded picture, not a second one like it
      for (let i = 0; i < 10; i++) assert.equal(a.frames[i]!.picture, b.frames[i]!.picture);
    });

    it('gives a picture back when the last camera has released it, and refuses a second release', async () => {
      const clips = new DemoClips(dir);
      const [holder, other] = [camera(clips, source, 3, true), camera(clips, source, 12)];
      await Promise.all([holder.done, other.done]);
      const held = holder.frames.map(({ picture }) => picture);
      for (const [i, frame] of holder.frames.entries()) {
        assert.equal(squareIn(frame.picture), i); // untouched while the other camera went on
        assert.throws(() => other.frames[i]!.release(), /released twice/);
      }
      const later = other.frames.slice(3).map(({ picture }) => picture);
      assert.ok(held.every((picture) => !later.includes(picture)));
      for (const frame of holder.frames) frame.release();
    });

    it('begins in the middle for a camera that joins late, and anew when all have left', async () => {
      const clips = new DemoClips(dir);
      const first = camera(clips, source, MAX_FRAMES);
      while (first.frames.length < 7) await tick();
      const joined = first.frames.length;
      const late = camera(clips, source, 5);
      await late.done;
      assert.deepEqual([late.frames[0]!.seq, late.states[0]!.state], [0, 'live']);
      assert.ok(late.frames[0]!.ptsMs >= joined * 40);
      assert.equal(late.shown[0], Math.round(late.frames[0]!.ptsMs / 40) % CLIP.frames);
      first.stop.abort();
      await first.done;
      const again = camera(clips, source, 2);
      await again.done;
      assert.deepEqual(
        again.frames.map(({ ptsMs }) => Math.round(ptsMs)),
        [0, 40],
      );
    });
  });
});

/** Lets everything else that is ready run. */
function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
