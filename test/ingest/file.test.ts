import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Frame } from '../../src/frame.ts';
import { MotionGate } from '../../src/ingest/motion-gate.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import { squareIn, writeClip } from '../support/clips.ts';
import { missingSharedData, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';
import { writeStillClip } from './still-clip.ts';
import { jumpingClock, watchCamera } from './watch-camera.ts';

const FRAMES = 50;

describe('a file', () => {
  let folder: string;
  const clip = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sightline-file-'));
    await writeClip(clip('clip.mp4'), { frames: FRAMES, indexFirst: true });
    await writeClip(clip('clip.mkv'), { frames: FRAMES });
    await writeClip(clip('clip.ts'), { frames: FRAMES });
  });
  after(() => rm(folder, { recursive: true }));

  for (const name of ['clip.mp4', 'clip.mkv', 'clip.ts']) {
    it(`played once yields every frame in order: ${name}`, async () => {
      const shown: number[] = [];
      await using camera = watchCamera(
        { kind: 'file', path: clip(name), pace: 'fast' },
        { onFrame: (frame) => void shown.push(squareIn(frame.picture)) },
      );
      await camera.settled;
      assert.deepEqual(
        shown,
        Array.from({ length: FRAMES }, (_, n) => n % 20),
      );
      assert.deepEqual(
        camera.frames.map(({ seq, ptsMs }) => [seq, Math.round(ptsMs)]),
        Array.from({ length: FRAMES }, (_, n) => [n, n * 40]),
      );
      assert.deepEqual(
        camera.states.map(({ atMs: _, ...state }) => state),
        [
          { state: 'connecting' },
          { state: 'live', width: 320, height: 240, codec: 'h264' },
          { state: 'stopped', code: 'STREAM_ENDED', message: 'the file was played to its end' },
        ],
      );
      assert.equal(camera.counters.received, FRAMES);
      assert.equal(camera.counters.decoded, FRAMES);
      assert.ok(camera.counters.decodeMs > 0);
    });
  }

  it('played once waits for the consumer: two frames at most are unreleased, and the end waits for both', async () => {
    const held: Frame<Picture>[] = [];
    await using camera = watchCamera(
      { kind: 'file', path: clip('clip.mp4'), pace: 'fast' },
      {
        onFrame: (frame) => {
          held.push(frame);
          return false;
        },
      },
    );
    let most = 0;
    for (let released = 0; released < FRAMES; released++) {
      await camera.until(
        () => held.length > 0 && camera.frames.length >= Math.min(released + 2, FRAMES),
        5_000,
      );
      await new Promise(setImmediate);
      most = Math.max(most, held.length);
      assert.ok(camera.states.at(-1)!.state === 'live');
      held.shift()!.release();
    }
    assert.equal(most, 2);
    await camera.settled;
    assert.equal(camera.states.at(-1)!.state, 'stopped');
  });

  it('is paced by its timestamps: captured times are as far apart as media times', async () => {
    const clock = jumpingClock();
    const startedAtMs = clock.now();
    await using camera = watchCamera({ kind: 'file', path: clip('clip.mp4'), pace: 'realtime' }, { clock });
    await camera.settled;
    assert.equal(Math.round(clock.now() - startedAtMs), (FRAMES - 1) * 40);
    for (const { ptsMs, capturedAtMs, arrivedAtMs } of camera.frames) {
      assert.ok(Math.abs(capturedAtMs - startedAtMs - ptsMs) < 0.01);
      assert.ok(capturedAtMs <= arrivedAtMs);
    }
  });

  it('looped goes on in one run with media time that rises evenly over the seam', async () => {
    const clock = jumpingClock();
    await using camera = watchCamera({ kind: 'file', path: clip('clip.mp4'), loop: true }, { clock });
    await camera.until(() => camera.frames.length > 3 * FRAMES, 10_000);
    await camera.stop();
    assert.equal(new Set(camera.frames.map(({ run }) => run)).size, 1);
    for (const [n, { seq, ptsMs }] of camera.frames.entries()) {
      assert.equal(seq, n);
      assert.equal(Math.round(ptsMs), n * 40);
    }
    assert.deepEqual(
      camera.states.map(({ state }) => state),
      ['connecting', 'live'],
    );
  });

  it('looped behind a motion gate keeps its pace and its time while it rests', async () => {
    const path = clip('still.mp4');
    const frames = 500;
    const moves = (n: number) => n % 125 >= 100;
    await writeStillClip(path, { moves, frames, gop: 25, bFrames: 2 });
    const clock = jumpingClock();
    const startedAtMs = clock.now();
    const gate = new MotionGate({ enabled: true, heartbeatSeconds: 1 });
    let stillMs = 0;
    await using camera = watchCamera(
      { kind: 'file', path, loop: true },
      {
        clock,
        gate,
        onFrame: (frame) => {
          stillMs = frame.stillMs ?? 0;
          gate.observed({ changed: moves(Math.round(frame.ptsMs / 40) % frames) });
        },
      },
    );
    await camera.until(() => (camera.frames.at(-1)?.ptsMs ?? 0) > 2.5 * frames * 40, 30_000);
    await camera.stop();
    const { received, decoded, skipped = 0 } = camera.counters;
    assert.ok(skipped > 0 && decoded < received * 0.8, `${decoded} of ${received} shown, ${skipped} skipped`);
    for (const [i, { ptsMs, capturedAtMs, arrivedAtMs }] of camera.frames.entries()) {
      assert.ok(Math.abs(ptsMs / 40 - Math.round(ptsMs / 40)) < 0.01, `${ptsMs} ms is a frame's time`);
      if (i > 0) assert.ok(ptsMs > camera.frames[i - 1]!.ptsMs);
      assert.ok(capturedAtMs <= arrivedAtMs);
    }
    const lastMs = camera.frames.at(-1)!.ptsMs;
    assert.ok(Math.abs(clock.now() - startedAtMs - lastMs) < 1_000, 'no faster than real time');
    assert.ok(stillMs > lastMs * 0.2 && stillMs < lastMs * 0.8, `${stillMs} of ${lastMs} ms still`);
  });

  it('looped waits for nobody', async () => {
    const held: Frame<Picture>[] = [];
    await using camera = watchCamera(
      { kind: 'file', path: clip('clip.mp4'), loop: true },
      {
        clock: jumpingClock(),
        onFrame: (frame) => {
          held.push(frame);
          return false;
        },
      },
    );
    await camera.until(() => held.length >= 20, 5_000);
    await camera.stop();
    for (const frame of held) frame.release(); // after the camera has gone: still theirs to give back
  });

  it('gets a run of its own each time', async () => {
    const runs = new Set<string>();
    for (let n = 0; n < 3; n++) {
      await using camera = watchCamera({ kind: 'file', path: clip('clip.mp4'), pace: 'fast' });
      await camera.settled;
      runs.add(camera.frames[0]!.run);
    }
    assert.equal(runs.size, 3);
  });

  for (const name of ['clip.mp4', 'clip.mkv', 'clip.ts']) {
    it(`cut short plays what it has, then ends: ${name}`, async () => {
      const whole = await readFile(clip(name));
      const path = clip(`cut-${name}`);
      await writeFile(path, whole.subarray(0, Math.floor(whole.length * 0.7)));
      await using camera = watchCamera({ kind: 'file', path, pace: 'fast' });
      await camera.settled;
      assert.ok(camera.frames.length > 10 && camera.frames.length < FRAMES, `${camera.frames.length} frames`);
      assert.equal((camera.states.at(-1) as { code?: string }).code, 'STREAM_ENDED');
    });
  }

  it('cut short loops what it has', async () => {
    const whole = await readFile(clip('clip.mkv'));
    await writeFile(clip('cut-loop.mkv'), whole.subarray(0, Math.floor(whole.length * 0.7)));
    await using camera = watchCamera(
      { kind: 'file', path: clip('cut-loop.mkv'), loop: true },
      { clock: jumpingClock() },
    );
    await camera.until(() => camera.frames.length > 2 * FRAMES, 5_000);
    await camera.stop();
    for (const [n, { ptsMs }] of camera.frames.entries()) assert.equal(Math.round(ptsMs), n * 40);
  });

  it('with damage in the middle goes on behind it, and counts it', async () => {
    const path = clip('damaged.ts');
    const bytes = await readFile(clip('clip.ts'));
    const third = Math.floor(bytes.length / 3);
    for (let at = third; at < third * 2; at += 97) bytes[at] = bytes[at]! ^ 0x5a;
    await writeFile(path, bytes);
    await using camera = watchCamera({ kind: 'file', path, pace: 'fast' });
    await camera.settled;
    assert.equal((camera.states.at(-1) as { code?: string }).code, 'STREAM_ENDED');
    assert.ok((camera.counters.damaged ?? 0) > 0);
    assert.ok(camera.frames.length > FRAMES / 3);
    assert.ok(camera.frames.at(-1)!.ptsMs > (FRAMES - 5) * 40, 'plays to the end');
  });

  const impostors = {
    'text.mp4': 'this is a shopping list\n'.repeat(500),
    'empty.mp4': '',
    'playlist.mp4': '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nclip.ts\n#EXT-X-ENDLIST\n',
    'concat.mp4': 'ffconcat version 1.0\nfile clip.mp4\n',
    // 16-bit mono PCM at 8 kHz
    'sound.wav': wav(8_000),
  };
  for (const [name, content] of Object.entries(impostors)) {
    it(`that is no video stops its camera and says so: ${name}`, async () => {
      await writeFile(clip(name), content);
      await using camera = watchCamera({ kind: 'file', path: clip(name), loop: name === 'text.mp4' });
      await camera.settled;
      const last = camera.states.at(-1)!;
      assert.equal(last.state, 'stopped');
      assert.equal((last as { code?: string }).code, 'FILE_NOT_VIDEO');
      assert.equal(camera.frames.length, 0);
    });
  }

  it('is never taken for a URL', async () => {
    await using camera = watchCamera({ kind: 'file', path: `concat:${clip('clip.ts')}|${clip('clip.ts')}` });
    assert.equal((await camera.problem()).code, 'FILE_NOT_FOUND');
    await camera.stop();
  });

  it('that is missing is looked for again, slowly, and played once it is there', async () => {
    const clock = jumpingClock();
    let gate = Promise.withResolvers<void>();
    const slow = { ...clock, sleep: (ms: number) => clock.sleep(ms).then(() => gate.promise) };
    await using camera = watchCamera({ kind: 'file', path: clip('late.mp4'), pace: 'fast' }, { clock: slow });
    const problem = await camera.problem();
    assert.equal(problem.code, 'FILE_NOT_FOUND');
    assert.match(problem.message, /late\.mp4/);
    await copyFile(clip('clip.mp4'), clip('late.tmp'));
    await rename(clip('late.tmp'), clip('late.mp4'));
    gate.resolve();
    gate = Promise.withResolvers();
    gate.resolve();
    await camera.settled;
    assert.equal(camera.frames.length, FRAMES);
    assert.equal(problem.nextTryAtMs, 1_700_000_000_000 + 10_000);
  });

  it('releases its frames once: a second time throws and frees nothing twice', async () => {
    let thrown: unknown;
    await using camera = watchCamera(
      { kind: 'file', path: clip('clip.mp4'), pace: 'fast' },
      {
        onFrame: (frame) => {
          frame.release();
          if (frame.seq > 0) return false;
          try {
            frame.release();
          } catch (error) {
            thrown = error;
          }
          return false;
        },
      },
    );
    await camera.settled;
    assert.match(String(thrown), /frame 0 .* released twice/);
    assert.equal(camera.frames.length, FRAMES);
  });

  it('stops at once in the middle', async () => {
    await using camera = watchCamera({ kind: 'file', path: clip('clip.mp4'), loop: true });
    await camera.until(() => camera.frames.length > 2, 5_000);
    assert.ok((await camera.stop()) < 1_000);
    const count = camera.frames.length;
    await new Promise(setImmediate);
    assert.equal(camera.frames.length, count);
  });

  it('with sound beside the picture yields its 332 pictures', {
    skip: missingSharedData(TOWN_CENTRE),
  }, async () => {
    await using camera = watchCamera({ kind: 'file', path: sharedData(TOWN_CENTRE), pace: 'fast' });
    await camera.settled;
    assert.equal(camera.frames.length, 332);
    assert.equal(camera.counters.received, 332);
    assert.ok(Math.abs(camera.frames.at(-1)!.ptsMs - 331 * 40) < 1);
  });
});

function wav(samples: number): Buffer {
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8_000, 24);
  bytes.writeUInt32LE(16_000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples * 2, 40);
  return bytes;
}
