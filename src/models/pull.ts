import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError, messageOf } from '../errors.ts';
import { inspectWeights, sha256Of, type Weights } from './verify.ts';

/** Weights that can be fetched. */
export type Pullable = Weights & { readonly url: string; readonly sizeBytes: number };

const STALL_MS = 30_000;

export interface PullOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes on disk so far. */
  readonly onProgress?: (receivedBytes: number, totalBytes: number) => void;
  /** No byte for this long ends the attempt; what has arrived is kept. Milliseconds. */
  readonly stallMs?: number;
}

export interface Pulled {
  readonly path: string;
  readonly outcome: 'present' | 'downloaded' | 'resumed';
}

/**
 * Puts the weights of a model into `dir`, unless they are there.
 *
 * They arrive in a `.part` file that a later call resumes (RFC 9110, range requests), and take their name
 * only when their SHA-256 is the manifest's. If the whole of a resumed file is wrong (the server's file has
 * changed in between), it is fetched once more from the start.
 *
 * @throws EngineError MODEL_DOWNLOAD, DATA_NOT_WRITABLE; whatever weights were there before stay
 */
export async function pullModel(model: Pullable, dir: string, options: PullOptions = {}): Promise<Pulled> {
  const { state, path } = await inspectWeights(model, dir);
  if (state === 'ready') return { path, outcome: 'present' };
  // the name carries the digest: a part of other weights is never continued
  const part = join(dir, `${model.file}.${model.sha256.slice(0, 12)}.part`);
  await writable(dir, () => mkdir(dir, { recursive: true }));
  for (const attempt of ['resume', 'afresh'] as const) {
    const resumed = await download(model, part, options);
    const sha256 = await sha256Of(part);
    if (sha256 === model.sha256) {
      await writable(dir, () => rename(part, path));
      return { path, outcome: resumed ? 'resumed' : 'downloaded' };
    }
    await rm(part, { force: true });
    if (!resumed || attempt === 'afresh') {
      throw new EngineError(
        'MODEL_DOWNLOAD',
        `what ${model.url} sent for model ${model.name} has sha256 ${sha256} instead of ${model.sha256}: ` +
          'it was thrown away; correct the URL or the digest in models/manifest.json',
      );
    }
  }
  throw new Error('unreachable');
}

/** Fetches until `part` has its full size; answers whether it began with bytes of an earlier call. */
async function download(model: Pullable, part: string, options: PullOptions): Promise<boolean> {
  const { sizeBytes, url } = model;
  let have = await sizeOf(part);
  if (have > sizeBytes) {
    await rm(part, { force: true });
    have = 0;
  }
  if (have === sizeBytes) return true;
  const stall = new AbortController();
  const { stallMs = STALL_MS } = options;
  let timer = setTimeout(() => stall.abort(), stallMs);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), stallMs);
  };
  const signal = options.signal ? AbortSignal.any([options.signal, stall.signal]) : stall.signal;
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (have > 0) headers.range = `bytes=${have}-`;
    let response = await fetch(url, { headers, signal });
    if (
      have > 0 &&
      (response.status === 416 || (response.status === 206 && !continues(response, have, sizeBytes)))
    ) {
      await response.body?.cancel();
      response = await fetch(url, { headers: { 'accept-encoding': 'identity' }, signal });
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new EngineError(
        'MODEL_DOWNLOAD',
        `${url} answers ${response.status} ${response.statusText}`.trim(),
      );
    }
    const resumed = response.status === 206;
    const file = await writable(dirname(part), () => open(part, resumed ? 'a' : 'w'));
    try {
      await receive(response.body, file, dirname(part), resumed ? have : 0, model, alive, options.onProgress);
    } finally {
      await file.close();
    }
    return resumed;
  } catch (err) {
    throw explained(err, model, dirname(part), {
      stalled: stall.signal.aborted,
      stallMs,
      cancelled: options.signal?.aborted,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function receive(
  body: ReadableStream<Uint8Array>,
  file: FileHandle,
  dir: string,
  startBytes: number,
  { sizeBytes, url }: { sizeBytes: number; url: string },
  alive: () => void,
  onProgress: PullOptions['onProgress'],
): Promise<void> {
  let have = startBytes;
  for await (const chunk of body) {
    alive();
    have += chunk.length;
    if (have > sizeBytes) {
      await file.truncate(0);
      throw new EngineError(
        'MODEL_DOWNLOAD',
        `${url} sends more than the ${sizeBytes} bytes of the manifest`,
      );
    }
    await writable(dir, () => file.appendFile(chunk));
    onProgress?.(have, sizeBytes);
  }
  await file.sync();
  if (have < sizeBytes)
    throw new EngineError('MODEL_DOWNLOAD', `${url} ended after ${have} of ${sizeBytes} bytes`);
}

/** Whether a 206 is the part that was asked for, of a file of the expected size. */
function continues(response: Response, startBytes: number, sizeBytes: number): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  return (
    range !== null && Number(range[1]) === startBytes && (range[2] === '*' || Number(range[2]) === sizeBytes)
  );
}

function explained(
  err: unknown,
  { name, file, url }: { name: string; file: string; url: string },
  dir: string,
  { stalled, stallMs, cancelled }: { stalled: boolean; stallMs: number; cancelled: boolean | undefined },
): EngineError {
  if (err instanceof EngineError && err.code !== 'MODEL_DOWNLOAD') return err;
  const again = 'run the command again to go on where it stopped';
  if (cancelled)
    return new EngineError('MODEL_DOWNLOAD', `model ${name}: the download was cancelled; ${again}`);
  if (stalled)
    return new EngineError(
      'MODEL_DOWNLOAD',
      `model ${name}: no data for ${stallMs / 1000} s from ${url}; ${again}`,
    );
  const reason = err instanceof EngineError ? err.message : `cannot fetch ${url} (${causeOf(err)})`;
  return new EngineError(
    'MODEL_DOWNLOAD',
    `model ${name}: ${reason}; check the connection and ${again}, or put ${file} into ${dir} by hand`,
    { cause: err },
  );
}

/** fetch says "fetch failed" and keeps what happened in the cause. */
function causeOf(err: unknown): string {
  const cause =
    err instanceof Error ? (err.cause as { code?: string; message?: string } | undefined) : undefined;
  return cause?.code ?? cause?.message ?? messageOf(err);
}

async function writable<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (err) {
    throw new EngineError(
      'DATA_NOT_WRITABLE',
      `cannot write to ${where} (${messageOf(err)}): make it writable, free some space, or set SIGHTLINE_MODELS to another directory`,
      { cause: err },
    );
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
