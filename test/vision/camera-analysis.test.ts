import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { resolvedAnalytics } from '../../src/analytics.ts';
import type { Camera } from '../../src/camera.ts';
import { systemClock } from '../../src/clock.ts';
import { findModel } from '../../src/models/resolve.ts';
import { CPU_ONLY, Sessions } from '../../src/pipeline/inference/providers.ts';
import { openSessionRunner } from '../../src/pipeline/inference/session-runner.ts';
import { Turns } from '../../src/pipeline/turns.ts';
import { CameraAnalysis } from '../../src/vision/camera-analysis.ts';
import { ModelShelf } from '../../src/vision/model-shelf.ts';
import { writeClip } from '../support/clips.ts';
import { missingSharedData, SHARED_DATA } from '../support/shared-data.ts';

describe('the analysis of a file played once', {
  skip: missingSharedData('models/yolox_nano_416.onnx'),
}, () => {
  it('says that it has ended only when every frame was published', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'sightline-analysis-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const path = join(dir, 'ball.mp4');
    await writeClip(path, { frames: 20 });
    const camera: Camera = {
      id: 'once',
      name: 'once',
      enabled: true,
      source: { kind: 'file', path, pace: 'fast' },
      analytics: resolvedAnalytics({ fps: 0 }, false),
      tags: [],
      managedBy: 'api',
      createdAtMs: 1,
      updatedAtMs: 1,
      revisionAtMs: 1,
      playedOut: false,
    };
    const log = pino({ level: 'silent' });
    const models = new ModelShelf({
      find: (name) => findModel(name, `${SHARED_DATA}models`),
      open: openSessionRunner(new Sessions(CPU_ONLY, log)),
      clock: systemClock,
      log,
    });
    const published: string[] = [];
    const publishedAtEnd: number[] = [];
    const analysis = new CameraAnalysis(camera, {
      clock: systemClock,
      log,
      models,
      turns: new Turns(),
      settings: {
        index: 0,
        modelsDir: '',
        ageBudgetMs: 500,
        picture: { maxWidth: 960, maxFps: 10, quality: 75 },
        logging: { level: 'silent', format: 'json' },
      },
      publish: (frame) => published.push(frame.messageId),
      changed: () => {
        const { reason } = analysis.status().status;
        if (reason?.code === 'STREAM_ENDED') publishedAtEnd.push(published.length);
      },
    });
    await analysis.run(new AbortController().signal);
    await models.close();
    assert.deepEqual(publishedAtEnd, [20]);
    // the run has its name from the camera's revision, so that a repetition repeats the ids
    assert.deepEqual([published[0], published[19]], ['once/once-1/0', 'once/once-1/19']);
  });
});
