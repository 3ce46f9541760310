/** Runs that compile the code and fill caches. */
const WARM_UP_RUNS = 3;
/** However slow the thing is, a median of fewer says nothing. */
const MIN_RUNS = 10;

/** Milliseconds of each run of `work`, one after another for about `seconds`. */
export async function sampled(seconds: number, work: () => unknown): Promise<number[]> {
  for (let run = 0; run < WARM_UP_RUNS; run++) await work();
  const times: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  while (times.length < MIN_RUNS || performance.now() < endMs) {
    const startedMs = performance.now();
    const working = work();
    if (working instanceof Promise) await working; // awaiting what is done already would be measured too
    times.push(performance.now() - startedMs);
  }
  return times;
}
