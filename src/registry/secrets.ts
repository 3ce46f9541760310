import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { privateFile } from '../config/private-file.ts';
import { EngineError } from '../errors.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12; // NIST SP 800-38D, section 8.2: 96 bits
const TAG_BYTES = 16;

/** Encrypts what may be stored but never be read from the disk: credentials in camera URLs. */
export interface Secrets {
  /** The key's file, for messages. */
  readonly path: string;
  /** AES-256-GCM; `context` (a camera's id) must be the same to open it: ciphertexts cannot be swapped. */
  seal(text: string, context: string): Uint8Array;
  /** @throws EngineError SECRET_UNREADABLE when the key is not the one it was sealed with. */
  open(sealed: Uint8Array, context: string): string;
  /** A keyed digest: equal texts are recognised, none can be guessed from it without the key. */
  fingerprint(text: string): string;
}

/**
 * The secrets kept with the key in `path`, which is created the first time.
 *
 * A key file of the wrong form is left alone and stops nothing: only what needs it fails, with
 * SECRET_UNREADABLE.
 *
 * @throws EngineError DATA_NOT_WRITABLE
 */
export function openSecrets(path: string): Secrets {
  const { text } = privateFile(path, () => randomBytes(KEY_BYTES).toString('base64'));
  const bytes = Buffer.from(text, 'base64');
  const key = (): Buffer => {
    if (bytes.length === KEY_BYTES) return bytes;
    throw new EngineError(
      'SECRET_UNREADABLE',
      `${path} holds no key of ${KEY_BYTES} bytes: restore it from a backup, or delete it, restart and enter the credentials again`,
    );
  };
  return {
    path,
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key(), nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const secret = key();
      const data = Buffer.from(sealed);
      try {
        const decipher = createDecipheriv('aes-256-gcm', secret, data.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(context)).setAuthTag(data.subarray(-TAG_BYTES));
        const body = data.subarray(NONCE_BYTES, -TAG_BYTES);
        return decipher.update(body, undefined, 'utf8') + decipher.final('utf8');
      } catch (err) {
        throw new EngineError('SECRET_UNREADABLE', `it was not sealed with the key in ${path}`, {
          cause: err,
        });
      }
    },
    fingerprint: (plain) => createHmac('sha256', key()).update(plain).digest('hex'),
  };
}
