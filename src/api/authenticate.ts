import type { FastifyReply, FastifyRequest } from 'fastify';
import { EngineError } from '../errors.ts';
import type { ApiDependencies } from './dependencies.ts';

/** The token of `Authorization: Bearer <token>` (RFC 6750); undefined when there is none. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** A hook that lets only requests with a good token pass; an address that guesses is told to wait. */
export function requireToken(
  guard: ApiDependencies['guard'],
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async (request, reply) => {
    const verdict = guard.check(bearerOf(request), request.ip);
    if (verdict.allowed) return;
    if (verdict.reason === 'locked') {
      const waitS = Math.ceil(verdict.waitMs / 1000);
      reply.header('retry-after', waitS);
      throw new EngineError('TOO_MANY_REQUESTS', `too many wrong tokens from this address: wait ${waitS} s`);
    }
    if (verdict.reason === 'missing') {
      reply.header('www-authenticate', 'Bearer');
      throw new EngineError('UNAUTHORIZED', 'this needs a token: send it as "Authorization: Bearer <token>"');
    }
    reply.header('www-authenticate', 'Bearer error="invalid_token"');
    throw new EngineError(
      'UNAUTHORIZED',
      'this token is not valid: use the one that was printed at start, or the one that was configured',
    );
  };
}
