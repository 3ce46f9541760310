import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addToHistory, changesBetween } from '../../dashboards/web/src/camera/camera-history.ts';
import { createStatusStore } from '../../dashboards/web/src/live/status-store.ts';
import { liveStatus, withDrops } from './status.ts';

const silent = { code: 'STREAM_SILENT', message: 'No video for 5 s.', atMs: 5000 };

describe('the history of a camera', () => {
  it('says nothing when nothing happened', () => {
    assert.deepEqual(changesBetween(liveStatus(), liveStatus(), 9000), []);
  });

  it('takes sampled and still frames for normal, whatever their number', () => {
    assert.deepEqual(changesBetween(withDrops({ still: 1 }), withDrops({ still: 700 }), 9000), []);
    assert.deepEqual(changesBetween(withDrops({ sampled: 80 }), withDrops({ sampled: 9000 }), 9000), []);
  });

  it('counts the frames that were lost since the status before, by reason', () => {
    const before = withDrops({ sampled: 80, stale: 2 });
    const news = changesBetween(before, withDrops({ sampled: 90, stale: 3, superseded: 4 }), 9000);
    assert.deepEqual(
      news.map(({ text }) => text),
      ['1 frame dropped: stale', '4 frames dropped: superseded'],
    );
  });

  it('starts over when the totals do, because the vision node restarted', () => {
    const [entry] = changesBetween(withDrops({ stale: 50 }), withDrops({ stale: 2 }), 9000);
    assert.equal(entry?.count, 2);
  });

  it('tells a change of state once, with its reason', () => {
    const retrying = liveStatus({ state: 'retrying', sinceMs: 5000, reason: silent, lastError: silent });
    assert.deepEqual(changesBetween(liveStatus(), retrying, 5100), [
      { atMs: 5000, kind: 'state', text: 'retrying: No video for 5 s.' },
    ]);
    assert.deepEqual(changesBetween(retrying, { ...retrying, attempts: 2 }, 6100), []);
  });

  it('adds up drops for one reason in a row', () => {
    const drop = (count: number, atMs: number) =>
      changesBetween(withDrops({ stale: 0 }), withDrops({ stale: count }), atMs);
    let history = addToHistory([], drop(1, 1000));
    history = addToHistory(history, drop(3, 2000));
    assert.equal(history.length, 1);
    assert.equal(history[0]?.text, '4 frames dropped: stale');
    assert.equal(history[0]?.atMs, 2000);
  });

  it('keeps the newest first and no more than its limit', () => {
    let history = addToHistory([], []);
    for (let i = 0; i < 60; i++) {
      history = addToHistory(history, [{ atMs: i, kind: 'error', text: `error ${i}` }]);
    }
    assert.equal(history.length, 50);
    assert.equal(history[0]?.text, 'error 59');
    const both = addToHistory(
      [],
      [
        { atMs: 9, kind: 'state', text: 'live' },
        { atMs: 4, kind: 'error', text: 'earlier' },
      ],
    );
    assert.deepEqual(
      both.map(({ atMs }) => atMs),
      [9, 4],
    );
  });
});

describe('the status store', () => {
  it('prefers what the hub sent to a list that was asked for before', () => {
    const store = createStatusStore();
    const sent = liveStatus({ state: 'retrying' });
    store.put(sent, 2000);
    store.putAnswer('gate', liveStatus(), 1900);
    assert.equal(store.get('gate'), sent);
    const fresher = liveStatus();
    store.putAnswer('gate', fresher, 2100);
    assert.equal(store.get('gate'), fresher);
  });

  it('forgets a status that the hub itself no longer has, and cameras that are gone', () => {
    const store = createStatusStore();
    let told = 0;
    store.subscribe(() => told++);
    store.put(liveStatus(), 1000);
    store.putAnswer('gate', null, 2000);
    assert.equal(store.get('gate'), undefined);
    assert.equal(told, 2);
    store.put(liveStatus(), 3000);
    store.keepOnly(new Set(['yard']));
    assert.equal(store.get('gate'), undefined);
    assert.deepEqual(store.history('gate'), []);
  });
});
