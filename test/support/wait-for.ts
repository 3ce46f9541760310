import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

type Falsy = false | null | undefined | 0 | '';

/**
 * Polls until `check` answers something truthy, and returns it. A check that throws counts as "not yet";
 * the last failure becomes the cause of the error.
 *
 * @param description what is waited for, as in "a frame from the camera": part of the error's message
 * @throws Error after `timeoutMs`, AbortError when `signal` aborts
 */
export async function waitFor<T>(
  description: string,
  check: () => T | Promise<T>,
  {
    timeoutMs = 10_000,
    pollMs = POLL_MS,
    signal,
  }: { timeoutMs?: number; pollMs?: number; signal?: AbortSignal } = {},
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value) return value as Exclude<T, Falsy>;
      cause = undefined;
    } catch (err) {
      cause = err;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${description}`, { cause });
    }
    await delay(pollMs, undefined, { signal });
  }
}
