import Type, { type Static } from 'typebox';
import { withoutCredentials } from '../credentials.ts';
import { EngineError, ERROR_STATUS, type ErrorCode } from '../errors.ts';
import { problemsOf } from '../schema-problems.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** Problem details (RFC 9457), with a stable `code` to switch on. */
export const ProblemDetails = Type.Object(
  {
    type: Type.String({ description: 'identifies the kind of problem; the code as a URN' }),
    title: Type.String({ description: 'the same for every problem of this code' }),
    status: Type.Integer(),
    code: Type.String({ description: 'stable; clients switch on it' }),
    detail: Type.String({ description: 'what happened and what to do' }),
    field: Type.Optional(Type.String({ description: 'path of the first of `errors`' })),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
        description: 'every mistake in the request, by its path',
      }),
    ),
    requestId: Type.Optional(Type.String({ description: 'find it in the log lines' })),
  },
  { description: 'a problem (RFC 9457)' },
);
export type ProblemDetails = Static<typeof ProblemDetails>;

/** How every route documents its failures. */
const problemResponse = {
  description: 'a problem (RFC 9457)',
  content: { 'application/problem+json': { schema: ProblemDetails } },
};
export const PROBLEMS = { '4xx': problemResponse, '5xx': problemResponse };

/** Errors of the HTTP layer itself, by their code there. */
const HTTP_LAYER: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['VALIDATION', 'the body is not valid JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['VALIDATION', 'the body is empty: send a JSON object'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['VALIDATION', 'the body is shorter or longer than its Content-Length'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'send the body as application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is larger than 1 MiB'],
  FST_ERR_BAD_URL: ['VALIDATION', 'the address is not a valid URL'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND', 'there is nothing at this address'],
};

/**
 * Any failure as the caller may see it. What is not ours to explain becomes INTERNAL without a word of its
 * message: that stays in the log, under the request's id.
 */
export function problemOf(thrown: unknown, requestId: string): ProblemDetails {
  const error = known(thrown);
  const status = ERROR_STATUS[error.code];
  const errors = problemsOf(error).map(({ path, message }) => ({
    path,
    message: withoutCredentials(message),
  }));
  return {
    type: `urn:sightline:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(error.code),
    // a code of the inner workings, whose status there is no error, is still a failed request
    status: status >= 400 ? status : 500,
    code: error.code,
    detail: withoutCredentials(error.message),
    ...(errors.length > 0 ? { field: errors[0]!.path, errors } : {}),
    requestId,
  };
}

function known(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  const { code = '', statusCode = 500 } = thrown as { code?: string; statusCode?: number };
  const [ours, message] = HTTP_LAYER[code] ?? [];
  if (ours && message) return new EngineError(ours, message);
  if (statusCode >= 400 && statusCode < 500)
    return new EngineError('VALIDATION', 'the request cannot be understood');
  return new EngineError('INTERNAL', 'something went wrong here; the log has more under this request id');
}

function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words[0]!.toUpperCase() + words.slice(1);
}
