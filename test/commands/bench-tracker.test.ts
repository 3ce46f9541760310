import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { benchTracker } from '../../bench/tracker.ts';
import { missingSharedData, sharedData } from '../support/shared-data.ts';

const CROWD = ['crowdDetectionsPerFrame', 'crowdFramesPerSecond', 'crowdDefaultFramesPerSecond'];

describe('sightline bench tracker', () => {
  it('measures the made-up crowd where no detections are recorded, and says so', () => {
    const said: string[] = [];
    const report = benchTracker({ detections: null, rounds: 1, say: (line) => said.push(line) });
    assert.match(said[0], /no recorded detections/);
    assert.deepEqual(Object.keys(report.metrics), CROWD);
    for (const name of CROWD) assert.ok(report.metrics[name] > 0, name);
    assert.equal(report.met, false); // the target on recorded detections was not measured
  });

  const detections = 'mot/MOT17-train/MOT17-09-FRCNN/det/det.txt';
  it('measures ByteTrack and the default tracker on recorded detections', {
    skip: missingSharedData(detections),
  }, () => {
    const report = benchTracker({ detections: sharedData(detections), rounds: 1, say: () => undefined });
    assert.ok(report.metrics.framesPerSecond > 0 && report.metrics.defaultFramesPerSecond > 0);
    assert.ok(report.metrics.tracks >= 20, `${report.metrics.tracks} tracks`);
    assert.deepEqual(Object.keys(report.targets), ['framesPerSecond', 'crowdFramesPerSecond']);
  });
});
