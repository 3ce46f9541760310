import { readFile, stat } from 'node:fs/promises';
import {
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_LOG_QUIET,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import { Frame as AvFrame, Codec, CodecContext, Log, Packet } from 'node-av/lib';
import { EngineError, messageOf } from '../../errors.ts';
import { pictureHeader } from './picture-header.ts';

/** Far above any photograph; a file beyond it is something else, and is not read into memory. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Width x height a picture may claim before memory is taken for it. */
const MAX_PIXELS = 100_000_000;

const DECODERS = { JPEG: AV_CODEC_ID_MJPEG, PNG: AV_CODEC_ID_PNG } as const;

/** The files of a folder that are pictures, by their names. */
export const PICTURE_FILE = /\.(jpe?g|png)$/i;

// FFmpeg would write its own remarks on damaged pictures between the lines of a command
Log.setLevel(AV_LOG_QUIET);

/**
 * Decodes a JPEG or PNG file with FFmpeg, in the pixels as stored: an EXIF orientation is not applied, because
 * annotations count stored pixels.
 *
 * What comes is what a camera's decoder gives, a picture in its own pixel format (4:2:0 with full range for most
 * JPEGs), so that it takes the way of video from here. The caller frees it.
 *
 * @throws EngineError FILE_NOT_FOUND; PICTURE_INVALID for what is no picture, is damaged or too large
 */
export async function readPicture(path: string): Promise<AvFrame> {
  const bytes = await readBytes(path);
  const header = pictureHeader(bytes);
  if (!header) throw invalid(path, 'is neither a JPEG nor a PNG file');
  const { format, width, height, whole } = header;
  if (!whole) throw invalid(path, `is cut short after ${bytes.length} bytes: copy it again`);
  if (width * height > MAX_PIXELS) {
    throw invalid(path, `has ${width}x${height} pixels; up to ${MAX_PIXELS / 1e6} megapixels are read`);
  }
  const codec = Codec.findDecoder(DECODERS[format]);
  if (!codec) throw new EngineError('INTERNAL', `this build of FFmpeg has no decoder for ${format}`);
  using context = new CodecContext();
  using packet = new Packet();
  context.allocContext3(codec);
  context.threadCount = 1; // with more the decoder holds a picture back
  packet.alloc();
  packet.data = bytes;
  const picture = new AvFrame();
  picture.alloc();
  let code = context.open2Sync(codec, null);
  if (code >= 0) code = context.sendPacketSync(packet);
  if (code >= 0) code = context.receiveFrameSync(picture);
  if (code === AVERROR_EAGAIN) {
    context.sendPacketSync(null);
    code = context.receiveFrameSync(picture);
  }
  if (code >= 0 && picture.decodeErrorFlags === 0) return picture;
  picture.free();
  const why = code < 0 && code !== AVERROR_EOF ? ` (FFmpeg ${code})` : '';
  throw invalid(path, `is a damaged ${format} file that cannot be decoded${why}`);
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw invalid(path, `has ${size} bytes; pictures of up to ${MAX_BYTES / 1024 / 1024} MiB are read`);
    }
    return await readFile(path);
  } catch (err) {
    if (err instanceof EngineError) throw err;
    throw new EngineError('FILE_NOT_FOUND', `cannot read the picture ${path}: ${messageOf(err)}`, {
      cause: err,
    });
  }
}

function invalid(path: string, what: string): EngineError {
  return new EngineError('PICTURE_INVALID', `the picture ${path} ${what}`);
}
