import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition } from '../../src/demo/truth.ts';
import { judgeClip } from '../../src/demo/verify/judge-clip.ts';
import { verifyReport } from '../../src/demo/verify/verify-report.ts';
import { type Box, messagesOf, truthOf } from './scene.ts';

const CAR: Box = [100, 100, 100, 100];

/** A clip of 100 frames whose one car is followed in so many of them. */
function clip(name: string, condition: Condition, followed: number) {
  const truth = truthOf({ frames: 100, name, condition, objects: [{ id: 1, label: 'car', box: CAR }] });
  const messages = messagesOf(100, (frame) =>
    frame < followed ? [{ label: 'car', box: CAR, track: 11 }] : [],
  );
  return judgeClip(truth, { usual: messages, doubtful: messages });
}

describe('verifyReport', () => {
  it('holds daylight clips to the targets and reports the others', () => {
    const { met, targets, metrics, bench } = verifyReport([
      clip('noon', 'day', 98),
      clip('dark', 'night', 10),
    ]);
    assert.equal(bench, 'demo-verify');
    assert.deepEqual(targets, {
      'noon.HOTA': { op: '>=', value: 80 },
      'noon.countErrorPercent': { op: '<=', value: 3 },
    });
    assert.equal(met, true);
    assert.deepEqual(
      [
        metrics['noon.HOTA'],
        metrics['noon.car.HOTA'],
        metrics['noon.countErrorPercent'],
        metrics['dark.HOTA'],
      ],
      [98, 98, 2, 10],
    );
  });

  it('is not met when one target is missed', () => {
    const { met, metrics } = verifyReport([clip('noon', 'day', 95)]);
    assert.deepEqual([metrics['noon.HOTA'], metrics['noon.countErrorPercent'], met], [95, 5, false]);
  });

  it('is not met by a daylight clip in which there is nothing to find', () => {
    const truth = truthOf({ frames: 25, objects: [] });
    const messages = messagesOf(25, () => []);
    assert.equal(verifyReport([judgeClip(truth, { usual: messages, doubtful: messages })]).met, false);
  });
});
