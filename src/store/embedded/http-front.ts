import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';
import type { ChdbEngine, Statement } from './chdb-engine.ts';
import { createEngineCheck, PROBE_TIMEOUT_MS } from './engine-check.ts';

export interface FrontOptions {
  readonly engine: Pick<ChdbEngine, 'run' | 'probe'>;
  readonly clock: Clock;
  readonly username: string;
  readonly password: string;
  /** Largest body, before and after decompression. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  /** `max_execution_time` of a statement that names none, seconds. Default 60. */
  readonly maxExecutionS?: number;
}

/** Parameters travel in the URL, a user's query among them. */
const MAX_URL_BYTES = 256 * 2 ** 10;

const gunzipAsync = promisify(gunzip);
const gzipAsync = promisify(gzip);

/** URL parameters that are no settings of the engine: they belong to the HTTP layer of a ClickHouse server. */
const HTTP_PARAMETERS = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'quota_key',
  'wait_end_of_query',
  'buffer_size',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_buffer_size',
  'http_native_compression_disable_checksumming_on_decompress',
  'http_make_head_request',
  'http_write_exception_in_output_format',
  'cancel_http_readonly_queries_on_client_close',
]);
/** They would be ignored silently, and mean something: better refused. */
const UNSUPPORTED = ['session_id', 'role', 'compress', 'decompress', 'stacktrace'];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8',
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
};

/** ClickHouse's error codes with the HTTP status its server gives them; everything else is 500. */
const STATUS_BY_CODE: Readonly<Record<number, number>> = {
  ...Object.fromEntries(
    [6, 26, 27, 36, 38, 41, 42, 43, 46, 47, 53, 62, 70, 72, 115, 117, 456].map((c) => [c, 400]),
  ),
  ...Object.fromEntries([60, 81, 16, 50].map((c) => [c, 404])),
  164: 403,
  516: 403,
  202: 503,
  236: 503,
  1001: 413,
};

class FrontError extends Error {
  readonly status: number;
  constructor(status: number, code: number, name: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message} (${name})`);
    this.status = status;
  }
}

/**
 * As much of ClickHouse's HTTP interface (clickhouse.com/docs/interfaces/http) as `@clickhouse/client` uses:
 * `/ping` (answered only while the engine answers too), the query in the body or in `?query=`, data of an INSERT in the body, `param_` and settings as URL
 * parameters, `database`, `default_format`, gzip both ways, basic or header credentials, and errors with
 * ClickHouse's text and `X-ClickHouse-Exception-Code`. GET is read-only, as there. Not served: sessions,
 * roles, multi-part bodies, ClickHouse's own compression, cancelling on disconnect.
 */
export function createHttpFront(options: FrontOptions): Server {
  const { engine, maxBodyBytes = 64 * 2 ** 20, maxExecutionS = 60 } = options;
  const expected = digest(`${options.username}:${options.password}`);
  const engineAnswers = createEngineCheck(() => engine.probe(), options.clock);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://store');
    if (url.pathname === '/ping') {
      if (await engineAnswers()) return void response.end('Ok.\n');
      throw new FrontError(503, 159, 'TIMEOUT_EXCEEDED', `no answer to SELECT 1 in ${PROBE_TIMEOUT_MS} ms`);
    }
    if (url.pathname !== '/') throw new FrontError(404, 79, 'INCORRECT_FILE_NAME', `no path ${url.pathname}`);
    if (!['GET', 'POST'].includes(request.method ?? '')) {
      throw new FrontError(405, 36, 'BAD_ARGUMENTS', `method ${request.method} is not supported`);
    }
    if (!timingSafeEqual(digest(credentialsOf(request)), expected)) {
      throw new FrontError(403, 516, 'AUTHENTICATION_FAILED', 'Authentication failed: password is incorrect');
    }
    const body = await bodyOf(request, maxBodyBytes);
    const statement = statementOf(request, url.searchParams, body, maxExecutionS);
    const result = await engine.run(statement);
    const summary = {
      read_rows: String(result.readRows),
      read_bytes: String(result.readBytes),
      written_rows: String(result.writtenRows),
      written_bytes: '0',
      total_rows_to_read: '0',
      result_rows: '0',
      result_bytes: String(result.bytes.length),
      elapsed_ns: String(Math.round(result.elapsedMs * 1e6)),
    };
    response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') ?? randomUUID());
    response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary));
    response.setHeader('X-ClickHouse-Format', statement.defaultFormat);
    response.setHeader('Content-Type', CONTENT_TYPES[statement.defaultFormat] ?? 'application/octet-stream');
    await send(request, response, url.searchParams, result.bytes);
  }

  return createServer({ maxHeaderSize: MAX_URL_BYTES }, (request, response) => {
    answer(request, response).catch((err: unknown) => {
      const text = messageOf(err);
      const code = Number(/^Code: (\d+)\./.exec(text)?.[1] ?? 1002); // 1002: UNKNOWN_EXCEPTION
      const status = err instanceof FrontError ? err.status : (STATUS_BY_CODE[code] ?? 500);
      if (response.headersSent) return void response.destroy();
      if (!request.complete) response.setHeader('Connection', 'close'); // the rest of the body is not read
      response.writeHead(status, { 'X-ClickHouse-Exception-Code': code, 'Content-Type': 'text/plain' });
      response.end(`${text}\n`);
    });
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function credentialsOf({ headers }: IncomingMessage): string {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1];
  if (basic) return Buffer.from(basic, 'base64').toString();
  return `${headers['x-clickhouse-user'] ?? 'default'}:${headers['x-clickhouse-key'] ?? ''}`;
}

async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || body.length === 0) return body;
  if (encoding !== 'gzip') throw new FrontError(415, 89, 'UNKNOWN_COMPRESSION_METHOD', `no ${encoding} here`);
  try {
    return await gunzipAsync(body, { maxOutputLength: maxBytes });
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new FrontError(400, 354, 'ZLIB_INFLATE_FAILED', `the body is no gzip: ${messageOf(err)}`);
  }
}

function tooLarge(maxBytes: number): FrontError {
  return new FrontError(413, 1001, 'STD_EXCEPTION', `the body is larger than ${maxBytes} bytes`);
}

function statementOf(
  request: IncomingMessage,
  url: URLSearchParams,
  body: Buffer,
  maxExecutionS: number,
): Statement {
  const settings: Record<string, string> = {};
  const parameters: Record<string, string> = {};
  for (const [name, value] of url) {
    if (UNSUPPORTED.includes(name)) {
      throw new FrontError(400, 48, 'NOT_IMPLEMENTED', `${name} is not supported by the embedded store`);
    }
    if (name.startsWith('param_')) parameters[name.slice(6)] = value;
    else if (!HTTP_PARAMETERS.has(name)) settings[name] = value;
  }
  if (request.method === 'GET') settings.readonly = '1';
  if (!Number(settings.max_execution_time)) settings.max_execution_time = String(maxExecutionS);
  settings.async_insert = '0'; // what is acknowledged is on disk
  const inUrl = url.get('query');
  const sql = inUrl || body.toString();
  if (sql.trim() === '') throw new FrontError(400, 62, 'SYNTAX_ERROR', 'Empty query');
  return {
    sql,
    data: inUrl && body.length > 0 ? body : null,
    database: url.get('database') || header(request, 'x-clickhouse-database'),
    settings,
    parameters,
    defaultFormat: url.get('default_format') || header(request, 'x-clickhouse-format') || 'TabSeparated',
  };
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  url: URLSearchParams,
  bytes: Uint8Array,
) {
  const wanted =
    url.get('enable_http_compression') === '1' && /\bgzip\b/.test(String(request.headers['accept-encoding']));
  if (!wanted || bytes.length < 1024) return void response.end(bytes);
  response.setHeader('Content-Encoding', 'gzip');
  response.end(await gzipAsync(bytes, { level: 1 }));
}
