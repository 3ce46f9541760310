import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rtspServerMissing, startRtspServer } from '../support/rtsp-server.ts';
import { watchCamera } from './watch-camera.ts';

const RECONNECTS = 50;

describe('reconnecting', { skip: rtspServerMissing(), timeout: 60_000 }, () => {
  it(`${RECONNECTS} times leaves no memory behind`, async (t) => {
    await using server = await startRtspServer();
    const connect = async () => {
      await using camera = watchCamera({ kind: 'rtsp', url: server.url('clip') });
      await camera.until(() => camera.frames.length > 0, 10_000);
      await camera.stop();
    };
    // pools and caches fill during the first ones
    for (let n = 0; n < 15; n++) await connect();
    const beforeMb = rssMb();
    for (let n = 0; n < RECONNECTS; n++) await connect();
    const grownMb = rssMb() - beforeMb;
    t.diagnostic(
      `RSS ${beforeMb.toFixed(0)} MB, ${grownMb.toFixed(1)} MB more after ${RECONNECTS} reconnects`,
    );
    // a leaked decoder of this size would be 4 MB each time
    assert.ok(grownMb < 25, `${grownMb} MB`);
  });
});

function rssMb(): number {
  return process.memoryUsage.rss() / 1e6;
}
