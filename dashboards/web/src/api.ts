import type {
  Camera,
  CameraInput,
  CameraStatus,
  DemoSource,
  FileSource,
  RtspSource,
} from '../../../src/camera.ts';
import type { ClipCounts } from '../../../src/demo/clip-counts.ts';
import type { CameraPatch } from './camera/form-values.ts';

/** A camera as the API returns it: the URL has lost its credentials, the status may not be known yet. */
export interface CameraView extends Omit<Camera, 'source'> {
  readonly source: (RtspSource | FileSource | DemoSource) & { readonly hasCredentials?: boolean };
  readonly status: CameraStatus | null;
}

export interface ModelView {
  readonly name: string;
  readonly version: string;
  readonly state: 'ready' | 'missing' | 'altered';
  readonly task: 'detection' | 'embedding';
  readonly licence?: string;
  readonly labels: readonly string[];
  /** What is wrong and what to run, when it is not ready. */
  readonly remedy?: string | null;
}

export interface ModelList {
  readonly models: readonly ModelView[];
  /** What a camera gets that names no model. */
  readonly default: string;
}

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number;
  readonly truncated: boolean;
  readonly elapsedMs: number;
}

export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** A refusal of the hub (RFC 9457 problem details), or `UNREACHABLE` with status 0 when no answer came. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldProblem[];

  constructor(status: number, code: string, message: string, errors: readonly FieldProblem[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** What to tell a person about anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export interface Api {
  cameras(signal?: AbortSignal): Promise<CameraView[]>;
  createCamera(input: CameraInput): Promise<CameraView>;
  patchCamera(id: string, patch: CameraPatch): Promise<CameraView>;
  removeCamera(id: string): Promise<void>;
  models(signal?: AbortSignal): Promise<ModelList>;
  /** What a demo camera truly shows. */
  truth(cameraId: string): Promise<ClipCounts>;
  query(sql: string, signal?: AbortSignal): Promise<QueryResult>;
}

const TIMEOUT_MS = 20_000;
const QUERY_TIMEOUT_MS = 120_000;

/**
 * The hub's HTTP API for one token.
 *
 * Every function rejects with an `ApiError`, or with the reason of its signal.
 *
 * @param onUnauthorized called when the hub no longer takes the token
 */
export function createApi(token: string, onUnauthorized: () => void): Api {
  async function call(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const { body, signal, timeoutMs = TIMEOUT_MS } = options;
    const timeout = AbortSignal.timeout(timeoutMs);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        cache: 'no-store',
      });
      text = await answer.text();
    } catch {
      signal?.throwIfAborted();
      throw new ApiError(
        0,
        'UNREACHABLE',
        timeout.aborted
          ? `The hub did not answer within ${timeoutMs / 1000} s.`
          : 'The hub cannot be reached.',
      );
    }
    const value = parse(text);
    if (answer.ok) return value;
    if (answer.status === 401) onUnauthorized();
    throw problemOf(answer.status, value);
  }

  return {
    async cameras(signal) {
      const all: CameraView[] = [];
      let cursor: string | undefined;
      do {
        const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : '';
        const page = (await call('GET', `/cameras${query}`, { signal })) as CameraPage;
        all.push(...page.cameras);
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      return all;
    },
    createCamera: (body) => call('POST', '/cameras', { body }) as Promise<CameraView>,
    patchCamera: (id, body) => call('PATCH', `/cameras/${id}`, { body }) as Promise<CameraView>,
    removeCamera: async (id) => {
      await call('DELETE', `/cameras/${id}`);
    },
    models: (signal) => call('GET', '/models', { signal }) as Promise<ModelList>,
    truth: (id) => call('GET', `/cameras/${id}/truth`) as Promise<ClipCounts>,
    query: (sql, signal) =>
      call('POST', '/query', {
        body: { sql, parameters: {} },
        signal,
        timeoutMs: QUERY_TIMEOUT_MS,
      }) as Promise<QueryResult>,
  };
}

interface CallOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

interface CameraPage {
  readonly cameras: CameraView[];
  readonly nextCursor?: string | null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's HTML page, or no body at all
  }
}

function problemOf(status: number, value: unknown): ApiError {
  const problem = (value ?? {}) as {
    code?: string;
    detail?: string;
    title?: string;
    errors?: FieldProblem[];
  };
  const message = problem.detail ?? problem.title ?? `The hub answered with status ${status}.`;
  return new ApiError(status, problem.code ?? `HTTP_${status}`, message, problem.errors ?? []);
}
