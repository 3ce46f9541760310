import type { BatchCounts } from '../../../device-status.ts';
import { EngineError } from '../../../errors.ts';
import type { Logger } from '../../../observe/logger.ts';
import { type BatchLimits, type BatchPlan, BatchPolicy } from './batch-policy.ts';

/** So many memory failures without `RECOVERED_AFTER` good runs between them, and batches become smaller. */
const REPEATED = 2;
const RECOVERED_AFTER = 200;
/** A network that fails so often in a row is opened anew: a device may have been lost. */
const FAILURES_TO_RENEW = 3;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;

/** One picture that waits for its place in a batch. */
export interface BatchJob {
  /** When it was handed over, on the batcher's clock. */
  readonly atMs: number;
  /** Called once: the outputs are there, or why not. */
  answer(error?: EngineError): void;
}

/** What runs the batches of one model at one size. */
export interface BatchExecutor<J extends BatchJob> {
  /** `name@version` */
  readonly model: string;
  /** @throws EngineError; MODEL_OUT_OF_MEMORY when it may work again with less */
  run(jobs: readonly J[], size: number): Promise<void>;
  /** Gives its memory back and makes ready anew. @throws EngineError */
  renew(): Promise<void>;
}

/** The pictures of one model and size that wait for their device, and how their runs went. */
export class BatchQueue<J extends BatchJob = BatchJob> {
  readonly counts: BatchCounts = {
    batches: 0,
    pictures: 0,
    largest: 0,
    padding: 0,
    failed: 0,
    memoryFailures: 0,
    waitMs: 0,
    runMs: 0,
  };
  /** Device time up to which this queue has had its share, see `DeviceBatcher`. */
  servedMs = 0;
  readonly policy: BatchPolicy;
  readonly #executor: BatchExecutor<J>;
  readonly #log: Logger;
  readonly #wake: () => void;
  readonly #jobs: J[] = [];
  #memoryFailures = 0;
  #goodRuns = 0;
  #failures = 0;
  #renewal = false;
  #pauseMs = 0;
  #pausedUntilMs = 0;
  #pausedFor: EngineError | undefined;
  #closed = false;

  constructor(executor: BatchExecutor<J>, limits: BatchLimits, log: Logger, wake: () => void) {
    this.policy = new BatchPolicy(limits);
    this.#executor = executor;
    this.#log = log;
    this.#wake = wake;
  }

  get waiting(): number {
    return this.#jobs.length;
  }

  submit(job: J): void {
    if (this.#closed) {
      job.answer(closed(this.#executor.model));
      return;
    }
    this.policy.arrived(job.atMs);
    this.#jobs.push(job);
    this.#wake();
  }

  /** Takes back what waits and is not of interest any more; it is not answered. */
  withdraw(isUnwanted: (job: J) => boolean): void {
    for (let i = this.#jobs.length - 1; i >= 0; i--) if (isUnwanted(this.#jobs[i])) this.#jobs.splice(i, 1);
  }

  /** Answers what waits with an error and takes nothing more. */
  close(): void {
    this.#closed = true;
    for (const job of this.#jobs.splice(0)) job.answer(closed(this.#executor.model));
  }

  /** Undefined while nothing waits. */
  plan(nowMs: number): BatchPlan | undefined {
    if (this.#jobs.length === 0) return undefined;
    return this.policy.plan(this.#jobs.length, this.#jobs[0].atMs, nowMs);
  }

  /** Runs the oldest pictures as planned and answers them. Never rejects. */
  async run({ count, size }: BatchPlan, now: () => number): Promise<void> {
    const jobs = this.#jobs.splice(0, count);
    const startedMs = now();
    for (const { atMs } of jobs) this.counts.waitMs += Math.max(0, startedMs - atMs);
    const failure = await this.#attempt(jobs, size, startedMs);
    const endedMs = now();
    this.counts.batches++;
    this.counts.runMs += endedMs - startedMs;
    if (failure) this.counts.failed += jobs.length;
    else {
      this.counts.pictures += jobs.length;
      this.counts.largest = Math.max(this.counts.largest, jobs.length);
      this.counts.padding += size - jobs.length;
      this.policy.ended(endedMs, jobs.length, size, endedMs - startedMs);
    }
    for (const job of jobs) job.answer(failure);
    if (failure) this.#failed(failure, size, endedMs);
    else this.#succeeded();
  }

  async #attempt(jobs: readonly J[], size: number, nowMs: number): Promise<EngineError | undefined> {
    if (this.#pausedFor && nowMs < this.#pausedUntilMs) return this.#pausedFor;
    try {
      if (this.#renewal) {
        await this.#executor.renew();
        this.#renewal = false;
      }
      await this.#executor.run(jobs, size);
      return undefined;
    } catch (err) {
      if (!(err instanceof EngineError)) throw err; // a programming error
      return err;
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = 0;
    this.#pausedFor = undefined;
    if (++this.#goodRuns >= RECOVERED_AFTER) this.#memoryFailures = 0;
  }

  #failed(failure: EngineError, size: number, nowMs: number): void {
    if (failure === this.#pausedFor) return; // it was not even tried
    this.#goodRuns = 0;
    const { model } = this.#executor;
    if (failure.code !== 'MODEL_OUT_OF_MEMORY') {
      if (++this.#failures >= FAILURES_TO_RENEW) this.#pause(failure, nowMs);
      return;
    }
    this.counts.memoryFailures++;
    this.#memoryFailures++;
    this.#renewal = true; // its arena keeps what it has; a new session begins small
    const smallest = size === 1;
    if (smallest) this.#pause(failure, nowMs);
    else if (this.#memoryFailures >= REPEATED) {
      this.#memoryFailures = 0;
      this.policy.limitTo(Math.floor(size / 2));
    }
    const { maxBatch } = this.policy;
    this.#log.warn({ model, batch: size, maxBatch, reason: failure.message }, 'a batch ran out of memory');
  }

  /** Nothing smaller is left to try: the network is made anew, and not at every frame. */
  #pause(failure: EngineError, nowMs: number): void {
    this.#renewal = true;
    this.#failures = 0;
    this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2 || FIRST_PAUSE_MS);
    this.#pausedUntilMs = nowMs + this.#pauseMs;
    this.#pausedFor = failure;
  }
}

function closed(model: string): EngineError {
  return new EngineError('MODEL_FAILED', `model ${model} was released while a picture waited for it`);
}
