import type { Clock } from '../clock.ts';
import type { EmbeddedLog, NewRecord } from './embedded-log.ts';

export interface LogAppenderOptions {
  readonly log: Pick<EmbeddedLog, 'append'>;
  readonly clock: Clock;
  /** Records that make a flush due at once. Default 200. */
  readonly maxBatch?: number;
  /** Longest a record waits for its flush while the disk is well, milliseconds. Default 20. */
  readonly maxDelayMs?: number;
  /** Records kept while the disk fails. Default 100,000. */
  readonly maxQueued?: number;
  /** Bytes of values kept while the disk fails. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
  /** Told of every failed write, once per attempt. */
  readonly onError?: (err: unknown, state: { readonly queued: number; readonly retryInMs: number }) => void;
}

export interface LogAppender {
  /** Queues one record; cheap. False: there is no room, the record is not kept and is counted in `lost`. */
  append(topic: string, record: NewRecord): boolean;
  /** Whether `append` would take a record now. */
  accepting(): boolean;
  /** Records handed over and not yet durable. */
  readonly queued: number;
  /** Records refused since the start, because the disk failed for too long. */
  readonly lost: number;
  /** Writes everything now. Throws what the log throws; the records stay queued then. */
  flush(): void;
  /** Writes what it can, then stops. Returns how many records could not be written (also added to `lost`). */
  close(): Promise<number>;
}

const MIN_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/**
 * Group commit for a producer of many small records: one durable transaction every `maxDelayMs` or
 * `maxBatch` records instead of one each.
 *
 * The policy when the disk is full or fails: records stay queued, in order, and are retried with back-off.
 * The queue is bounded; when it is full the newest record is refused and counted in `lost`, so an analysed
 * frame whose message cannot be kept is always known of. A crash loses at most the last `maxDelayMs`: a
 * record is a fact once it is durable, not before.
 */
export function createLogAppender(options: LogAppenderOptions): LogAppender {
  const { log, clock, maxBatch = 200, maxDelayMs = 20, onError } = options;
  const { maxQueued = 100_000, maxQueuedBytes = 64 * 2 ** 20 } = options;
  const waiting: { readonly topic: string; readonly record: NewRecord }[] = [];
  const closed = new AbortController();
  let waitingBytes = 0;
  let lost = 0;
  let timer: Promise<void> | null = null;
  let retryInMs = 0; // above 0 while the disk fails

  const accepting = (): boolean =>
    !closed.signal.aborted && waiting.length < maxQueued && waitingBytes < maxQueuedBytes;

  function writeBatch(): void {
    const topic = waiting[0]!.topic;
    let count = 1;
    while (count < maxBatch && waiting[count]?.topic === topic) count++;
    log.append(
      topic,
      waiting.slice(0, count).map(({ record }) => record),
    );
    for (const { record } of waiting.splice(0, count)) waitingBytes -= record.value.length;
  }

  function flush(): void {
    while (waiting.length > 0) writeBatch();
    retryInMs = 0;
  }

  function tryFlush(): void {
    try {
      flush();
    } catch (err) {
      retryInMs = Math.min(Math.max(retryInMs * 2, MIN_RETRY_MS), MAX_RETRY_MS);
      onError?.(err, { queued: waiting.length, retryInMs });
    }
  }

  function schedule(): void {
    if (timer || closed.signal.aborted) return;
    timer = clock.sleep(retryInMs || maxDelayMs, closed.signal).then(() => {
      timer = null;
      if (closed.signal.aborted) return;
      tryFlush();
      if (waiting.length > 0) schedule();
    });
  }

  return {
    append(topic, record) {
      if (!accepting()) {
        lost++;
        return false;
      }
      waiting.push({ topic, record });
      waitingBytes += record.value.length;
      if (waiting.length >= maxBatch && retryInMs === 0) tryFlush();
      if (waiting.length > 0) schedule();
      return true;
    },
    accepting,
    get queued() {
      return waiting.length;
    },
    get lost() {
      return lost;
    },
    flush,
    async close() {
      closed.abort();
      await timer;
      tryFlush();
      const unwritten = waiting.length;
      lost += unwritten;
      waiting.length = 0;
      waitingBytes = 0;
      return unwritten;
    },
  };
}
