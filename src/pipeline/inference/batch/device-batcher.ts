import type { Clock } from '../../../clock.ts';
import type { Logger } from '../../../observe/logger.ts';
import type { BatchLimits, BatchPlan } from './batch-policy.ts';
import { type BatchExecutor, type BatchJob, BatchQueue } from './batch-queue.ts';

/**
 * Runs one device: one batch at a time, from the queues of all models and input sizes.
 *
 * Among queues that have pictures ready the device's time is shared fairly, by start-time fair queueing as in
 * `Turns`: next comes the queue that has had the least of it; one that was empty begins at the present. So a slow
 * model cannot keep a fast one from its turn, nor many cameras of one model a single camera of another.
 */
export class DeviceBatcher {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queues = new Set<BatchQueue>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #wake = (): void => undefined;
  /** Device time at which the last run began, in shares. */
  #presentMs = 0;

  /** @param clock its `elapsed` must be the one that jobs are stamped with */
  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#done = this.#serve();
  }

  add<J extends BatchJob>(executor: BatchExecutor<J>, limits: BatchLimits): BatchQueue<J> {
    const queue = new BatchQueue(executor, limits, this.#log, () => this.#wake());
    this.#queues.add(queue as unknown as BatchQueue);
    return queue;
  }

  remove<J extends BatchJob>(queue: BatchQueue<J>): void {
    queue.close();
    this.#queues.delete(queue as unknown as BatchQueue);
  }

  /** Answers all that waits with an error; resolves when the run under way has ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#done;
    for (const queue of this.#queues) queue.close();
    this.#queues.clear();
  }

  async #serve(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const next = this.#choose();
      if (next && next.plan.count > 0) {
        await this.#run(next.queue, next.plan);
        // a run holds this thread: what was handed over meanwhile is taken in first
        await new Promise((resolve) => setImmediate(resolve));
      } else if (next) {
        const patience = new AbortController();
        await Promise.race([woken, this.#clock.sleep(next.plan.waitMs, patience.signal)]);
        patience.abort();
      } else await woken;
    }
  }

  /** The queue to run now; when all would rather wait, the one that waits the shortest. */
  #choose(): { queue: BatchQueue; plan: BatchPlan } | undefined {
    const nowMs = this.#clock.elapsed();
    let best: { queue: BatchQueue; plan: BatchPlan } | undefined;
    for (const queue of this.#queues) {
      const plan = queue.plan(nowMs);
      if (!plan) continue;
      const beats =
        !best ||
        (plan.count > 0
          ? best.plan.count === 0 || queue.servedMs < best.queue.servedMs
          : best.plan.count === 0 && plan.waitMs < best.plan.waitMs);
      if (beats) best = { queue, plan };
    }
    return best;
  }

  async #run(queue: BatchQueue, plan: BatchPlan): Promise<void> {
    const beganMs = Math.max(this.#presentMs, queue.servedMs);
    this.#presentMs = beganMs;
    const { runMs } = queue.counts;
    await queue.run(plan, () => this.#clock.elapsed());
    queue.servedMs = beganMs + queue.counts.runMs - runMs;
  }
}
