import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MotionGate } from '../../src/ingest/motion-gate.ts';
import { gatedScene, type SceneFrame } from './gate-scene.ts';

const count = (frames: SceneFrame[], wanted: (frame: SceneFrame) => boolean) => frames.filter(wanted).length;

describe('a motion gate closes', () => {
  it('when neither pictures nor analysis have found motion for a while', () => {
    const scene = gatedScene();
    scene.play(1, true);
    const frames = scene.play(4, false);
    const closed = frames.findIndex(({ state }) => state === 'still');
    assert.ok(closed / 25 > 1.4 && closed / 25 < 2.1, `after ${closed} frames`);
  });

  it('never without a word from the analysis', () => {
    const scene = gatedScene();
    assert.equal(
      count(scene.play(10, false, { analysed: false }), ({ state }) => state !== 'open'),
      0,
    );
  });

  it('never while something moves, though the packets are all alike', () => {
    const scene = gatedScene({ bytes: () => 5_000 });
    assert.equal(
      count(scene.play(20, true), ({ state, shown }) => state !== 'open' || !shown),
      0,
    );
  });

  it('never when it is off, and opens when it is switched off', () => {
    const scene = gatedScene({ settings: { enabled: false } });
    assert.equal(
      count(scene.play(10, false), ({ verdict, shown }) => verdict !== 'decode' || !shown),
      0,
    );
    assert.equal(scene.gate.state, 'off');
    scene.gate.set({ enabled: true, heartbeatSeconds: 2 });
    scene.play(4, false);
    assert.equal(scene.gate.state, 'still');
    scene.gate.set({ enabled: false, heartbeatSeconds: 2 });
    assert.equal(scene.frame(false).shown, true);
  });

  it('and says when it does', () => {
    const states: string[] = [];
    const gate = new MotionGate({ enabled: true, heartbeatSeconds: 2 }, (state) => states.push(state));
    const grey = new Uint8Array(64 * 36).fill(90);
    for (let n = 0; n < 100; n++) {
      gate.packet({ bytes: 300, key: n === 0, disposable: false, ptsMs: n * 40 });
      if (gate.wantsPicture) gate.picture(grey);
      gate.observed({ changed: false });
    }
    gate.open();
    assert.deepEqual(states, ['still', 'open']);
  });
});

describe('a closed motion gate', () => {
  it('shows a picture each heartbeat, and opens with the very picture that moved', () => {
    for (const heartbeatSeconds of [0.5, 1, 2, 5]) {
      const scene = gatedScene({ settings: { heartbeatSeconds } });
      scene.play(4, false);
      const shown = count(scene.play(20, false), (frame) => frame.shown === true);
      assert.ok(
        Math.abs(shown - 20 / heartbeatSeconds) <= 0.1 * (20 / heartbeatSeconds) + 1,
        `${shown} shown`,
      );
      const moved = scene.frame(true);
      assert.deepEqual([moved.shown, moved.state], [true, 'open']);
    }
  });

  it('opens when the analysis finds something new at a heartbeat', () => {
    const scene = gatedScene();
    scene.play(5, false);
    assert.equal(scene.gate.state, 'still');
    scene.gate.observed({ changed: true });
    assert.equal(scene.gate.state, 'open');
    assert.equal(scene.frame(false).shown, true);
  });

  it('opens when the analysis falls silent', () => {
    const scene = gatedScene();
    scene.play(4, false);
    const frames = scene.play(30, false, { analysed: false });
    assert.equal(frames.at(-1)!.state, 'open');
  });

  it('stays closed while daylight fades, and opens for a lamp', () => {
    const scene = gatedScene({ light: (ptsMs) => Math.round(ptsMs < 600_000 ? -ptsMs / 10_000 : 0) });
    scene.play(4, false);
    assert.equal(
      count(scene.play(590, false), ({ state }) => state !== 'still'),
      0,
    );
    assert.ok(scene.play(10, false).some(({ state, shown }) => state === 'open' && shown));
  });

  it('opens when timestamps jump, and counts no time for it', () => {
    const gate = new MotionGate({ enabled: true, heartbeatSeconds: 2 });
    const grey = new Uint8Array(64 * 36).fill(90);
    const feed = (ptsMs: number) => {
      gate.packet({ bytes: 300, key: false, disposable: false, ptsMs });
      if (gate.wantsPicture) gate.picture(grey);
      gate.observed({ changed: false });
    };
    for (let n = 0; n < 100; n++) feed(n * 40);
    assert.equal(gate.state, 'still');
    gate.takeStillMs();
    feed(1e9);
    assert.equal(gate.state, 'open');
    assert.equal(gate.takeStillMs(), 0);
    for (let n = 0; n < 100; n++) feed(n * 40);
    assert.equal(gate.state, 'still');
  });

  it('tells how long it was closed between two pictures, less the interval that passes anyway', () => {
    const scene = gatedScene({ settings: { heartbeatSeconds: 2 } });
    scene.play(5, false);
    scene.gate.takeStillMs();
    while (!scene.frame(false).shown);
    scene.gate.takeStillMs();
    while (!scene.frame(false).shown);
    const stillMs = scene.gate.takeStillMs();
    assert.ok(Math.abs(stillMs - (2_000 - 40)) <= 120, `${stillMs}`);
    scene.frame(true);
    scene.gate.takeStillMs();
    scene.frame(true);
    assert.equal(scene.gate.takeStillMs(), 0);
  });
});

describe('a motion gate relies on packet sizes', () => {
  it('only after they have twice told of motion', () => {
    const scene = gatedScene();
    assert.equal(
      count(scene.play(8, false), ({ verdict }) => verdict !== 'decode'),
      0,
      'nothing is known of this camera yet',
    );
    scene.prove(2);
    assert.deepEqual({ ...scene.gate.proof }, { told: 2, missed: 0 });
    const frames = scene.play(20, false);
    assert.ok(count(frames, ({ verdict }) => verdict === 'hold') > frames.length * 0.95);
  });

  it('and wakes with the very packet that is larger than a still one', () => {
    const scene = gatedScene();
    scene.prove();
    scene.frame(false);
    assert.ok(scene.gate.resting);
    const moved = scene.frame(true);
    assert.deepEqual([moved.verdict, moved.shown, moved.state], ['decode', true, 'open']);
  });

  it('or smaller: an encoder that keeps its bit rate refines what stands still', () => {
    const scene = gatedScene({ bytes: ({ n, moving }) => (moving ? 1_500 : 10_000) + ((n * 37) % 90) });
    scene.prove();
    scene.frame(false);
    assert.ok(scene.gate.resting);
    const moved = scene.frame(true);
    assert.deepEqual([moved.verdict, moved.shown], ['decode', true]);
  });

  it('never at a constant bit rate: every picture is decoded and compared', () => {
    const scene = gatedScene({ bytes: ({ n }) => 5_000 + ((n * 37) % 90) });
    scene.prove(8);
    assert.equal(scene.gate.state, 'still');
    assert.equal(
      count(scene.play(30, false), ({ verdict }) => verdict !== 'decode'),
      0,
    );
    assert.ok(scene.gate.proof.missed > 0);
    assert.equal(scene.frame(true).state, 'open');
  });

  it('never when every packet is a key frame', () => {
    const scene = gatedScene({ gop: 1 });
    scene.prove(8);
    assert.equal(scene.gate.state, 'still');
    assert.equal(
      count(scene.play(30, false), ({ verdict }) => verdict !== 'decode'),
      0,
    );
  });

  it('no longer when a heartbeat finds what they did not tell', () => {
    let honest = true;
    const scene = gatedScene({
      bytes: ({ n, moving }) => (moving && honest ? 4_000 : 300) + ((n * 37) % 90),
    });
    scene.prove();
    assert.ok(scene.gate.resting);
    honest = false;
    const frames = scene.play(4, true);
    const opened = frames.findIndex(({ state }) => state === 'open');
    assert.ok(opened >= 0 && opened <= 2 * 25 * 1.3, `after ${opened} frames`);
    assert.equal(scene.gate.proof.missed, 1);
    scene.play(20, false);
    assert.equal(scene.gate.state, 'still');
    assert.ok(!scene.gate.resting);
  });

  it('through a burst of noise: a look at the pictures, no analysis', () => {
    let burst = false;
    const scene = gatedScene({
      bytes: ({ n, moving }) => (burst || moving ? 3_000 : 300) + ((n * 37) % 90),
    });
    scene.prove();
    assert.ok(scene.gate.resting);
    scene.frame(false); // a key frame, whose size says nothing
    burst = true;
    const loud = scene.frame(false);
    assert.deepEqual([loud.verdict, loud.shown, loud.state], ['decode', false, 'still']);
    burst = false;
    const after = scene.play(3, false);
    assert.ok(after.at(-1)!.resting);
    assert.ok(after.every(({ state }) => state === 'still'));
  });

  it('that grow with the night: the range follows', () => {
    const scene = gatedScene({
      bytes: ({ n, moving, ptsMs }) => (300 + ((n * 37) % 90)) * (1 + ptsMs / 300_000) * (moving ? 12 : 1),
    });
    scene.prove();
    const frames = scene.play(900, false);
    assert.ok(count(frames, ({ verdict }) => verdict === 'hold') > frames.length * 0.9);
    assert.equal(scene.frame(true).state, 'open');
  });

  it('of forward and backward predicted pictures apart', () => {
    const scene = gatedScene({
      reorder: true,
      gop: 40,
      // each forward predicted picture is followed by three small ones
      bytes: ({ n, moving }) => (n % 4 === 1 ? 600 : 40 + (n % 4)) * (moving ? 8 : 1),
    });
    scene.prove();
    assert.ok(scene.gate.resting);
    scene.frame(false);
    while (scene.gate.resting && scene.frame(false).n % 4 !== 1);
    // a backward predicted picture of 320 bytes is no larger than a forward one, and yet tells
    assert.equal(scene.frame(true).verdict, 'decode');
  });
});

describe('a resting motion gate looks', () => {
  it('at key frames, and shows those of a heartbeat', () => {
    const scene = gatedScene({ gop: 25, settings: { heartbeatSeconds: 2 } });
    scene.prove();
    const looks = scene.play(20, false).filter(({ verdict }) => verdict !== 'hold');
    assert.ok(looks.every(({ key, verdict }) => key && verdict === 'look'));
    assert.equal(looks.length, 20);
    const shown = count(looks, (look) => look.shown === true);
    assert.ok(shown >= 9 && shown <= 11, `${shown} shown`);
  });

  it('at no more key frames than it takes', () => {
    const scene = gatedScene({ gop: 5, settings: { heartbeatSeconds: 2 } });
    scene.prove();
    const looks = count(scene.play(20, false), ({ verdict }) => verdict !== 'hold');
    assert.ok(looks <= 40, `${looks} looks`);
  });

  it('and sees what the key frame alone shows', () => {
    const scene = gatedScene({ bytes: ({ n, moving }) => (moving ? 4_000 : 300) + ((n * 37) % 90) });
    scene.prove();
    while (!scene.frame(false).key);
    scene.play(24 / 25, false);
    const moved = scene.frame(true);
    assert.deepEqual([moved.key, moved.verdict, moved.shown, moved.state], [true, 'look', true, 'open']);
  });
});

describe('a motion gate does not rest', () => {
  it('where key frames are rarer than heartbeats, or stop: pictures are compared, and heartbeats shown', () => {
    for (const gop of [250, 0]) {
      const scene = gatedScene({ gop, settings: { heartbeatSeconds: 2 } });
      scene.prove();
      const frames = scene.play(40, false);
      assert.equal(
        count(frames, ({ verdict }) => verdict !== 'decode'),
        0,
      );
      const shown = count(frames, (frame) => frame.shown === true);
      assert.ok(shown >= 19 && shown <= 22, `${shown} shown with a key frame each ${gop} frames`);
      assert.equal(scene.frame(true).state, 'open');
    }
  });
});
