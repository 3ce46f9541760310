import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib';

export interface VideoOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Bits a second, on average. */
  readonly bitrate: number;
  /** Frames from one key frame to the next. */
  readonly gop: number;
}

/** Writes RGB pictures into an .mp4: H.264 without B frames, as cameras send it, BT.709 limited range. */
export class VideoWriter {
  readonly #format = new FormatContext();
  readonly #encoder = new CodecContext();
  readonly #packet = new Packet();
  readonly #options: VideoOptions;
  readonly #planes: Buffer;
  #stream: Stream | undefined;
  #frames = 0;

  private constructor(options: VideoOptions) {
    this.#options = options;
    this.#planes = Buffer.alloc((options.width * options.height * 3) / 2);
    this.#packet.alloc();
  }

  static async open(path: string, options: VideoOptions): Promise<VideoWriter> {
    const writer = new VideoWriter(options);
    await writer.#open(path);
    return writer;
  }

  async #open(path: string): Promise<void> {
    const { width, height, fps, bitrate, gop } = this.#options;
    check(this.#format.allocOutputContext2(null, null, path), 'container');
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
    if (!codec) throw new Error('this build of FFmpeg cannot encode H.264 (libx264 is missing)');
    const encoder = this.#encoder;
    encoder.allocContext3(codec);
    encoder.width = width;
    encoder.height = height;
    encoder.pixelFormat = AV_PIX_FMT_YUV420P;
    encoder.timeBase = new Rational(1, fps);
    encoder.framerate = new Rational(fps, 1);
    encoder.gopSize = gop;
    encoder.maxBFrames = 0;
    encoder.threadCount = 1; // the same bytes on every machine
    encoder.bitRate = BigInt(bitrate);
    encoder.colorSpace = AVCOL_SPC_BT709;
    encoder.colorPrimaries = AVCOL_PRI_BT709;
    encoder.colorTrc = AVCOL_TRC_BT709;
    encoder.colorRange = AVCOL_RANGE_MPEG;
    encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    // as options of the context: node-av 6.1 frees a dictionary handed to open2Sync twice
    encoder.setOption('preset', 'medium');
    encoder.setOption(
      'x264-params',
      `vbv-maxrate=${Math.round((bitrate * 2.5) / 1000)}:vbv-bufsize=${Math.round((bitrate * 4) / 1000)}:scenecut=0`,
    );
    check(encoder.open2Sync(codec, null), 'encoder');
    this.#stream = this.#format.newStream(null);
    this.#stream.timeBase = encoder.timeBase;
    this.#stream.avgFrameRate = encoder.framerate;
    check(this.#stream.codecpar.fromContext(encoder), 'parameters');
    check(await this.#format.openOutput(), path);
    this.#format.setOption('movflags', 'faststart');
    check(await this.#format.writeHeader(null), 'header');
  }

  /** `rgb`: 3 bytes a pixel, row by row. */
  async write(rgb: Uint8Array): Promise<void> {
    const { width, height } = this.#options;
    toI420(rgb, width, height, this.#planes);
    using picture = Frame.fromVideoBuffer(this.#planes, {
      width,
      height,
      format: AV_PIX_FMT_YUV420P,
      timeBase: this.#encoder.timeBase,
      pts: BigInt(this.#frames++),
    });
    await this.#encode(picture);
  }

  async close(): Promise<void> {
    await this.#encode(null);
    check(await this.#format.writeTrailer(), 'trailer');
    await this.#format.closeOutput();
    this.#encoder.freeContext();
    this.#format.freeContext();
    this.#packet.free();
  }

  async #encode(input: Frame | null): Promise<void> {
    const stream = this.#stream as Stream;
    check(this.#encoder.sendFrameSync(input), 'encode');
    while (this.#encoder.receivePacketSync(this.#packet) >= 0) {
      this.#packet.streamIndex = stream.index;
      this.#packet.rescaleTs(this.#encoder.timeBase, stream.timeBase);
      check(await this.#format.interleavedWriteFrame(this.#packet), 'write');
      this.#packet.unref();
    }
  }
}

/** RGB to I420, BT.709 limited range, each colour sample the mean of its four pixels. */
export function toI420(rgb: Uint8Array, width: number, height: number, out: Uint8Array): void {
  const chroma = width * height;
  const half = width / 2;
  const quarter = chroma / 4;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      let [r, g, b] = [0, 0, 0];
      for (let j = 0; j < 2; j++) {
        for (let i = 0; i < 2; i++) {
          const p = ((y + j) * width + x + i) * 3;
          const [pr, pg, pb] = [rgb[p]!, rgb[p + 1]!, rgb[p + 2]!];
          out[(y + j) * width + x + i] = 16.5 + 0.18259 * pr + 0.61423 * pg + 0.06201 * pb;
          r += pr;
          g += pg;
          b += pb;
        }
      }
      const at = (y >> 1) * half + (x >> 1);
      out[chroma + at] = 128.5 + (-0.10064 * r - 0.33857 * g + 0.43922 * b) / 4;
      out[chroma + quarter + at] = 128.5 + (0.43922 * r - 0.39894 * g - 0.04027 * b) / 4;
    }
  }
}

function check(result: number, what: string): void {
  if (result < 0 && result !== AVERROR_EOF) throw new Error(`${what}: ${new FFmpegError(result).message}`);
}
