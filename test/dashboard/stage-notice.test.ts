import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shownState, stageNotice, stillAfterMs } from '../../dashboards/web/src/wall/stage-notice.ts';
import { liveStatus } from './status.ts';

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
    const status = liveStatus({ analysis: { model: 'yolox-s', state: 'unavailable', problem: missing } });
    const notice = stageNotice(true, status, null, 12_000);
    assert.equal(notice?.title, 'Not analysed');
    assert.equal(notice?.text, missing.message);
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
    assert.equal(stillAfterMs(5), 4000);
    assert.equal(stillAfterMs(0), 4000); // every frame
    assert.equal(stillAfterMs(0.1), 30_000);
  });
});
