import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import {
  AVERROR_EOF,
  AVERROR_EXIT,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_NOT_FOUND,
  AVERROR_HTTP_OTHER_4XX,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_INVALIDDATA,
} from 'node-av/constants';
import { fileError, rtspError } from '../../src/ingest/stream-errors.ts';

const url = 'rtsp://admin:secret@10.0.0.7/live';
const { errno } = constants;

describe('rtspError', () => {
  const table = [
    [AVERROR_HTTP_UNAUTHORIZED, 'open', false, 'STREAM_UNAUTHORIZED'],
    [AVERROR_HTTP_FORBIDDEN, 'open', false, 'STREAM_UNAUTHORIZED'],
    [AVERROR_HTTP_NOT_FOUND, 'open', false, 'STREAM_NOT_FOUND'],
    [AVERROR_HTTP_OTHER_4XX, 'open', false, 'STREAM_UNSUPPORTED'],
    [-errno.ECONNREFUSED, 'open', false, 'STREAM_REFUSED'],
    [-errno.EHOSTUNREACH, 'open', false, 'STREAM_UNREACHABLE'],
    [-errno.ETIMEDOUT, 'open', false, 'STREAM_UNREACHABLE'],
    [AVERROR_INVALIDDATA, 'open', true, 'STREAM_UNREACHABLE'],
    [AVERROR_INVALIDDATA, 'open', false, 'STREAM_FAILED'],
    [-errno.ETIMEDOUT, 'read', false, 'STREAM_SILENT'],
    [AVERROR_EXIT, 'read', true, 'STREAM_SILENT'],
    [AVERROR_EOF, 'read', false, 'STREAM_CLOSED'],
    [-errno.ECONNRESET, 'read', false, 'STREAM_CLOSED'],
    [-errno.ENOMEM, 'read', false, 'STREAM_FAILED'],
  ] as const;
  for (const [avError, step, timedOut, code] of table) {
    it(`tells ${avError} on ${step}${timedOut ? ' after the limit' : ''} as ${code}`, () => {
      const error = rtspError(avError, { url, step, timedOut });
      assert.equal(error.code, code);
      assert.match(error.message, /rtsp:\/\/10\.0\.0\.7\/live/);
      assert.doesNotMatch(error.message, /secret|admin/);
      assert.match((error.cause as Error).message, new RegExp(`FFmpeg error ${avError}`));
    });
  }

  it('says what to do about a rejected login', () => {
    const { message } = rtspError(AVERROR_HTTP_UNAUTHORIZED, { url, step: 'open', timedOut: false });
    assert.match(message, /check user name and password/);
  });
});

describe('fileError', () => {
  it('tells a missing, a forbidden, a foreign and an unreadable file apart', () => {
    assert.equal(fileError(-errno.ENOENT, '/a.mp4').code, 'FILE_NOT_FOUND');
    assert.match(fileError(-errno.EACCES, '/a.mp4').message, /permissions/);
    assert.equal(fileError(AVERROR_INVALIDDATA, '/a.mp4').code, 'FILE_NOT_VIDEO');
    assert.equal(fileError(-errno.EIO, '/a.mp4').code, 'STREAM_FAILED');
  });
});
