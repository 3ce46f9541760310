import type { FastifyReply, FastifyRequest } from 'fastify';
import { EngineError } from '../errors.ts';
import type { ApiDependencies } from './dependencies.ts';

/** Wrong tokens from one address within a minute before all of its requests are refused for the rest of it. */
const MAX_FAILURES = 100;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 10_000;

/** The token of `Authorization: Bearer <token>` (RFC 6750); undefined when there is none. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * A hook that lets only requests with a good token pass.
 *
 * Guessing is slowed by address: past the limit even a right guess is refused until the minute is over, or
 * the refusals would tell nothing.
 *
 * @param elapsed monotonic milliseconds
 */
export function requireToken(
  tokens: ApiDependencies['tokens'],
  elapsed: () => number = () => performance.now(),
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const failures = new Map<string, { count: number; endsAtMs: number }>();
  return async (request, reply) => {
    const nowMs = elapsed();
    const before = failures.get(request.ip);
    if (before && before.endsAtMs <= nowMs) failures.delete(request.ip);
    const seen = failures.get(request.ip);
    if (seen && seen.count >= MAX_FAILURES) {
      const waitS = Math.ceil((seen.endsAtMs - nowMs) / 1000);
      reply.header('retry-after', waitS);
      throw new EngineError('TOO_MANY_REQUESTS', `too many wrong tokens from this address: wait ${waitS} s`);
    }
    const bearer = bearerOf(request);
    if (tokens.verify(bearer)) return;
    reply.header('www-authenticate', bearer === undefined ? 'Bearer' : 'Bearer error="invalid_token"');
    if (bearer === undefined) {
      throw new EngineError('UNAUTHORIZED', 'this needs a token: send it as "Authorization: Bearer <token>"');
    }
    if (failures.size >= MAX_ADDRESSES) failures.clear(); // memory has a bound; forgetting is the lesser harm
    if (seen) seen.count++;
    else failures.set(request.ip, { count: 1, endsAtMs: nowMs + WINDOW_MS });
    throw new EngineError('UNAUTHORIZED', 'this token is not valid: use the one that was printed at start');
  };
}
