import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MotionGate } from '../../src/ingest/motion-gate.ts';
import type { Picture } from '../../src/ingest/picture.ts';
import { type RtspServer, rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { watchCamera } from './watch-camera.ts';

const PATIENCE_MS = 60_000;
const ROUND_MS = 4_000;

/** How far the square of /still has come, in steps of 8 pixels. */
function placeOf(picture: Picture): number {
  const luma = picture.data![0]!;
  const row = 120 * picture.linesize[0]!;
  for (let x = 0; x < picture.width; x++) if (luma[row + x]! > 130) return Math.round(x / 8);
  return -1;
}

interface Woken {
  /** Steps the square had gone in the first picture that was shown of its way. */
  readonly steps: number;
  /** Packets that had arrived since the one of that picture. */
  readonly packetsLate: number;
  readonly stillMs: number;
}

describe('an RTSP camera behind a motion gate', { skip: rtspServerMissing(), timeout: 90_000 }, () => {
  let server: RtspServer;
  before(async () => {
    server = await startRtspServer();
  });
  after(() => server.kill());

  it('rests, and wakes with the picture that moved, the moment its packet arrives', async () => {
    const gate = new MotionGate({ enabled: true, heartbeatSeconds: 1 });
    let place = 0;
    let rested = false;
    let stoodMs = 0;
    const woken: Woken[] = [];
    const heartbeats: number[] = [];
    await using camera = watchCamera(
      { kind: 'rtsp', url: server.url('still') },
      {
        gate,
        onFrame: ({ picture, ptsMs, stillMs: totalMs = 0 }) => {
          const stillMs = totalMs - stoodMs;
          stoodMs = totalMs;
          const before = place;
          place = placeOf(picture);
          if (before === 0 && place !== 0 && rested) {
            const packetsLate = camera.counters.received - 1 - Math.round(ptsMs / 40);
            woken.push({ steps: place, packetsLate, stillMs });
          }
          if (place === before && gate.state === 'still' && stillMs > 0) heartbeats.push(stillMs);
          gate.observed({ changed: place !== before });
          rested = gate.resting;
        },
      },
    );
    await camera.until(() => woken.length >= 3, PATIENCE_MS);
    await camera.stop();

    for (const { steps, packetsLate, stillMs } of woken) {
      assert.equal(steps, 1, 'the first picture in which it moved');
      // the parser tells a picture's end by the beginning of the next
      assert.ok(packetsLate <= 1, `${packetsLate} packets late`);
      assert.ok(stillMs < ROUND_MS);
    }
    const { received, decoded, skipped = 0, withheld = 0, damaged = 0 } = camera.counters;
    assert.equal(damaged, 0);
    assert.ok(skipped > 0 && decoded < received * 0.8, `${decoded} of ${received} shown, ${skipped} skipped`);
    assert.ok(decoded + skipped + withheld <= received);
    assert.ok(heartbeats.length > 0 && heartbeats.every((ms) => ms < 1_300), `${heartbeats}`);
    const { frames } = camera;
    for (let i = 1; i < frames.length; i++) assert.ok(frames[i]!.ptsMs > frames[i - 1]!.ptsMs);
    assert.equal(new Set(frames.map(({ run }) => run)).size, 1);
  });
});
