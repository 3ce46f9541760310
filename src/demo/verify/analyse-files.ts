import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnalyticsInput, resolvedAnalytics } from '../../analytics.ts';
import type { Camera, CameraStatus } from '../../camera.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/schema.ts';
import { EngineError, type ErrorCode } from '../../errors.ts';
import type { DetectionsMessage } from '../../log/messages.ts';
import { readTopic } from '../../log/read-topic.ts';
import { createLogger } from '../../observe/logger.ts';
import { supervise } from '../../supervise.ts';
import type { FromVisionNode, ToVisionNode } from '../../vision-protocol.ts';

const STOP_TIMEOUT_MS = 12_000;
/** Files are read on libuv's threads, one for each that is open. */
const POOL_THREADS = '64';

/** A file to be played once, as fast as it can be analysed. */
export interface FileRun {
  /** Unique among the runs; a camera's id. */
  readonly id: string;
  readonly path: string;
  readonly analytics: AnalyticsInput;
}

export interface AnalyseOptions {
  readonly config: Pick<Config, 'models' | 'vision' | 'logging'>;
  readonly signal?: AbortSignal;
  /** Frames analysed so far, of all runs. */
  onProgress?(analysed: number): void;
}

/**
 * Lets a vision node play files, as the hub does: the same process and protocol, and the messages are read from the
 * event log that it wrote. Nothing of decoding, sampling, inference and tracking is done here.
 *
 * @returns by run the messages of its frames, in their order
 * @throws EngineError with the code and message of whatever keeps a file from being analysed; the abort reason
 */
export async function analyseFiles(
  runs: readonly FileRun[],
  { config, signal, onProgress }: AnalyseOptions,
): Promise<Map<string, DetectionsMessage[]>> {
  signal?.throwIfAborted();
  const dir = await mkdtemp(join(tmpdir(), 'sightline-verify-'));
  try {
    await play(runs, dir, { config, signal, onProgress });
    return readMessages(join(dir, 'log.db'), runs);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function play(
  runs: readonly FileRun[],
  dir: string,
  { config, signal, onProgress }: AnalyseOptions,
): Promise<void> {
  const logging = { ...config.logging, level: 'error' } as const;
  const settings = join(dir, 'config.yaml'); // JSON is YAML
  await writeFile(settings, JSON.stringify({ vision: config.vision, logging }));
  const finished = Promise.withResolvers<void>();
  finished.promise.catch(() => undefined); // it is awaited below
  const onAbort = (): void => finished.reject(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const left = new Set(runs.map(({ id }) => id));
  const analysed = new Map<string, number>();
  const node = supervise({
    name: 'vision',
    args: ['node'],
    env: {
      SIGHTLINE_CONFIG: settings,
      SIGHTLINE_DATA: dir,
      SIGHTLINE_MODELS: config.models.dir,
      UV_THREADPOOL_SIZE: POOL_THREADS,
    },
    clock: systemClock,
    log: createLogger('verify', { ...logging, level: 'silent' }),
    onStart(send) {
      for (const run of runs) {
        send({ type: 'camera.put', camera: cameraOf(run) } satisfies ToVisionNode);
      }
    },
    onMessage(message) {
      const told = message as FromVisionNode;
      if (told.type !== 'status') return;
      for (const status of told.statuses) {
        const failure = failureOf(status);
        if (failure) finished.reject(failure);
        analysed.set(status.cameraId, status.frames.analysed);
        if (status.reason?.code === 'STREAM_ENDED') left.delete(status.cameraId);
      }
      onProgress?.([...analysed.values()].reduce((sum, frames) => sum + frames, 0));
      if (left.size === 0) finished.resolve();
    },
    onDied() {
      finished.reject(
        new EngineError('VISION_UNAVAILABLE', 'the vision node failed: what it wrote above says why'),
      );
    },
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
  try {
    await finished.promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await node.stop();
  }
}

/** What keeps a camera from being analysed, also what it would wait for or do without when nobody measures it. */
export function failureOf({ state, reason, analysis }: CameraStatus): EngineError | undefined {
  const stream = state === 'retrying' || (state === 'stopped' && reason?.code !== 'STREAM_ENDED');
  const problem = (stream ? reason : undefined) ?? analysis.problem;
  return problem ? new EngineError(problem.code as ErrorCode, problem.message) : undefined;
}

function cameraOf({ id, path, analytics }: FileRun): Camera {
  const nowMs = systemClock.now();
  return {
    id,
    name: id,
    enabled: true,
    source: { kind: 'file', path, loop: false, pace: 'fast' },
    analytics: resolvedAnalytics(analytics, false),
    tags: [],
    managedBy: 'api',
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    revisionAtMs: nowMs,
    playedOut: false,
  };
}

function readMessages(path: string, runs: readonly FileRun[]): Map<string, DetectionsMessage[]> {
  const messages = new Map<string, DetectionsMessage[]>(runs.map(({ id }) => [id, []]));
  for (const { key, value } of readTopic(path, 'sightline.detections.v1')) {
    messages.get(key)?.push(JSON.parse(value) as DetectionsMessage);
  }
  for (const list of messages.values()) list.sort((a, b) => a.ptsMs - b.ptsMs);
  return messages;
}
