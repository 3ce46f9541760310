import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownState, stageNotice, stillAfterMs } from '../../dashboards/web/src/wall/stage-notice.ts';
import { stageRemarks } from '../../dashboards/web/src/wall/stage-remarks.ts';
import { resolvedAnalytics } from '../../src/analytics.ts';
import { analysed, liveStatus } from './status.ts';

const problem = (code: string, message: string) => ({ code, message, atMs: 1000 });

describe('what stands over a picture', () => {
  it('is nothing while the camera is well', () => {
    assert.equal(stageNotice(true, liveStatus(), null, null), null);
  });

  it('is the reason and the next try while there is no signal', () => {
    const reason = problem('STREAM_UNREACHABLE', 'no answer from 192.0.2.14');
    const status = liveStatus({ state: 'retrying', reason, nextTryAtMs: 9000 });
    assert.deepEqual(stageNotice(true, status, null, null), {
      tone: 'warn',
      title: 'No signal',
      text: reason.message,
      nextTryAtMs: 9000,
    });
  });

  it('is the model before anything that follows from it', () => {
    const missing = problem(
      'MODEL_MISSING',
      'model yolox-s is missing: run "npx sightline model pull yolox-s"',
    );
    const status = liveStatus({
      analysis: analysed({ model: 'yolox-s', state: 'unavailable', problem: missing, inEffect: null }),
    });
    const notice = stageNotice(true, status, null, 12_000);
    assert.equal(notice?.title, 'Not analysed');
    assert.equal(notice?.text, missing.message);
  });

  it('is nothing while the model before serves on', () => {
    const missing = problem('MODEL_MISSING', 'model yolox-s is missing');
    const kept = analysed({ model: 'yolox-s', state: 'unavailable', problem: missing });
    assert.equal(stageNotice(true, liveStatus({ analysis: kept }), null, null), null);
    const loading = analysed({ model: 'yolox-s', state: 'loading' });
    assert.equal(stageNotice(true, liveStatus({ analysis: loading }), null, null), null);
    const first = liveStatus({ analysis: { ...loading, inEffect: null } });
    assert.equal(stageNotice(true, first, null, null)?.title, 'Loading yolox-s…');
  });

  it('tells a model that fails on every frame from a label that it does not know', () => {
    const failed = problem('MODEL_FAILED', 'model yolox-nano gives no numbers');
    const failing = liveStatus({ analysis: analysed({ problem: failed }) });
    assert.equal(stageNotice(true, failing, null, null), null); // one frame, perhaps
    assert.equal(stageNotice(true, failing, null, 5000)?.text, failed.message);
    const label = analysed({ problem: problem('LABEL_UNKNOWN', 'no label "persn"') });
    assert.equal(stageNotice(true, liveStatus({ analysis: label }), null, null), null);
    assert.equal(stageNotice(true, liveStatus({ analysis: label }), null, 5000)?.title, 'No picture');
  });

  it('takes the end of a file for no error', () => {
    const ended = problem('STREAM_ENDED', 'the file has been played');
    const status = liveStatus({ state: 'stopped', reason: ended });
    assert.equal(stageNotice(true, status, null, null)?.tone, 'quiet');
    const broken = liveStatus({
      state: 'stopped',
      reason: problem('FILE_NOT_VIDEO', 'no video in notes.mp4'),
    });
    assert.equal(stageNotice(true, broken, null, null)?.tone, 'bad');
  });

  it('is that it was switched off, whatever was last heard', () => {
    assert.equal(stageNotice(false, liveStatus(), null, null)?.title, 'Switched off');
    assert.equal(shownState(false, liveStatus(), true), 'stopped');
    assert.equal(shownState(true, undefined, true), 'unknown');
    assert.equal(shownState(true, liveStatus(), false), 'unknown'); // no contact to the hub
  });

  it('says when pictures stay away, judged by how often they should come', () => {
    assert.equal(stageNotice(true, liveStatus(), null, 7200)?.text, 'No picture has arrived for 7 s.');
    const analytics = (fps: number, heartbeatSeconds = 2) =>
      resolvedAnalytics({ fps, motionGate: { heartbeatSeconds } }, true);
    assert.equal(stillAfterMs(analytics(5), 'open'), 4000);
    assert.equal(stillAfterMs(analytics(0), undefined), 4000); // every frame
    assert.equal(stillAfterMs(analytics(0.1), 'open'), 30_000);
    assert.equal(stillAfterMs(analytics(5), 'still'), 6000); // three heartbeats
    assert.equal(stillAfterMs(analytics(5, 60), 'still'), 180_000);
    assert.equal(stillAfterMs(analytics(5, 60), 'open'), 4000);
    assert.equal(stillAfterMs(analytics(0.1), 'still'), 30_000); // the rarer of both
  });
});

describe('remarks on a picture', () => {
  const remarks = (changes: Parameters<typeof analysed>[0]) =>
    stageRemarks(liveStatus({ analysis: analysed(changes) }));

  it('are none while all is as it was asked for', () => {
    assert.deepEqual(remarks({}), []);
    assert.deepEqual(stageRemarks(liveStatus({ state: 'connecting' })), []);
  });

  it('say why it moves in steps, and which model comes next', () => {
    const still = { state: 'still', sinceMs: 1, skipped: 9, withheld: 0 } as const;
    assert.deepEqual(remarks({ motionGate: still, model: 'yolox-s', state: 'loading' }), [
      { tone: 'quiet', text: 'Switching to yolox-s…' },
      { tone: 'quiet', text: 'Still: analysed every 2 s' },
    ]);
  });

  it('warn of settings that do not fit although frames are analysed', () => {
    const text = 'model yolox-nano has no label "persn"';
    assert.deepEqual(remarks({ problem: problem('LABEL_UNKNOWN', text) }), [{ tone: 'warn', text }]);
    // where nothing is analysed it stands over the picture instead
    assert.deepEqual(remarks({ problem: problem('MODEL_MISSING', text), inEffect: null }), []);
  });
});
