import { Readable } from 'node:stream';
import { ClickHouseError } from '@clickhouse/client';
import type { Clock } from '../clock.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { EmbeddedLog, LogRecord, TrimLimits } from '../log/embedded-log.ts';
import type { DeadLetterMessage, DetectionsMessage, Topic } from '../log/messages.ts';
import type { Logger } from '../observe/logger.ts';
import { STORE_DATABASE, type StoreClient } from './client.ts';
import { appendDetectionRows, DETECTION_COLUMNS, parseDetections } from './detection-rows.ts';
import { applyRetention, migrateStore } from './migrate.ts';

export interface StoreWriterOptions {
  readonly log: EmbeddedLog;
  readonly client: Pick<StoreClient, 'admin'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The consumer group; two writers of one group must never run at once. Default `store`. */
  readonly group?: string;
  readonly config: {
    readonly store: { readonly retentionDays: number };
    readonly log: { readonly retentionHours: number; readonly maxBytesMiB: number };
  };
  /** Messages (frames) in one insert. Default 2000. */
  readonly maxMessages?: number;
  /** Bytes of messages in one insert. Default 8 MiB. */
  readonly maxBytes?: number;
  /** Pause after a batch that was not full, so that a trickle does not become many small parts. Default 250. */
  readonly lingerMs?: number;
}

export interface StoreWriterMetrics {
  /** Whether the last thing asked of the store succeeded. */
  readonly storeUp: boolean;
  /** Messages in the log that are not in the store yet, and the age of the oldest. */
  readonly lagRecords: number;
  readonly oldestAgeMs: number;
  /** Totals since the writer started; a batch that is sent again after a crash is counted again. */
  readonly messages: number;
  readonly rows: number;
  readonly batches: number;
  readonly failures: number;
  readonly deadLetters: number;
  /** Messages that were removed from the log before they were stored. */
  readonly lost: number;
}

export interface StoreWriter {
  metrics(): StoreWriterMetrics;
  /** Resolves after the signal aborts and nothing runs any more; never rejects. */
  readonly done: Promise<void>;
}

const SOURCE: Topic = 'sightline.detections.v1';
const DEAD_LETTERS: Topic = 'sightline.dead-letter.v1';
const INSERT = `INSERT INTO ${STORE_DATABASE}.detections (${DETECTION_COLUMNS.join(', ')}) FORMAT JSONCompactEachRow`;
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;
const TRIM_EVERY_MS = 10_000;
const TRIM_RECORDS = 10_000;
/** What is not stored yet may take this many times `log.maxBytesMiB`, while the store is away. */
const HARD_MAX_FACTOR = 4;
const TELL_LOSS_EVERY_MS = 60_000;

/**
 * ClickHouse errors that mean "this data", not "not now": CANNOT_PARSE_*, TYPE_MISMATCH, ARGUMENT_OUT_OF_BOUND,
 * INCORRECT_DATA and their like. Sending the same again would block the topic for ever.
 */
const DATA_ERRORS = new Set([
  '6',
  '25',
  '26',
  '27',
  '38',
  '41',
  '53',
  '69',
  '70',
  '72',
  '117',
  '321',
  '349',
  '407',
]);

interface Parsed {
  readonly record: LogRecord;
  readonly message: DetectionsMessage;
}

/**
 * Carries detections from the log into the store, each exactly once.
 *
 * A batch has fixed bounds: its range of offsets is written down as pending, inserted with a token that names
 * the range, then committed. After a crash between any two steps exactly the pending range is sent again with
 * the same token, and the store, which keeps the tokens of its last blocks, takes it once. While the store is
 * away it is tried for ever, with back-off; messages wait in the log, not in memory, up to a hard limit above
 * which the oldest are removed unstored, counted in `lost` and logged. What is no message goes to the
 * dead-letter topic.
 */
export function runStoreWriter(options: StoreWriterOptions): StoreWriter {
  const { log, client, clock, logger, signal, config, group = 'store' } = options;
  const { maxMessages = 2000, maxBytes = 8 * 2 ** 20, lingerMs = 250 } = options;
  const totals = { messages: 0, rows: 0, batches: 0, failures: 0, deadLetters: 0, lost: 0 };
  let storeUp = false;
  let trimmedAtMs = Number.NEGATIVE_INFINITY;
  let lostTold = 0;
  let lossToldAtMs = Number.NEGATIVE_INFINITY;

  /** Sends `batch` as one block; halves it when the store refuses the data, down to the one message. */
  async function insert(batch: readonly Parsed[]): Promise<void> {
    const lines: string[] = [];
    for (const { message } of batch) appendDetectionRows(message, lines);
    if (lines.length === 0) return; // frames without objects have no rows
    const first = batch[0]!.record.offset;
    const last = batch[batch.length - 1]!.record.offset;
    try {
      // `exec`, because `insert` takes JSON formats only as objects, which it would turn into text one by one
      const { stream } = await client.admin.exec({
        query: INSERT,
        values: Readable.from([Buffer.from(lines.join('\n'))], { objectMode: false }),
        abort_signal: signal,
        clickhouse_settings: {
          async_insert: 0,
          insert_deduplicate: 1,
          insert_deduplication_token: `${log.id}-${SOURCE}-${first}-${last}`,
          // one batch is one block, or its token would cover only a part of it
          input_format_parallel_parsing: 0,
          max_insert_block_size: '16777216',
          max_partitions_per_insert_block: '0', // a camera with a wrong clock must not stop the others
        },
      });
      await stream.toArray(); // empty; the connection is free again after its end
      totals.rows += lines.length;
    } catch (err) {
      if (!(err instanceof ClickHouseError) || !DATA_ERRORS.has(err.code)) throw err;
      if (batch.length === 1) return refuse(batch[0]!.record, `the store refuses it: ${err.message}`);
      const middle = batch.length >> 1;
      await insert(batch.slice(0, middle));
      await insert(batch.slice(middle));
    }
  }

  function refuse(record: LogRecord, reason: string): void {
    const { offset, key, value } = record;
    const id = `${group}/${SOURCE}/${offset}`;
    const letter: DeadLetterMessage = {
      v: 1,
      id,
      group,
      topic: SOURCE,
      offset,
      key,
      reason,
      refusedAtMs: Math.round(clock.now()),
      value,
    };
    if (log.append(DEAD_LETTERS, [{ key, id, value: JSON.stringify(letter) }]) === 0) return; // done before a crash
    totals.deadLetters++;
    logger.warn({ topic: SOURCE, offset, key, reason }, 'message set aside');
  }

  /** Moves one batch. Returns whether it was full, so that more is probably waiting. */
  async function step(): Promise<boolean> {
    const { next, pending } = log.position(group, SOURCE);
    const records = pending
      ? log
          .read(SOURCE, pending.first, pending.last - pending.first + 1, Number.POSITIVE_INFINITY)
          .filter(({ offset }) => offset <= pending.last)
      : log.read(SOURCE, next, maxMessages, maxBytes);
    if (records.length === 0 && !pending) return false;
    if (pending && records[0]?.offset !== pending.first) {
      // a hard trim cut the range: what is left of it may be stored already, and its token would not say so
      totals.lost += records.length;
      log.commit(group, SOURCE, pending.last + 1);
      return true;
    }
    const last = pending?.last ?? records[records.length - 1]!.offset;
    if (!pending) log.begin(group, SOURCE, records[0]!.offset, last);

    const batch: Parsed[] = [];
    for (const record of records) {
      const { message, reason } = parseDetections(record.value);
      if (message) batch.push({ record, message });
      else refuse(record, reason);
    }
    if (batch.length > 0) await insert(batch);
    log.commit(group, SOURCE, last + 1);
    totals.batches++;
    totals.messages += records.length;
    return (
      pending !== null || records.length === maxMessages || log.depth(group, SOURCE).records >= maxMessages
    );
  }

  /** A log that cannot be trimmed now, another process has it locked, says nothing about the store. */
  function trim(): void {
    if (clock.elapsed() - trimmedAtMs < TRIM_EVERY_MS) return;
    trimmedAtMs = clock.elapsed();
    const maxBytes = config.log.maxBytesMiB * 2 ** 20;
    const limits: TrimLimits = {
      maxAgeMs: config.log.retentionHours * 3_600_000,
      maxBytes,
      hardMaxBytes: maxBytes * HARD_MAX_FACTOR,
      maxRecords: TRIM_RECORDS,
    };
    try {
      const { removed, lost } = log.trim(SOURCE, limits);
      totals.lost += lost;
      log.trim(DEAD_LETTERS, limits);
      if (removed >= TRIM_RECORDS) trimmedAtMs = Number.NEGATIVE_INFINITY; // goes on after the next batch
    } catch (err) {
      logger.warn({ reason: messageOf(err), retryInMs: TRIM_EVERY_MS }, 'the event log cannot be trimmed');
    }
  }

  function tellLoss(): void {
    const lost = totals.lost - lostTold;
    if (lost === 0 || clock.elapsed() - lossToldAtMs < TELL_LOSS_EVERY_MS) return;
    const maxMiB = config.log.maxBytesMiB * HARD_MAX_FACTOR;
    logger.error(
      { topic: SOURCE, lost, lostInAll: totals.lost, maxMiB },
      'the event log is full: messages lost',
    );
    lostTold = totals.lost;
    lossToldAtMs = clock.elapsed();
  }

  async function run(): Promise<void> {
    let backoffMs = MIN_BACKOFF_MS;
    let registered = false;
    let prepared = false;
    while (!signal.aborted) {
      let pauseMs: number;
      try {
        log.position(group, SOURCE);
        registered = true;
        if (!prepared) {
          const applied = await migrateStore(client, undefined, signal);
          await applyRetention(client, config.store.retentionDays, signal);
          if (applied.length > 0) logger.info({ applied }, 'store migrated');
          prepared = true;
        }
        const more = await step();
        if (!storeUp) logger.info('the store takes rows');
        storeUp = true;
        backoffMs = MIN_BACKOFF_MS;
        pauseMs = more ? 0 : lingerMs;
      } catch (err) {
        if (signal.aborted) return;
        if (!isLogFailure(err)) storeUp = false;
        totals.failures++;
        logger.warn({ reason: messageOf(err), retryInMs: backoffMs }, 'rows are not stored; retrying');
        pauseMs = backoffMs;
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      }
      if (registered) trim(); // before, it would take all for stored; a store that is away must not stop it
      tellLoss();
      if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    }
  }

  return {
    metrics() {
      const { records, oldestAgeMs } = log.depth(group, SOURCE);
      return { storeUp, lagRecords: records, oldestAgeMs, ...totals };
    },
    done: run(),
  };
}

/** The log is busy, full or damaged: nothing the store can be blamed for. */
function isLogFailure(err: unknown): boolean {
  return err instanceof EngineError && (err.code === 'LOG_UNAVAILABLE' || err.code === 'LOG_CORRUPT');
}
