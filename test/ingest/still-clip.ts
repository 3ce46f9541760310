import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib';

const WIDTH = 320;
const HEIGHT = 240;
const SIDE = 40;
const STEP = 8;
const FPS = 25;

export interface StillClipOptions {
  /** Whether frame n moves on from the one before it. */
  readonly moves: (n: number) => boolean;
  readonly frames: number;
  /** Distance of key frames, in frames. */
  readonly gop: number;
  readonly bFrames: number;
  /** As x264 takes them, e.g. `open_gop=1` or `keyint=-1:intra-refresh=1`. */
  readonly x264?: string;
}

/**
 * Writes H.264 of a camera (320x240, 25 frames/s, a little noise) in front of which a patterned square sometimes
 * moves, and else stands still.
 */
export async function writeStillClip(path: string, options: StillClipOptions): Promise<void> {
  const { moves, frames, gop, bFrames, x264 } = options;
  const format = new FormatContext();
  check(format.allocOutputContext2(null, null, path), 'container');
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (!codec) throw new Error('this FFmpeg has no libx264');
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = WIDTH;
  encoder.height = HEIGHT;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, FPS);
  encoder.framerate = new Rational(FPS, 1);
  encoder.gopSize = gop;
  encoder.maxBFrames = bFrames;
  encoder.threadCount = 1;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  encoder.setOption('preset', 'veryfast');
  encoder.setOption('x264-params', ['scenecut=0', x264].filter(Boolean).join(':'));
  check(encoder.open2Sync(codec, null), 'encoder');
  const stream = format.newStream(null);
  stream.timeBase = encoder.timeBase;
  stream.avgFrameRate = encoder.framerate;
  check(stream.codecpar.fromContext(encoder), 'parameters');
  check(await format.openOutput(), 'file');
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
  let place = 0;
  for (let n = 0; n < frames; n++) {
    if (moves(n)) place = (place + STEP) % (WIDTH - SIDE);
    using picture = Frame.fromVideoBuffer(drawn(place, n), {
      width: WIDTH,
      height: HEIGHT,
      format: AV_PIX_FMT_YUV420P,
      timeBase: encoder.timeBase,
      pts: BigInt(n),
    });
    await encode(picture);
  }
  await encode(null);
  check(await format.writeTrailer(), 'trailer');
  await format.closeOutput();
  encoder.freeContext();
  format.freeContext();
}

/** One picture as I420: a slope with a square on it, and noise that differs from frame to frame. */
function drawn(place: number, n: number): Buffer {
  const picture = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, 128);
  const random = randomFrom(n + 1);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) picture[y * WIDTH + x] = 60 + (x >> 2) + random(6);
  }
  // as people are, it is never quite the same in another place
  const pattern = randomFrom(place + 1);
  for (let y = 100; y < 100 + SIDE; y += 4) {
    for (let x = place; x < place + SIDE; x += 4) {
      const luma = 150 + pattern(90);
      for (let row = y; row < y + 4; row++) picture.fill(luma, row * WIDTH + x, row * WIDTH + x + 4);
    }
  }
  return picture;
}

/** Whole numbers below a limit, always the same for a seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % below;
  };
}

function check(result: number, what: string): void {
  if (result < 0 && result !== AVERROR_EOF) throw new Error(`${what}: ${new FFmpegError(result).message}`);
}
