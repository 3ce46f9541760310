import { join } from 'node:path';
import type { CameraStatus } from '../src/camera.ts';
import type { Config } from '../src/config/schema.ts';
import type { DetectionsMessage } from '../src/log/messages.ts';
import { readTopic } from '../src/log/read-topic.ts';
import { Sightline } from '../test/support/sightline.ts';
import { waitFor } from '../test/support/wait-for.ts';

/** What a benchmark takes of the user's settings. */
export type BenchConfig = Pick<Config, 'models' | 'vision' | 'demo'>;

/**
 * The whole system in a data directory of its own, without a camera, ready.
 *
 * Of the user's settings only those that are measured count: what a benchmark makes up must not get into a
 * ClickHouse server, nor the user's own cameras into the figures.
 */
export async function startSystem(
  { models, vision, demo }: BenchConfig,
  { env = {}, signal }: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Sightline> {
  signal?.throwIfAborted();
  const sightline = new Sightline(
    {
      SIGHTLINE_MODELS: models.dir,
      SIGHTLINE_DEMO: demo.dir,
      SIGHTLINE_TOKEN: '', // one that is chosen is not printed
      CLICKHOUSE_URL: '',
      ...env,
    },
    ['--empty'],
    { vision },
  );
  try {
    await sightline.start();
    await waitFor(
      'readiness',
      async () => (await sightline.request('GET', '/readyz', undefined, '')).status === 200,
      { timeoutMs: 30_000, signal },
    );
    return sightline;
  } catch (err) {
    await sightline[Symbol.asyncDispose]();
    throw err;
  }
}

export function processIds(sightline: Sightline): { vision: number; store: number; hub: number } {
  const { node, store } = sightline.children();
  return { vision: node, store, hub: sightline.hubPid };
}

/** Of all cameras, by one request: many cameras asked one by one would meet the limit of requests. */
export async function cameraStatuses(sightline: Sightline): Promise<CameraStatus[]> {
  const { status, body, text } = await sightline.request<{ cameras: Array<{ status: CameraStatus }> }>(
    'GET',
    '/api/v1/cameras?limit=1000',
  );
  if (status !== 200) throw new Error(`the list of cameras: ${status} ${text}`);
  return body.cameras.map((camera) => camera.status);
}

export interface LoggedFrame {
  readonly appendedAtMs: number;
  readonly message: DetectionsMessage;
}

/** Everything that the event log holds, in its order. */
export function loggedFrames(sightline: Sightline): LoggedFrame[] {
  const records = readTopic(join(sightline.dataDir, 'log.db'), 'sightline.detections.v1');
  return Array.from(records, ({ appendedAtMs, value }) => ({ appendedAtMs, message: JSON.parse(value) }));
}
