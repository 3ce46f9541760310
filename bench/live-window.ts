import { setTimeout as delay } from 'node:timers/promises';
import { failureOf } from '../src/demo/verify/analyse-files.ts';
import type { Sightline } from '../test/support/sightline.ts';
import { waitFor } from '../test/support/wait-for.ts';
import { cpuSeconds } from './process-stats.ts';
import { cameraStatuses, loggedFrames, processIds } from './system.ts';

/** Compiling and loading are over after it; what comes first is not counted. */
export const WARM_UP_MS = 3_000;
const LIVE_TIMEOUT_MS = 120_000;

/** What a system with live cameras did for some time. */
export interface LiveWindow {
  readonly seconds: number;
  /** From exposure to the durable event, of each frame that was analysed. */
  readonly latenciesMs: readonly number[];
  /** Frames that came due: those that were analysed, and those that were dropped. */
  readonly due: number;
  /** Frames that were due and not analysed, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly visionCpuSeconds: number;
}

/**
 * Waits until all cameras of the system are analysed, and measures for `seconds`.
 *
 * @param cameras how many there are
 * @throws EngineError with what keeps a camera from being analysed
 */
export async function measureLive(
  sightline: Sightline,
  { cameras, seconds, signal }: { cameras: number; seconds: number; signal?: AbortSignal },
): Promise<LiveWindow> {
  const answer = await waitFor(
    'all cameras to be analysed',
    async () => {
      const statuses = await cameraStatuses(sightline);
      const failure = statuses.map(failureOf).find((found) => found !== undefined);
      if (failure) return { failure };
      const live = statuses.filter(({ state, frames }) => state === 'live' && frames.analysed > 5);
      return live.length === cameras && { failure: undefined };
    },
    { timeoutMs: LIVE_TIMEOUT_MS, pollMs: 250, signal },
  );
  if (answer.failure) throw answer.failure;
  await delay(WARM_UP_MS, undefined, { signal });

  const { vision } = processIds(sightline);
  const before = await cameraStatuses(sightline);
  const fromCpuSeconds = cpuSeconds(vision);
  const fromMs = Date.now();
  await delay(seconds * 1000, undefined, { signal });
  const toMs = Date.now();
  const toCpuSeconds = cpuSeconds(vision);
  const after = await cameraStatuses(sightline);

  const totals = (statuses: typeof before): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const { frames } of statuses) {
      for (const [outcome, count] of Object.entries({ analysed: frames.analysed, ...frames.dropped })) {
        sums.set(outcome, (sums.get(outcome) ?? 0) + count);
      }
    }
    sums.delete('sampled'); // was not due
    return sums;
  };
  const totalsBefore = totals(before);
  const { analysed = 0, ...dropped } = Object.fromEntries(
    [...totals(after)].map(([outcome, count]) => [outcome, count - (totalsBefore.get(outcome) ?? 0)]),
  );
  return {
    seconds: (toMs - fromMs) / 1000,
    latenciesMs: loggedFrames(sightline)
      .filter(({ appendedAtMs }) => appendedAtMs >= fromMs && appendedAtMs < toMs)
      .map(({ appendedAtMs, message }) => appendedAtMs - message.capturedAtMs),
    due: Object.values(dropped).reduce((sum, count) => sum + count, analysed),
    dropped,
    visionCpuSeconds: toCpuSeconds - fromCpuSeconds,
  };
}
