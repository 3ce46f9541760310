import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_PIX_FMT_YUV420P,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
  FF_ENCODER_MPEG4,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Log, Packet, Rational } from 'node-av/lib';

export interface ClipOptions {
  readonly width?: number;
  readonly height?: number;
  readonly frames?: number;
  readonly fps?: number;
  /** Distance of key frames, in frames. */
  readonly gop?: number;
  /** Index before the media, as for the web: such a file still plays when it is cut short. */
  readonly indexFirst?: boolean;
}

/** Side of the white square that marks a frame. */
const SQUARE = 16;

/**
 * Writes a small video (codec and container chosen by FFmpeg from the file's ending; .mp4, .mkv, .ts work).
 *
 * Frame n is grey with a white square of 16x16 pixels, whose left edge is at `n * 16 % width`.
 */
export async function writeClip(path: string, options: ClipOptions = {}): Promise<void> {
  const { width = 320, height = 240, frames = 50, fps = 25, gop = 25, indexFirst = false } = options;
  Log.setLevel(AV_LOG_QUIET);
  const format = new FormatContext();
  check(format.allocOutputContext2(null, null, path), 'container');
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264) ?? Codec.findEncoderByName(FF_ENCODER_MPEG4);
  if (!codec) throw new Error('this FFmpeg has neither libx264 nor mpeg4');
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.gopSize = gop;
  encoder.maxBFrames = 0;
  encoder.threadCount = 1;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  // as an option of the context: node-av 6.1 frees a dictionary handed to open2Sync twice
  if (codec.name === 'libx264') encoder.setOption('preset', 'veryfast');
  check(encoder.open2Sync(codec, null), 'encoder');
  const stream = format.newStream(null);
  stream.timeBase = encoder.timeBase;
  stream.avgFrameRate = encoder.framerate;
  check(stream.codecpar.fromContext(encoder), 'parameters');
  check(await format.openOutput(), 'file');
  if (indexFirst) format.setOption('movflags', 'faststart');
  check(await format.writeHeader(null), 'header');

  using packet = new Packet();
  packet.alloc();
  const encode = async (input: Frame | null) => {
    check(encoder.sendFrameSync(input), 'encode');
    while (encoder.receivePacketSync(packet) >= 0) {
      packet.streamIndex = stream.index;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      check(await format.interleavedWriteFrame(packet), 'write');
      packet.unref();
    }
  };
  for (let n = 0; n < frames; n++) {
    const pts = BigInt(n);
    using picture = Frame.fromVideoBuffer(drawn(width, height, n), {
      width,
      height,
      format: AV_PIX_FMT_YUV420P,
      timeBase: encoder.timeBase,
      pts,
    });
    await encode(picture);
  }
  await encode(null);
  check(await format.writeTrailer(), 'trailer');
  await format.closeOutput();
  encoder.freeContext();
  format.freeContext();
}

/** One picture as I420. */
function drawn(width: number, height: number, n: number): Buffer {
  const picture = Buffer.alloc((width * height * 3) / 2, 128);
  picture.fill(100, 0, width * height);
  const left = (n * SQUARE) % width;
  for (let y = 0; y < SQUARE; y++) picture.fill(235, y * width + left, y * width + left + SQUARE);
  return picture;
}

/** Which frame of the clip a picture shows, modulo width / 16; -1 when no square is found. */
export function squareIn(picture: Frame): number {
  const luma = picture.data![0]!;
  const row = (SQUARE / 2) * picture.linesize[0]!;
  for (let left = 0; left < picture.width; left += SQUARE) {
    if (luma[row + left + SQUARE / 2]! > 180) return left / SQUARE;
  }
  return -1;
}

function check(result: number, what: string): void {
  if (result < 0 && result !== AVERROR_EOF) throw new Error(`${what}: ${new FFmpegError(result).message}`);
}
