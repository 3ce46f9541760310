import type { Clock } from '../../clock.ts';

/** An engine that takes longer for `SELECT 1` is no use to anybody. */
export const PROBE_TIMEOUT_MS = 1000;
/** A verdict holds this long, so that many who ask cost one probe. */
const VERDICT_MS = 1000;

/**
 * Whether the engine answers, for whoever asks. The engine is asked at most once a second, and not again while
 * an earlier probe hangs in it.
 *
 * @param probe has the engine answer something trivial; rejects when it cannot
 */
export function createEngineCheck(probe: () => Promise<void>, clock: Clock): () => Promise<boolean> {
  let verdict: Promise<boolean> = Promise.resolve(false);
  let validUntilMs = Number.NEGATIVE_INFINITY;
  let probing = false;

  async function check(): Promise<boolean> {
    probing = true;
    const answered = probe()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        probing = false;
      });
    const timeout = new AbortController();
    const late = clock.sleep(PROBE_TIMEOUT_MS, timeout.signal).then(() => false);
    const answers = await Promise.race([answered, late]);
    timeout.abort();
    validUntilMs = clock.elapsed() + VERDICT_MS;
    return answers;
  }

  return () => {
    if (clock.elapsed() < validUntilMs) return verdict;
    if (probing) return Promise.resolve(false); // the late one still hangs
    validUntilMs = Number.POSITIVE_INFINITY; // until it is known
    verdict = check();
    return verdict;
  };
}
