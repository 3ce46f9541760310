import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { privateFile } from '../config/private-file.ts';

/** Who a token stands for. */
export interface Identity {
  readonly role: 'admin';
}

export interface Tokens {
  /** The identity behind a token (without the word `Bearer`); undefined for any other text. */
  verify(bearer: string | undefined): Identity | undefined;
  readonly adminToken: string;
  /** Whether it is Sightline's own, made now or at an earlier start: only such a one may be printed. */
  readonly generated: boolean;
  /** Shorter than 16 characters: worth a warning where the server is reachable from outside. */
  readonly weak: boolean;
}

const MIN_SAFE_LENGTH = 16;

/**
 * The admin token: the one that was set, else the one kept in `<dir>/token` (0600), made the first time.
 *
 * @throws EngineError DATA_NOT_WRITABLE
 */
export function createTokens({ token, dir }: { token?: string | undefined; dir: string }): Tokens {
  const text = token || privateFile(join(dir, 'token'), newToken).text;
  const expected = digest(text);
  return {
    // digests are of equal length, so the comparison takes the same time whatever was sent
    verify: (bearer) =>
      bearer !== undefined && bearer !== '' && timingSafeEqual(digest(bearer), expected)
        ? { role: 'admin' }
        : undefined,
    adminToken: text,
    generated: !token,
    weak: text.length < MIN_SAFE_LENGTH,
  };
}

function newToken(): string {
  return `sl_${randomBytes(32).toString('base64url')}\n`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
