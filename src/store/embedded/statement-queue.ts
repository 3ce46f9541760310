export interface StatementQueue {
  /** Runs `work` when it is its turn. Rejects at once when too many wait. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Refuses what comes and what waits; resolves when nothing runs any more. */
  close(): Promise<void>;
}

/** Statements in the order they came: at most `atOnce` run, at most `maxWaiting` wait. */
export function createStatementQueue(atOnce: number, maxWaiting: number): StatementQueue {
  const waiting: { readonly go: () => void; readonly refuse: (reason: Error) => void }[] = [];
  const idlers: (() => void)[] = [];
  let running = 0;
  let closed = false;

  function leave(): void {
    const next = waiting.shift();
    if (next) {
      next.go(); // hands its place on
      return;
    }
    if (--running === 0) for (const resolve of idlers.splice(0)) resolve();
  }

  return {
    async run(work) {
      if (closed) throw stopping();
      if (running < atOnce) running++;
      else if (waiting.length >= maxWaiting) {
        throw new Error(
          `Code: 202. DB::Exception: Too many simultaneous queries: ${waiting.length} wait (TOO_MANY_SIMULTANEOUS_QUERIES)`,
        );
      } else await new Promise<void>((go, refuse) => waiting.push({ go, refuse }));
      try {
        return await work();
      } finally {
        leave();
      }
    },
    close() {
      closed = true;
      for (const { refuse } of waiting.splice(0)) refuse(stopping());
      return running === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve));
    },
  };
}

function stopping(): Error {
  return new Error('Code: 236. DB::Exception: the store is stopping (ABORTED)');
}
