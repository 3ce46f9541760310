import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { EngineError } from '../errors.ts';

const KEPT_MS = 24 * 3600 * 1000;

/** Answers to requests that carried an Idempotency-Key, kept for 24 hours beside what they created. */
export interface IdempotencyStore {
  /**
   * The answer given to `key` before, if any.
   *
   * @throws EngineError IDEMPOTENCY_KEY_REUSED when it came with another request.
   */
  find(key: string, request: string): string | undefined;
  save(key: string, request: string, answer: string): void;
}

export function createIdempotencyStore(database: DatabaseSync, clock: Clock): IdempotencyStore {
  const select = database.prepare(
    'select request, answer from idempotency where key = ? and created_at_ms > ?',
  );
  const insert = database.prepare('insert or replace into idempotency values (?, ?, ?, ?)');
  const forget = database.prepare('delete from idempotency where created_at_ms <= ?');
  return {
    find(key, request) {
      const row = select.get(key, clock.now() - KEPT_MS);
      if (row === undefined) return undefined;
      if (row.request === request) return String(row.answer);
      throw new EngineError(
        'IDEMPOTENCY_KEY_REUSED',
        'this Idempotency-Key came with another request within 24 hours: use a new key for a new request',
      );
    },
    save(key, request, answer) {
      forget.run(clock.now() - KEPT_MS);
      insert.run(key, request, answer, clock.now());
    },
  };
}
