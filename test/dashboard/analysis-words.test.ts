import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  classWords,
  gateWords,
  modelInEffect,
  rateWords,
  switchingTo,
  thresholdWords,
  trackerWords,
} from '../../dashboards/web/src/camera/analysis-words.ts';
import { formatTime } from '../../dashboards/web/src/ui/format.ts';
import { resolvedAnalytics } from '../../src/analytics.ts';
import { analysed } from './status.ts';

describe('what is in effect, in words', () => {
  it('names the model, where it runs and what it is given', () => {
    assert.equal(modelInEffect(analysed()), 'yolox-nano@0.1.1 on cpu, 416×256');
    assert.equal(modelInEffect(analysed({ inEffect: null })), null);
  });

  it('says which model comes next while the one before serves', () => {
    assert.equal(switchingTo(analysed({ model: 'yolox-s', state: 'loading' })), 'yolox-s');
    assert.equal(switchingTo(analysed({ state: 'loading', inEffect: null })), null); // none serves yet
    assert.equal(switchingTo(analysed()), null);
  });

  it('lists the settings', () => {
    const analytics = resolvedAnalytics(
      {
        fps: 0,
        classes: ['person', 'car'],
        thresholds: { person: 0.5 },
        priority: 8,
        tracker: { name: 'sort', lostForSeconds: 0.5 },
      },
      true,
    );
    assert.equal(rateWords(analytics), 'every frame, priority 8');
    assert.equal(classWords(analytics), 'person, car');
    assert.equal(classWords(resolvedAnalytics({}, true)), 'all of the model');
    assert.equal(thresholdWords(analytics), '0.3; person 0.5');
    assert.equal(thresholdWords(resolvedAnalytics({}, true)), '0.3');
    assert.match(trackerWords(analytics), /^SORT \(.*lostForSeconds 0\.5.*\)$/);
  });

  it('tells what the motion gate does and saves', () => {
    const analytics = resolvedAnalytics({}, true);
    assert.equal(gateWords({ state: 'open', sinceMs: 1000, skipped: 0, withheld: 0 }, analytics), 'open');
    assert.equal(
      gateWords({ state: 'still', sinceMs: 1000, skipped: 1234, withheld: 0 }, analytics),
      `still since ${formatTime(1000)}, analysed every 2 s; 1,234 packets not decoded`,
    );
  });
});
