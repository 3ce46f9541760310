import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { EngineError } from '../../src/errors.ts';
import { PicturePool } from '../../src/ingest/decoder.ts';
import { GatedDecoder } from '../../src/ingest/gated-decoder.ts';
import { MotionGate } from '../../src/ingest/motion-gate.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import type { IngestCounters } from '../../src/ingest/run-camera.ts';
import { VideoStream } from '../../src/ingest/stream.ts';
import { fileError } from '../../src/ingest/stream-errors.ts';
import { type StillClipOptions, writeStillClip } from './still-clip.ts';

const CYCLE = 150;
const FRAMES = 6 * CYCLE;
/** Each six seconds: still for five and a bit, then moving. The last cycle stands still to its end. */
const moves = (n: number) => n % CYCLE >= 130 && n < 5 * CYCLE;

interface Shown {
  readonly n: number;
  readonly hash: string;
  /** Packets sent by then. */
  readonly sent: number;
}

/** Plays a clip and tells which pictures came out; the analysis finds what moves. */
async function play(path: string, gate?: MotionGate) {
  const stream = await VideoStream.open(
    {
      url: `file:${path}`,
      options: {},
      probe: true,
      error: (code) => fileError(code, path),
      noVideo: () => new EngineError('FILE_NOT_VIDEO', path),
    },
    systemClock,
    new AbortController().signal,
  );
  const counters: IngestCounters = { received: 0, decoded: 0, decodeMs: 0 };
  const pool = new PicturePool();
  const decoder = new GatedDecoder({ stream: stream.stream, pool, elapsed: () => 0, gate, counters });
  const { num, den } = stream.stream.timeBase;
  const shown: Shown[] = [];
  let sent = 0;
  for (let ended = false; !ended; ) {
    const packet = await stream.read(() => undefined);
    ended = packet === null;
    decoder.send(packet);
    sent++;
    for (let picture = decoder.receive(); picture; picture = decoder.receive()) {
      const n = Math.round((Number(picture.bestEffortTimestamp) * num * 25) / den);
      shown.push({ n, hash: hashOf(picture), sent });
      gate?.observed({ changed: moves(n) });
      pool.give(picture);
    }
  }
  const { damaged } = decoder.decoder;
  decoder.close();
  pool.close();
  await stream.close();
  return { shown, counters, damaged, sent: sent - 1 };
}

function hashOf(picture: Picture): string {
  const luma = picture.data![0]!;
  const hash = createHash('md5');
  for (let y = 0; y < picture.height; y += 6) {
    hash.update(luma.subarray(y * picture.linesize[0]!, y * picture.linesize[0]! + picture.width));
  }
  return hash.digest('hex');
}

const STREAMS: Record<string, Omit<StillClipOptions, 'moves' | 'frames'>> = {
  'a key frame each second': { gop: 25, bFrames: 0 },
  'a key frame each second, B-frames': { gop: 25, bFrames: 3 },
  'a key frame every ten seconds': { gop: 250, bFrames: 0 },
  'a key frame every ten seconds, B-frames': { gop: 250, bFrames: 2 },
  'open groups of pictures': { gop: 25, bFrames: 3, x264: 'open-gop=1' },
  'one key frame, then a rolling refresh': { gop: 50, bFrames: 0, x264: 'intra-refresh=1' },
};

describe('a decoder behind a motion gate', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sightline-gate-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [name, stream] of Object.entries(STREAMS)) {
    it(`rests and wakes with the right pictures: ${name}`, async () => {
      const path = join(folder, 'clip.mp4');
      await writeStillClip(path, { ...stream, moves, frames: FRAMES });
      const full = await play(path);
      assert.equal(full.shown.length, FRAMES);
      const gate = new MotionGate({ enabled: true, heartbeatSeconds: 2 });
      const { shown, counters, damaged, sent } = await play(path, gate);

      assert.equal(sent, FRAMES);
      assert.equal(damaged, 0);
      for (const [i, { n, hash }] of shown.entries()) {
        if (i > 0) assert.ok(n > shown[i - 1]!.n, `picture ${n} after ${shown[i - 1]!.n}`);
        assert.equal(hash, full.shown[n]!.hash, `picture ${n} as decoded without a gate`);
      }
      const { skipped = 0, withheld = 0 } = counters;
      const accounted = shown.length + skipped + withheld;
      // a decoder that sorts pictures keeps the last of them when it is begun anew
      assert.ok(accounted <= FRAMES && accounted >= FRAMES - 30, `${accounted} of ${FRAMES}`);
      // where key frames are rarer than heartbeats everything is decoded
      assert.equal(skipped > 0, stream.gop === 25, `${skipped} packets never had to be decoded`);
      assert.ok(skipped + withheld > FRAMES * 0.3, `${skipped} skipped, ${withheld} withheld`);
      // from the first movement on that the sizes had to tell alone
      for (let cycle = 0; cycle < 5; cycle++) {
        const first = cycle * CYCLE + 130;
        const late = full.shown[first]!.sent - first;
        const woken = shown.find(({ n }) => n >= first)!;
        // at most the pictures that a decoder sorts are passed over, and none waits for more packets than without
        assert.ok(woken.n <= first + 1, `${first} moved, ${woken.n} was shown`);
        assert.ok(
          woken.sent - woken.n <= late + 1,
          `shown ${woken.sent - woken.n} packets late, else ${late}`,
        );
        for (let n = first + 1; n < first + 20; n++) assert.ok(shown.some((picture) => picture.n === n));
      }
    });
  }
});
