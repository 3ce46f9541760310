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
  /** Whether the token was made by this call: the one time it may be printed. */
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
  const kept = token
    ? { text: token, created: false }
    : privateFile(join(dir, 'token'), () => `sl_${randomBytes(32).toString('base64url')}\n`);
  const expected = digest(kept.text);
  return {
    // digests are of equal length, so the comparison takes the same time whatever was sent
    verify: (bearer) =>
      bearer !== undefined && bearer !== '' && timingSafeEqual(digest(bearer), expected)
        ? { role: 'admin' }
        : undefined,
    adminToken: kept.text,
    generated: kept.created,
    weak: kept.text.length < MIN_SAFE_LENGTH,
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
