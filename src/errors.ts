/**
 * Every failure a caller may tell apart, with the HTTP status the API answers.
 *
 * Codes are stable: clients switch on them. Add freely, rename never.
 */
export const ERROR_STATUS = {
  // requests
  VALIDATION: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CAMERA_NOT_FOUND: 404,
  CAMERA_EXISTS: 409,
  CAMERA_MANAGED_BY_CONFIG: 409,
  CAMERA_LIMIT: 409,
  TRUTH_NOT_FOUND: 404,
  CAMERA_NOT_WATCHABLE: 503,
  TOO_MANY_REQUESTS: 429,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  IDEMPOTENCY_KEY_REUSED: 422,
  SECRET_UNREADABLE: 503,
  QUERY_REJECTED: 400,
  QUERY_FAILED: 400,
  QUERY_TIMEOUT: 408,
  STORE_UNAVAILABLE: 503,
  VISION_UNAVAILABLE: 503,
  INTERNAL: 500,
  // start-up
  CONFIG_INVALID: 500,
  PORT_IN_USE: 500,
  DATA_NOT_WRITABLE: 500,
  DATA_IN_USE: 500,
  // event log
  LOG_CORRUPT: 500,
  LOG_UNAVAILABLE: 503,
  // tracking
  MOT_FILE_INVALID: 400,
  // models
  MODEL_UNKNOWN: 404,
  MODEL_MISSING: 503,
  MODEL_ALTERED: 503,
  MODEL_SHAPE: 500,
  MODEL_DOWNLOAD: 502,
  MODEL_FAILED: 500,
  MODEL_OUT_OF_MEMORY: 503,
  // streams
  STREAM_UNAUTHORIZED: 502,
  STREAM_NOT_FOUND: 502,
  STREAM_UNREACHABLE: 502,
  STREAM_REFUSED: 502,
  STREAM_SILENT: 504,
  STREAM_CLOSED: 502,
  STREAM_NO_VIDEO: 502,
  STREAM_UNSUPPORTED: 502,
  STREAM_FAILED: 502,
  STREAM_ENDED: 200,
  FILE_NOT_FOUND: 404,
  FILE_NOT_VIDEO: 415,
  PICTURE_INVALID: 415,
  ANNOTATIONS_INVALID: 400,
  // demo
  TRUTH_INVALID: 400,
  RENDERER_MISSING: 501,
  RTSP_SERVER_MISSING: 501,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** The one error class of the engine. Its message carries the values and, where there is one, the remedy. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything thrown, for a log field or a status. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
