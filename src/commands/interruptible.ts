import { EngineError } from '../errors.ts';

/** Ctrl-C ends what was begun: processes and temporary files are not left behind. */
export async function interruptible(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new EngineError('INTERNAL', 'interrupted'));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    await run(stop.signal);
  } catch (err) {
    stop.signal.throwIfAborted(); // a terminal interrupts the child processes too: their end is no failure then
    throw err;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
