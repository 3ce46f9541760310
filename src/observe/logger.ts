import { type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { withoutCredentials } from '../credentials.ts';

export type { Logger } from 'pino';

export interface LogSettings {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `pretty` for people at a terminal, `json` for machines. */
  readonly format: 'pretty' | 'json';
}

/**
 * The log of one process or worker thread: JSON lines, or readable ones, on standard error.
 *
 * Every line loses the credentials of the URLs in it, wherever they stand: in fields, messages or stacks.
 */
export function createLogger(part: string, settings: LogSettings): Logger {
  const stream =
    settings.format === 'json'
      ? pino.destination({ fd: 2, sync: true })
      : PinoPretty({
          destination: 2,
          sync: true,
          ignore: 'pid,hostname,part',
          messageFormat: '{part}: {msg}',
        });
  return pino(
    {
      level: settings.level,
      base: { part },
      hooks: { streamWrite: withoutCredentials },
    },
    stream,
  );
}
