import type { OpenRunner, Runner } from '../pipeline/inference/runner.ts';

/** Tells when models are being opened and warmed up on this thread: both hold it, on some devices for minutes. */
export function announceLoading(open: OpenRunner, announce: (loading: boolean) => void): OpenRunner {
  let under = 0;
  async function loading<T>(work: () => Promise<T>): Promise<T> {
    if (under++ === 0) announce(true);
    try {
      return await work();
    } finally {
      if (--under === 0) announce(false);
    }
  }
  return async (spec) => {
    const runner = await loading(() => open(spec));
    return {
      provider: runner.provider,
      prepare: (size) => loading(() => runner.prepare(size)),
      run: (pictures) => runner.run(pictures),
      release: () => runner.release(),
    } satisfies Runner;
  };
}
