import {
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  SWS_FAST_BILINEAR,
} from 'node-av/constants';
import { Frame as AvFrame, Codec, CodecContext, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';
import { EngineError } from '../errors.ts';

/** libavcodec's unit of quantiser scale (FF_QP2LAMBDA). */
const QP_TO_LAMBDA = 118;

export interface PictureSettings {
  /** Wider pictures are scaled down to it, pixels. */
  readonly maxWidth: number;
  /** JPEG quality, 1 to 100 (best). */
  readonly quality: number;
}

/** The quantiser scale, 2 (best) to 31, of a quality in the usual 1 to 100. */
function quantiserOf(quality: number): number {
  return Math.round(2 + ((100 - quality) * 29) / 99);
}

/** Encodes one camera's pictures as JPEG for viewers; follows changes of size. */
export class PictureEncoder {
  readonly #settings: PictureSettings;
  #from = '';
  #scaler: SoftwareScaleContext | undefined;
  #encoder: CodecContext | undefined;
  #scaled: AvFrame | undefined;
  readonly #packet = new Packet();

  constructor(settings: PictureSettings) {
    this.#settings = settings;
    this.#packet.alloc();
  }

  /** A JPEG of `picture`, in a buffer of its own (may be transferred to another thread). */
  encode(picture: AvFrame): Uint8Array<ArrayBuffer> {
    const from = `${picture.width}x${picture.height}/${picture.format}`;
    if (from !== this.#from) this.#open(picture, from);
    const scaler = this.#scaler as SoftwareScaleContext;
    const encoder = this.#encoder as CodecContext;
    const scaled = this.#scaled as AvFrame;
    check(scaled.makeWritable(), 'reusing the scaled picture');
    check(scaler.scaleFrameSync(scaled, picture), 'scaling');
    scaled.pts += 1n;
    scaled.quality = quantiserOf(this.#settings.quality) * QP_TO_LAMBDA;
    check(encoder.sendFrameSync(scaled), 'encoding');
    check(encoder.receivePacketSync(this.#packet), 'encoding');
    const jpeg = new Uint8Array(this.#packet.data as Buffer);
    this.#packet.unref();
    return jpeg;
  }

  close(): void {
    this.#closeSize();
    this.#packet.free();
  }

  #open(picture: AvFrame, from: string): void {
    this.#closeSize();
    const ratio = Math.min(1, this.#settings.maxWidth / picture.width);
    // 4:2:0 needs even sides
    const width = Math.max(2, Math.round((picture.width * ratio) / 2) * 2);
    const height = Math.max(2, Math.round((picture.height * ratio) / 2) * 2);

    this.#scaler = new SoftwareScaleContext();
    this.#scaler.getContext(
      picture.width,
      picture.height,
      picture.format as Parameters<SoftwareScaleContext['getContext']>[2],
      width,
      height,
      AV_PIX_FMT_YUVJ420P,
      SWS_FAST_BILINEAR,
    );
    check(this.#scaler.initContext(), 'preparing the scaler');

    const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG);
    const encoder = new CodecContext();
    encoder.allocContext3(codec);
    encoder.width = width;
    encoder.height = height;
    encoder.pixelFormat = AV_PIX_FMT_YUVJ420P;
    encoder.colorRange = AVCOL_RANGE_JPEG;
    encoder.timeBase = new Rational(1, 25);
    encoder.threadCount = 1;
    encoder.setFlags(AV_CODEC_FLAG_QSCALE);
    encoder.globalQuality = quantiserOf(this.#settings.quality) * QP_TO_LAMBDA;
    this.#encoder = encoder;
    check(encoder.open2Sync(codec, null), 'opening the JPEG encoder');

    const scaled = new AvFrame();
    scaled.alloc();
    scaled.width = width;
    scaled.height = height;
    scaled.format = AV_PIX_FMT_YUVJ420P;
    scaled.colorRange = AVCOL_RANGE_JPEG;
    scaled.pts = 0n;
    this.#scaled = scaled;
    check(scaled.allocBuffer(), 'allocating the scaled picture');
    this.#from = from;
  }

  #closeSize(): void {
    this.#from = '';
    this.#scaler?.freeContext();
    this.#encoder?.freeContext();
    this.#scaled?.free();
    this.#scaler = this.#encoder = this.#scaled = undefined;
  }
}

function check(code: number, what: string): void {
  if (code < 0) throw new EngineError('INTERNAL', `${what} for a JPEG failed (${code})`);
}
