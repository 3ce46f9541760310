import { constants } from 'node:os';
import {
  AVERROR_BSF_NOT_FOUND,
  AVERROR_DECODER_NOT_FOUND,
  AVERROR_DEMUXER_NOT_FOUND,
  AVERROR_EOF,
  AVERROR_HTTP_BAD_REQUEST,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_NOT_FOUND,
  AVERROR_HTTP_OTHER_4XX,
  AVERROR_HTTP_SERVER_ERROR,
  AVERROR_HTTP_TOO_MANY_REQUESTS,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_INVALIDDATA,
} from 'node-av/constants';
import { FFmpegError } from 'node-av/lib';
import { withoutCredentials } from '../credentials.ts';
import { EngineError, type ErrorCode } from '../errors.ts';

const { errno } = constants;

/** What was being done when FFmpeg reported an error. */
export interface StreamStep {
  /** URL or path; its credentials are left out of the message. */
  readonly url: string;
  readonly step: 'open' | 'read';
  /** The time allowed for this step had passed: a mute server is reported as "invalid data". */
  readonly timedOut: boolean;
}

type Verdict = readonly [code: ErrorCode, sentence: (url: string) => string];

const UNREACHABLE: Verdict = [
  'STREAM_UNREACHABLE',
  (url) => `${url} does not answer: check the host, its power and the network`,
];
const SILENT: Verdict = [
  'STREAM_SILENT',
  (url) => `${url} is connected but sends nothing: check the camera or restart it`,
];
const CLOSED: Verdict = ['STREAM_CLOSED', (url) => `${url} closed the connection`];
const UNAUTHORIZED: Verdict = [
  'STREAM_UNAUTHORIZED',
  (url) => `${url} rejects the login: check user name and password`,
];

const RTSP_VERDICTS = new Map<number, Verdict>([
  [AVERROR_HTTP_UNAUTHORIZED, UNAUTHORIZED],
  [AVERROR_HTTP_FORBIDDEN, UNAUTHORIZED],
  [
    AVERROR_HTTP_NOT_FOUND,
    ['STREAM_NOT_FOUND', (url) => `${url} has no such stream: check the path of the URL`],
  ],
  [
    -errno.ECONNREFUSED,
    [
      'STREAM_REFUSED',
      (url) => `${url} refuses connections: check the port, or whether the camera is starting`,
    ],
  ],
  [-errno.EHOSTUNREACH, UNREACHABLE],
  [-errno.ENETUNREACH, UNREACHABLE],
  [AVERROR_EOF, CLOSED],
  [-errno.ECONNRESET, CLOSED],
  [-errno.EPIPE, CLOSED],
  [
    AVERROR_HTTP_OTHER_4XX,
    [
      'STREAM_UNSUPPORTED',
      (url) => `${url} refuses this kind of connection: try the other transport (tcp, udp)`,
    ],
  ],
  [
    AVERROR_HTTP_BAD_REQUEST,
    ['STREAM_UNSUPPORTED', (url) => `${url} rejects the request: check the URL against the camera's manual`],
  ],
  [
    AVERROR_HTTP_TOO_MANY_REQUESTS,
    ['STREAM_FAILED', (url) => `${url} serves too many viewers: close others or raise its limit`],
  ],
  [
    AVERROR_HTTP_SERVER_ERROR,
    ['STREAM_FAILED', (url) => `${url} reports an error of its own: look at the camera, or restart it`],
  ],
]);

/** The failure of a network stream, from FFmpeg's numeric error. */
export function rtspError(avError: number, step: StreamStep): EngineError {
  const [code, sentence] = rtspVerdict(avError, step);
  return new EngineError(code, sentence(withoutCredentials(step.url)), { cause: ffmpegCause(avError) });
}

function rtspVerdict(avError: number, { step, timedOut }: StreamStep): Verdict {
  if (avError === -errno.ETIMEDOUT || timedOut) return step === 'open' ? UNREACHABLE : SILENT;
  const known = RTSP_VERDICTS.get(avError);
  if (known) return known;
  if (avError === AVERROR_INVALIDDATA && step === 'open') {
    return ['STREAM_FAILED', (url) => `${url} does not answer as an RTSP server: check the port`];
  }
  const text = new FFmpegError(avError).message;
  return ['STREAM_FAILED', (url) => `${url} failed: ${text}`];
}

/** The failure of a file, from FFmpeg's numeric error on opening it. */
export function fileError(avError: number, path: string): EngineError {
  const options = { cause: ffmpegCause(avError) };
  switch (avError) {
    case -errno.ENOENT:
    case -errno.ENOTDIR:
      return new EngineError('FILE_NOT_FOUND', `no file ${path} on the vision node's machine`, options);
    case -errno.EACCES:
    case -errno.EPERM:
      return new EngineError(
        'FILE_NOT_FOUND',
        `file ${path} may not be read: check its permissions`,
        options,
      );
    case AVERROR_INVALIDDATA:
    case AVERROR_DEMUXER_NOT_FOUND:
    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_BSF_NOT_FOUND:
    case AVERROR_EOF:
    case -errno.EINVAL:
    case -errno.EISDIR:
      return new EngineError(
        'FILE_NOT_VIDEO',
        `${path} is no video, or damaged beyond use: check that it plays elsewhere`,
        options,
      );
    default:
      return new EngineError(
        'STREAM_FAILED',
        `${path} cannot be read: ${new FFmpegError(avError).message}`,
        options,
      );
  }
}

function ffmpegCause(avError: number): Error {
  return new Error(`FFmpeg error ${avError}: ${new FFmpegError(avError).message}`);
}
