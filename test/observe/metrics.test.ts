import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CameraStatus } from '../../src/camera.ts';
import { family } from '../../src/observe/exposition.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { STAGE_BUCKETS_MS, STAGES, type Stage, type StageHistogram } from '../../src/stages.ts';

interface Parsed {
  readonly types: Map<string, string>;
  readonly samples: Map<string, number>;
}

/** A strict reader of the Prometheus text format 0.0.4, written from its specification. */
function parse(text: string): Parsed {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  assert(text.endsWith('\n'));
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type) {
      assert(!types.has(type[1]!), `two TYPE lines for ${type[1]}`);
      types.set(type[1]!, type[2]!);
      continue;
    }
    if (/^# HELP [a-zA-Z_:][\w:]* /.test(line)) continue;
    const sample =
      /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (NaN|[+-]Inf|[-+0-9.e]+)$/.exec(
        line,
      );
    assert(sample, `not a sample: ${line}`);
    const [, name, labels = '', value] = sample;
    const base = name!.replace(/_(bucket|sum|count)$/, '');
    assert(types.has(name!) || types.get(base) === 'histogram', `no TYPE before ${name}`);
    const key = `${name}{${labels}}`;
    assert(!samples.has(key), `twice: ${key}`);
    samples.set(key, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value));
  }
  return { types, samples };
}

const status = (cameraId: string, state: CameraStatus['state']): CameraStatus => ({
  cameraId,
  revisionAtMs: 0,
  state,
  sinceMs: 0,
  reason: null,
  nextTryAtMs: null,
  attempts: 0,
  width: null,
  height: null,
  codec: null,
  fps: { received: 0, damaged: 0, decoded: 0, analysed: 0, dropped: {} },
  frames: { received: 100, damaged: 0, decoded: 90, analysed: 20, dropped: { sampled: 60, stale: 10 } },
  latencyMs: null,
  analysis: {
    model: 'm',
    state: 'running',
    problem: null,
    inEffect: null,
    motionGate: { state: 'off', sinceMs: 1, skipped: 0, withheld: 0 },
  },
  lastError: null,
});

const empty: StageHistogram = { counts: Array(STAGE_BUCKETS_MS.length + 1).fill(0), sumMs: 0 };
const stages = (changes: Partial<Record<Stage, StageHistogram>>) =>
  ({ ...Object.fromEntries(STAGES.map((stage) => [stage, empty])), ...changes }) as Record<
    Stage,
    StageHistogram
  >;

describe('metrics', () => {
  it('are a valid exposition with the numbers of cameras, vision node and store', async () => {
    const counts = Array(STAGE_BUCKETS_MS.length + 1).fill(0);
    counts[STAGE_BUCKETS_MS.indexOf(10)] = 3;
    counts[STAGE_BUCKETS_MS.indexOf(25)] = 1;
    counts[STAGE_BUCKETS_MS.length] = 2; // above the last bound
    const text = await createMetrics().text({
      statuses: [status('gate', 'live'), status('yard', 'retrying')],
      vision: {
        cameras: { gate: { stages: stages({ infer: { counts, sumMs: 8045 } }), waitingFrameAgeMs: 40 } },
        workers: 2,
        logQueue: 7,
        logLost: 3,
        rssBytes: 123_456_789,
        workerReplacements: 2,
        inference: [
          {
            model: 'yolox-nano@1',
            provider: 'cuda',
            input: '416x416',
            maxBatch: 8,
            waiting: 3,
            batches: 10,
            pictures: 60,
            largest: 8,
            padding: 4,
            failed: 2,
            memoryFailures: 1,
            waitMs: 500,
            runMs: 250,
          },
        ],
        cpuSeconds: 12.5,
      },
      writer: {
        storeUp: true,
        lagRecords: 11,
        oldestAgeMs: 1500,
        messages: 5,
        rows: 42,
        batches: 1,
        failures: 0,
        deadLetters: 1,
        lost: 0,
      },
    });
    const { types, samples } = parse(text);
    const value = (key: string): number | undefined => samples.get(key);
    assert.equal(types.get('sightline_frames_total'), 'counter');
    for (const [outcome, count] of Object.entries({
      received: 100,
      damaged: 0,
      decoded: 90,
      analysed: 20,
      dropped_sampled: 60,
      dropped_stale: 10,
    })) {
      assert.equal(value(`sightline_frames_total{camera="gate",outcome="${outcome}"}`), count);
    }
    for (const state of ['connecting', 'live', 'retrying', 'stopped']) {
      assert.equal(value(`sightline_camera_state{camera="gate",state="${state}"}`), state === 'live' ? 1 : 0);
      assert.equal(
        value(`sightline_camera_state{camera="yard",state="${state}"}`),
        state === 'retrying' ? 1 : 0,
      );
    }
    assert.equal(types.get('sightline_stage_seconds'), 'histogram');
    const bucket = (le: string) =>
      value(`sightline_stage_seconds_bucket{camera="gate",stage="infer",le="${le}"}`);
    assert.deepEqual(['0.005', '0.01', '0.015', '0.025', '2.5', '+Inf'].map(bucket), [0, 3, 3, 4, 4, 6]);
    assert.equal(value('sightline_stage_seconds_sum{camera="gate",stage="infer"}'), 8.045);
    assert.equal(value('sightline_stage_seconds_count{camera="gate",stage="infer"}'), 6);
    assert.equal(value('sightline_waiting_frame_age_seconds{camera="gate"}'), 0.04);
    const onDevice = '{model="yolox-nano@1",input="416x416",provider="cuda"}';
    assert.equal(value(`sightline_batched_pictures_total${onDevice}`), 60);
    assert.equal(value(`sightline_batch_wait_seconds_total${onDevice}`), 0.5);
    assert.equal(value(`sightline_batch_limit${onDevice}`), 8);
    assert.equal(value('sightline_worker_replacements_total{}'), 2);
    assert.equal(value('sightline_log_queue{}'), 7);
    assert.equal(value('sightline_log_lost_total{}'), 3);
    assert.equal(value('sightline_vision_resident_memory_bytes{}'), 123_456_789);
    assert.equal(value('sightline_vision_up{}'), 1);
    assert.equal(value('sightline_store_lag_records{}'), 11);
    assert.equal(value('sightline_store_lag_seconds{}'), 1.5);
    assert.equal(value('sightline_store_rows_total{}'), 42);
    assert(value('process_resident_memory_bytes{}')! > 0);
  });

  it('are valid with nothing to report', async () => {
    const { samples } = parse(await createMetrics().text({ statuses: [], vision: null }));
    assert.equal(samples.get('sightline_vision_up{}'), 0);
    assert(![...samples.keys()].some((key) => key.startsWith('sightline_frames_total')));
  });

  it('escape whatever a label holds', () => {
    const text = family('x', 'gauge', 'a\nb\\', [[{ camera: 'a"b\\c\nd' }, Number.NaN]]);
    assert.equal(text, '# HELP x a\\nb\\\\\n# TYPE x gauge\nx{camera="a\\"b\\\\c\\nd"} NaN\n');
    assert.equal(parse(text).samples.size, 1);
  });
});
