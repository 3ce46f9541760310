import type { Clock } from '../clock.ts';
import type { Identity, Tokens } from './tokens.ts';

/** Wrong tokens from one address within a minute before it is told to wait. */
const MAX_WRONG = 100;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;

/** What becomes of a request. */
export type Verdict =
  | { readonly allowed: true; readonly identity: Identity }
  /** `locked`: wrong, and too many of that address's tokens were wrong before; `waitMs` until the next is looked at. */
  | { readonly allowed: false; readonly reason: 'missing' | 'wrong' }
  | { readonly allowed: false; readonly reason: 'locked'; readonly waitMs: number };

export interface Guard {
  /** Judges a token (without the word `Bearer`) that came from `address`, and counts it when it is wrong. */
  check(token: string | undefined, address: string): Verdict;
  /** The identity behind a token, without counting. */
  verify(token: string | undefined): Identity | undefined;
}

/**
 * The one door of everything that needs a token, HTTP and the live channel alike: wrong tokens are counted by
 * address.
 *
 * The right token passes always: behind a proxy all callers have one address, and one of them who guesses must
 * not lock out the others. A token of 256 bits needs no lock; the limit keeps guesses cheap and out of the log.
 */
export function createGuard({
  tokens,
  clock,
}: {
  tokens: Pick<Tokens, 'verify'>;
  clock: Pick<Clock, 'elapsed'>;
}): Guard {
  const wrong = new Map<string, { count: number; endsAtMs: number }>();
  return {
    verify: (token) => tokens.verify(token),
    check(token, address) {
      const identity = tokens.verify(token);
      if (identity) return { allowed: true, identity };
      if (token === undefined || token === '') return { allowed: false, reason: 'missing' };
      const nowMs = clock.elapsed();
      let seen = wrong.get(address);
      if (!seen || seen.endsAtMs <= nowMs) {
        if (wrong.size >= MAX_ADDRESSES) wrong.clear(); // memory has a bound; forgetting is the lesser harm
        seen = { count: 0, endsAtMs: nowMs + WINDOW_MS };
        wrong.set(address, seen);
      }
      if (seen.count >= MAX_WRONG) return { allowed: false, reason: 'locked', waitMs: seen.endsAtMs - nowMs };
      seen.count++;
      return { allowed: false, reason: 'wrong' };
    },
  };
}
