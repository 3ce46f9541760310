import { text as streamText } from 'node:stream/consumers';
import { ClickHouseError } from '@clickhouse/client';
import { EngineError, messageOf } from '../errors.ts';
import type { StoreClient } from './client.ts';
import { guardQuery } from './query-guard.ts';

export interface UserQuery {
  readonly sql: string;
  /** Values of the `{name:Type}` placeholders in `sql`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface QueryLimits {
  readonly timeoutS: number;
  readonly maxRows: number;
  /** Memory the engine may take for it. Default 512 MiB. */
  readonly maxMemoryBytes?: number;
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Numbers as JSON numbers, dates as text, NaN and infinities as null. */
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number;
  /** Whether there were more rows than `maxRows`. */
  readonly truncated: boolean;
  readonly elapsedMs: number;
}

type Settings = Record<string, string | number>;

/**
 * Runs a query that a user wrote, if it is proved to be one SELECT over our own tables; read-only and within
 * `limits`. Aborting ends the wait; the engine itself stops at the time limit.
 *
 * @throws EngineError QUERY_REJECTED, QUERY_FAILED (the engine's own words), QUERY_TIMEOUT, STORE_UNAVAILABLE.
 */
export async function runUserQuery(
  client: StoreClient,
  { sql, parameters = {} }: UserQuery,
  limits: QueryLimits,
  signal?: AbortSignal,
): Promise<QueryResult> {
  const { timeoutS, maxRows, maxMemoryBytes = 512 * 2 ** 20 } = limits;
  const startedMs = performance.now();
  const settings: Settings = {
    readonly: 1,
    max_execution_time: timeoutS,
    max_memory_usage: String(maxMemoryBytes),
  };
  const cut: Settings = {
    ...settings,
    max_result_rows: String(maxRows + 1),
    max_result_bytes: String(256 * 2 ** 20),
    result_overflow_mode: 'break',
    asterisk_include_alias_columns: 1, // the natural names are ALIAS columns
    output_format_json_quote_64bit_integers: 0,
    output_format_json_quote_denormals: 0,
  };

  async function ask(query: string, query_params: Record<string, unknown>, clickhouse_settings: Settings) {
    signal?.throwIfAborted(); // the client heeds only what aborts later
    const request = {
      query,
      query_params,
      clickhouse_settings,
      format: 'JSONCompact',
      abort_signal: signal,
    } as const;
    const answer = await client.tables.query(request);
    return answer.json<unknown[]>() as unknown as Promise<Answer>;
  }

  try {
    const canonical = await guardQuery(sql, {
      format: async (text) => {
        const { data } = await ask('SELECT formatQuerySingleLine({sql:String})', { sql: text }, settings);
        return String(data[0]?.[0]);
      },
      syntaxTree: async (text) => {
        signal?.throwIfAborted();
        // `exec`, because `query` would add a FORMAT clause, which the engine takes for one of the explained query
        const { stream } = await client.tables.exec({
          query: `EXPLAIN AST ${text}`,
          query_params: parameters,
          clickhouse_settings: { ...settings, default_format: 'JSONCompactEachRow' },
          abort_signal: signal,
        });
        const lines = (await streamText(stream)).split('\n').filter((line) => line !== '');
        return lines.map((line) => String((JSON.parse(line) as unknown[])[0]));
      },
    });
    const { meta, data } = await ask(`SELECT * FROM (${canonical}) LIMIT ${maxRows + 1}`, parameters, cut);
    const truncated = data.length > maxRows;
    const rows = truncated ? data.slice(0, maxRows) : data;
    return {
      columns: meta,
      rows,
      rowCount: rows.length,
      truncated,
      elapsedMs: performance.now() - startedMs,
    };
  } catch (err) {
    if (err instanceof EngineError || signal?.aborted) throw err;
    throw queryError(err, limits);
  }
}

interface Answer {
  readonly meta: { name: string; type: string }[];
  readonly data: unknown[][];
}

function queryError(err: unknown, { timeoutS }: QueryLimits): EngineError {
  const cause = { cause: err };
  if (!(err instanceof ClickHouseError)) {
    return new EngineError('STORE_UNAVAILABLE', `the store does not answer: ${messageOf(err)}`, cause);
  }
  const message = err.message.replace(/: In scope SELECT formatQuerySingleLine.*$/s, '').trim();
  if (err.type === 'TIMEOUT_EXCEEDED') {
    const remedy = 'narrow the time range, or group by fewer things';
    return new EngineError('QUERY_TIMEOUT', `the query took longer than ${timeoutS} s: ${remedy}`, cause);
  }
  if (err.type === 'MEMORY_LIMIT_EXCEEDED') {
    const remedy = 'narrow the time range, or group by fewer things';
    return new EngineError('QUERY_FAILED', `the query needs too much memory: ${remedy}`, cause);
  }
  if (/^(TOO_MANY_SIMULTANEOUS_QUERIES|AUTHENTICATION_FAILED|UNKNOWN_DATABASE)$/.test(err.type ?? '')) {
    return new EngineError('STORE_UNAVAILABLE', `the store does not take the query now: ${message}`, cause);
  }
  return new EngineError('QUERY_FAILED', message, cause);
}
