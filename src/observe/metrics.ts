import { collectDefaultMetrics, Registry } from 'prom-client';
import type { CameraStatus } from '../camera.ts';
import { STAGE_BUCKETS_MS, STAGES } from '../stages.ts';
import type { StoreWriterMetrics } from '../store/writer.ts';
import type { VisionMetrics } from '../vision-protocol.ts';
import { family, type HistogramSample, histogramFamily, type Sample } from './exposition.ts';

const STATES = ['connecting', 'live', 'retrying', 'stopped'] as const;
const MS = 1 / 1000;

/** What the hub knows at the moment somebody asks; `null` for a process that is not there. */
export interface MetricsSnapshot {
  readonly statuses: readonly CameraStatus[];
  readonly vision: VisionMetrics | null;
  readonly writer?: StoreWriterMetrics | undefined;
}

export interface Metrics {
  /** The Prometheus text format 0.0.4; durations in seconds, as its conventions want. */
  text(snapshot: MetricsSnapshot): Promise<string>;
}

/** Metrics of this process by prom-client; of cameras, vision node and store from what they report. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    text: async ({ statuses, vision, writer }) =>
      [
        // prom-client writes what is not a number as no reader of the format expects it
        (await registry.metrics()).replace(/ Nan$/gm, ' NaN'),
        '\n',
        cameraFamilies(statuses),
        vision ? visionFamilies(vision) : '',
        family('sightline_vision_up', 'gauge', 'Whether the vision node reports', [[{}, vision ? 1 : 0]]),
        writer ? writerFamilies(writer) : '',
      ].join(''),
  };
}

function cameraFamilies(statuses: readonly CameraStatus[]): string {
  const frames = statuses.flatMap(({ cameraId: camera, frames: { dropped, ...counts } }): Sample[] => [
    ...Object.entries(counts).map(([outcome, count]): Sample => [{ camera, outcome }, count]),
    ...Object.entries(dropped).map(
      ([reason, count]): Sample => [{ camera, outcome: `dropped_${reason}` }, count],
    ),
  ]);
  const states = statuses.flatMap(({ cameraId: camera, state: now }) =>
    STATES.map((state): Sample => [{ camera, state }, state === now ? 1 : 0]),
  );
  const analysed = statuses.flatMap(({ cameraId: camera, analysis }): Sample[] => {
    const { model, provider, input } = analysis.inEffect ?? {};
    return model && provider && input !== undefined ? [[{ camera, model, provider, input }, 1]] : [];
  });
  return (
    family(
      'sightline_analysis_info',
      'gauge',
      'What analyses a camera: its model, and what that runs on',
      analysed,
    ) +
    family('sightline_frames_total', 'counter', 'Video frames by what became of them', frames) +
    family('sightline_camera_state', 'gauge', '1 for the state a camera is in', states)
  );
}

function visionFamilies(vision: VisionMetrics): string {
  const cameras = Object.entries(vision.cameras);
  const stages = cameras.flatMap(([camera, { stages }]) =>
    STAGES.filter((stage) => stages[stage]).map(
      (stage): HistogramSample => ({
        labels: { camera, stage },
        counts: stages[stage].counts,
        sum: stages[stage].sumMs * MS,
      }),
    ),
  );
  const ages = cameras.map(([camera, { waitingFrameAgeMs }]): Sample => [{ camera }, waitingFrameAgeMs * MS]);
  const bounds = STAGE_BUCKETS_MS.map((ms) => ms / 1000);
  return [
    histogramFamily(
      'sightline_stage_seconds',
      'Time a frame takes in a stage of its journey',
      bounds,
      stages,
    ),
    family('sightline_waiting_frame_age_seconds', 'gauge', 'Age of the frame that waits for analysis', ages),
    family('sightline_log_lost_total', 'counter', 'Messages the log could not keep', [[{}, vision.logLost]]),
    family('sightline_vision_workers', 'gauge', 'Analysis worker threads', [[{}, vision.workers]]),
    family(
      'sightline_worker_replacements_total',
      'counter',
      'Analysis workers that took the place of one that failed',
      [[{}, vision.workerReplacements]],
    ),
    deviceFamilies(vision.inference),
    family('sightline_log_queue', 'gauge', 'Messages handed to the log and not yet durable', [
      [{}, vision.logQueue],
    ]),
    family('sightline_vision_resident_memory_bytes', 'gauge', 'Resident memory of the vision node', [
      [{}, vision.rssBytes],
    ]),
    family('sightline_vision_cpu_seconds_total', 'counter', 'CPU time of the vision node', [
      [{}, vision.cpuSeconds],
    ]),
  ].join('');
}

/** Models on a GPU; the mean batch is pictures over batches. */
function deviceFamilies(queues: VisionMetrics['inference']): string {
  const each = (value: (queue: VisionMetrics['inference'][number]) => number): Sample[] =>
    queues.map((queue) => {
      const { model, input, provider } = queue;
      return [{ model, input, provider }, value(queue)];
    });
  return [
    family(
      'sightline_batches_total',
      'counter',
      'Runs of the shared device',
      each(({ batches }) => batches),
    ),
    family(
      'sightline_batched_pictures_total',
      'counter',
      'Pictures in them',
      each(({ pictures }) => pictures),
    ),
    family(
      'sightline_batch_padding_total',
      'counter',
      'Places of them without a picture',
      each(({ padding }) => padding),
    ),
    family(
      'sightline_batch_failed_pictures_total',
      'counter',
      'Pictures answered with an error',
      each(({ failed }) => failed),
    ),
    family(
      'sightline_batch_memory_failures_total',
      'counter',
      'Runs for which memory did not suffice',
      each(({ memoryFailures }) => memoryFailures),
    ),
    family(
      'sightline_batch_wait_seconds_total',
      'counter',
      'Time pictures waited for their run, summed up',
      each(({ waitMs }) => waitMs * MS),
    ),
    family(
      'sightline_batch_run_seconds_total',
      'counter',
      'Time of the runs',
      each(({ runMs }) => runMs * MS),
    ),
    family(
      'sightline_batch_largest_pictures',
      'gauge',
      'The most pictures that a run had',
      each(({ largest }) => largest),
    ),
    family(
      'sightline_batch_limit',
      'gauge',
      'Pictures that a run may have',
      each(({ maxBatch }) => maxBatch),
    ),
    family(
      'sightline_batch_waiting',
      'gauge',
      'Pictures that wait now',
      each(({ waiting }) => waiting),
    ),
  ].join('');
}

function writerFamilies(writer: StoreWriterMetrics): string {
  const gauge = (name: string, help: string, value: number) => family(name, 'gauge', help, [[{}, value]]);
  const total = (name: string, help: string, value: number) => family(name, 'counter', help, [[{}, value]]);
  return [
    gauge('sightline_store_up', 'Whether the store answered when last asked', writer.storeUp ? 1 : 0),
    gauge('sightline_store_lag_records', 'Messages in the log that are not yet rows', writer.lagRecords),
    gauge('sightline_store_lag_seconds', 'Age of the oldest of them', writer.oldestAgeMs * MS),
    total('sightline_store_rows_total', 'Rows sent to the store', writer.rows),
    total('sightline_store_failures_total', 'Inserts that failed and were tried again', writer.failures),
    total('sightline_dead_letters_total', 'Messages that can never become rows', writer.deadLetters),
    total('sightline_lost_messages_total', 'Messages removed before they were stored', writer.lost),
  ].join('');
}
