import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Check } from 'typebox/value';
import type { CameraView } from '../../dashboards/web/src/api.ts';
import { fieldErrors } from '../../dashboards/web/src/camera/field-errors.ts';
import {
  checkForm,
  EMPTY_FORM,
  type FormValues,
  formOf,
  toCameraInput,
  toPatch,
} from '../../dashboards/web/src/camera/form-values.ts';
import { addLabels } from '../../dashboards/web/src/camera/labels.ts';
import { TRACKERS } from '../../dashboards/web/src/camera/trackers.ts';
import { type AnalyticsInput, resolvedAnalytics } from '../../src/analytics.ts';
import { CameraInput } from '../../src/camera.ts';
import { CameraPatch } from '../../src/registry/declaration.ts';
import { TRACKER_NAMES } from '../../src/tracker-settings.ts';

const FILLED: FormValues = {
  ...EMPTY_FORM,
  id: 'gate',
  url: 'rtsp://192.0.2.10/stream',
  model: 'yolox-nano',
};
const ONCE = { kind: 'file', path: '/videos/a.mp4', loop: false } as const;
const LABELS = ['person', 'car', 'traffic light'];

function camera(analytics: AnalyticsInput = {}, source: CameraView['source'] | null = null): CameraView {
  return {
    id: 'gate',
    name: 'gate',
    enabled: true,
    source: source ?? { kind: 'rtsp', url: 'rtsp://192.0.2.10/stream', transport: 'tcp' },
    analytics: resolvedAnalytics(analytics, source === null),
    tags: [],
    managedBy: 'api',
    createdAtMs: 0,
    updatedAtMs: 0,
    revisionAtMs: 0,
    playedOut: false,
    status: null,
  };
}

const rows = (...pairs: [string, string][]) =>
  pairs.map(([label, confidence], key) => ({ key, label, confidence }));

describe('the analysis in the camera form', () => {
  it('begins with what the hub takes where nothing is said, live or not', () => {
    const { analytics } = toCameraInput(EMPTY_FORM);
    for (const live of [true, false]) {
      assert.deepEqual(resolvedAnalytics(analytics, live), resolvedAnalytics(undefined, live));
    }
    assert.deepEqual(formOf(camera()), { ...FILLED, name: 'gate' });
  });

  it('names no model where none is chosen, and goes back to none with null', () => {
    assert.equal(toCameraInput({ ...FILLED, model: '' }).analytics?.model, undefined);
    const shown = formOf(camera());
    assert.deepEqual(toPatch(shown, { ...shown, model: '' }), { analytics: { model: null } });
  });

  it('offers every tracker that the API takes, and no other', () => {
    assert.deepEqual(Object.keys(TRACKERS).sort(), [...TRACKER_NAMES].sort());
  });

  it('makes what the API takes', () => {
    const values: FormValues = {
      ...FILLED,
      tracker: 'sort',
      classes: ['person', 'car'],
      thresholds: rows(['person ', '0.5'], ['', ' ']),
      priority: '8',
      motionGate: false,
      heartbeatSeconds: '5',
    };
    assert.deepEqual(checkForm(values, LABELS), {});
    const input = toCameraInput(values);
    assert.ok(Check(CameraInput, input), JSON.stringify(input));
    assert.deepEqual(input.analytics, {
      model: 'yolox-nano',
      fps: 5,
      confidence: 0.3,
      tracker: { name: 'sort' },
      classes: ['person', 'car'],
      thresholds: { person: 0.5 },
      priority: 8,
      motionGate: { enabled: false, heartbeatSeconds: 5 },
    });
  });

  it('finds mistakes at their fields and rows', () => {
    const values: FormValues = {
      ...FILLED,
      classes: ['person', 'persn'],
      thresholds: rows(['person', '0.5'], ['person', '0.6'], ['', '0.4'], ['cat', '0.4'], ['car', '0.05']),
      priority: '2.5',
      heartbeatSeconds: '0.1',
    };
    assert.deepEqual(checkForm(values, LABELS), {
      classes: 'yolox-nano has no label "persn".',
      'thresholds[1]': 'person stands here twice.',
      'thresholds[2]': 'Enter a label.',
      'thresholds[3]': 'yolox-nano has no label "cat".',
      'thresholds[4]': 'Enter a confidence of 0.1 to 1.',
      priority: 'Enter a whole number from 1 to 10.',
      heartbeatSeconds: 'Enter 0.2 to 60 seconds.',
    });
  });

  it('judges no label while the labels are not known', () => {
    assert.deepEqual(checkForm({ ...FILLED, classes: ['persn'] }), {});
  });

  it('agrees with the schema on the ranges', () => {
    for (const priority of ['0', '1', '10', '11', '1.5']) {
      const isFine = checkForm({ ...FILLED, priority }).priority === undefined;
      assert.equal(isFine, Check(CameraInput, toCameraInput({ ...FILLED, priority })), priority);
    }
    for (const heartbeatSeconds of ['0.1', '0.2', '60', '61']) {
      const values = { ...FILLED, heartbeatSeconds };
      const isFine = checkForm(values).heartbeatSeconds === undefined;
      assert.equal(isFine, Check(CameraInput, toCameraInput(values)), heartbeatSeconds);
    }
    for (const confidence of ['0.09', '0.1', '1', '1.1']) {
      const values = { ...FILLED, confidence, thresholds: rows(['car', confidence]) };
      const errors = checkForm(values);
      assert.equal(errors.confidence === undefined, errors['thresholds[0]'] === undefined);
      assert.equal(errors.confidence === undefined, Check(CameraInput, toCameraInput(values)), confidence);
    }
  });
});

describe('a change of the analysis', () => {
  /** The change as the hub is sent it, which must take it. */
  const change = (from: CameraView, values: Partial<FormValues>) => {
    const before = formOf(from);
    const patch = toPatch(before, { ...before, ...values });
    assert.ok(Check(CameraPatch, patch), JSON.stringify(patch));
    return patch.analytics;
  };

  it('is nothing where nothing was changed', () => {
    const tuned = camera({
      tracker: { name: 'bytetrack', lostForSeconds: 4 },
      thresholds: { person: 0.5, car: 0.4 },
      classes: ['person'],
      motionGate: { enabled: false, heartbeatSeconds: 7 },
    });
    assert.equal(change(tuned, {}), undefined);
    assert.equal(change(tuned, { priority: '5.0' }), undefined);
    assert.equal(change(camera({ motionGate: true }, ONCE), {}), undefined);
  });

  it('sends thresholds one by one, and null for those taken away', () => {
    const before = camera({ thresholds: { person: 0.5, car: 0.4, bus: 0.3 } });
    const thresholds = rows(['person', '0.5'], ['car', '0.45'], ['truck', '0.6']);
    assert.deepEqual(change(before, { thresholds }), { thresholds: { car: 0.45, truck: 0.6, bus: null } });
  });

  it("names another tracker, and leaves the tracker's own numbers alone otherwise", () => {
    const before = camera({ tracker: { name: 'bytetrack', lostForSeconds: 4 } });
    assert.deepEqual(change(before, { tracker: 'sort' }), { tracker: { name: 'sort' } });
    assert.deepEqual(change(before, { tracker: 'bytetrack', priority: '9' }), { priority: 9 });
  });

  it('takes all classes again with an empty list', () => {
    assert.deepEqual(change(camera({ classes: ['person'] }), { classes: [] }), { classes: [] });
  });

  it('sends the motion gate whole, and null where it is as by default', () => {
    assert.deepEqual(change(camera(), { motionGate: false }), { motionGate: { enabled: false } });
    assert.deepEqual(change(camera({ motionGate: false }), { motionGate: null }), { motionGate: null });
    assert.deepEqual(change(camera(), { heartbeatSeconds: '10' }), { motionGate: { heartbeatSeconds: 10 } });
    const slow = camera({ motionGate: { heartbeatSeconds: 10 } });
    assert.deepEqual(change(slow, { motionGate: false }), {
      motionGate: { enabled: false, heartbeatSeconds: 10 },
    });
  });

  it('lets the motion gate follow the source, also where it had been set', () => {
    const once = { kind: 'file', path: '/videos/a.mp4', loop: false } as const;
    assert.deepEqual(change(camera({ motionGate: true }), once), { motionGate: null });
    // it stays on as it was shown, which now is no default
    assert.deepEqual(change(camera(), { ...once, motionGate: true }), { motionGate: { enabled: true } });
  });
});

describe("the hub's errors about the analysis", () => {
  const values = { ...FILLED, thresholds: rows(['person', '0.5'], ['traffic light', '0.5']) };
  const at = (path: string) => Object.keys(fieldErrors([{ path, message: 'wrong' }], values))[0];

  it('stand at their fields', () => {
    assert.equal(at('analytics.classes[0]'), 'classes');
    assert.equal(at('analytics.thresholds.person'), 'thresholds[0]');
    assert.equal(at('analytics.thresholds.traffic light'), 'thresholds[1]');
    assert.equal(at('analytics.thresholds."traffic light"'), 'thresholds[1]');
    assert.equal(at('/analytics/thresholds/traffic light'), 'thresholds[1]');
    assert.equal(at('analytics.thresholds.bus'), 'thresholds');
    assert.equal(at('analytics.tracker.name'), 'tracker');
    assert.equal(at('analytics.motionGate'), 'motionGate');
    assert.equal(at('analytics.motionGate.enabled'), 'motionGate');
    assert.equal(at('analytics.motionGate.heartbeatSeconds'), 'heartbeatSeconds');
    assert.equal(at('analytics.priority'), 'priority');
    assert.equal(at('body/analytics/fps'), 'fps');
  });

  it('name the setting of the tracker, and every wrong class', () => {
    assert.deepEqual(
      fieldErrors([{ path: 'analytics.tracker.lostForSeconds', message: 'too long' }], values),
      {
        tracker: 'lostForSeconds: too long',
      },
    );
    const problems = [0, 1].map((i) => ({ path: `analytics.classes[${i}]`, message: `No ${i}.` }));
    assert.deepEqual(fieldErrors(problems, values), { classes: 'No 0. No 1.' });
  });
});

describe('labels as they are typed', () => {
  it('are parted by commas and stand once', () => {
    assert.deepEqual(addLabels(['car'], ' person, car,,traffic light '), ['car', 'person', 'traffic light']);
  });
});
