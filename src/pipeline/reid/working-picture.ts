import { AV_PIX_FMT_GBRP, AVCOL_RANGE_JPEG, AVCOL_SPC_RGB } from 'node-av/constants';
import { Frame as AvFrame, SoftwareScaleContext } from 'node-av/lib';
import { EngineError } from '../../errors.ts';
import type { PlanarPicture } from './crop.ts';

/** Rows of the planes begin at multiples of it, as libswscale's vector code likes them. */
const ROW_ALIGNMENT = 32;

/**
 * Decoded pictures, of any size and pixel format, as planes that crops can be cut from.
 *
 * At most `maxWidth` x `maxHeight`, the aspect kept: crops come out at 128x256, so more pixels cost time and show
 * nothing. From frame to frame, because touching a decoded picture's `data` burdens the garbage collector
 * (see `TensorInput`).
 */
export class WorkingPicture {
  readonly #maxWidth: number;
  readonly #maxHeight: number;
  #scaler: SoftwareScaleContext | undefined;
  #scaled: AvFrame | undefined;
  #planar: PlanarPicture | undefined;
  #width = 0;
  #height = 0;

  constructor(maxWidth: number, maxHeight: number) {
    this.#maxWidth = maxWidth;
    this.#maxHeight = maxHeight;
  }

  /** The picture as planes; valid until the next call. */
  take(picture: AvFrame): PlanarPicture {
    const { width, height, format } = picture;
    if (width !== this.#width || height !== this.#height) this.#open(width, height);
    const scaled = this.#scaled as AvFrame;
    // only matrix and range are converted, as in `TensorInput`
    scaled.colorPrimaries = picture.colorPrimaries;
    scaled.colorTrc = picture.colorTrc;
    const code = this.#scaler?.scaleFrameSync(scaled, picture) ?? -1;
    if (code < 0) {
      this.close();
      throw new EngineError(
        'STREAM_UNSUPPORTED',
        `cannot scale ${width}x${height} pictures of pixel format ${format} (${code})`,
      );
    }
    return this.#planar as PlanarPicture;
  }

  close(): void {
    this.#scaler?.freeContext();
    this.#scaled?.free();
    this.#scaler = this.#scaled = this.#planar = undefined;
    this.#width = this.#height = 0;
  }

  #open(fullWidth: number, fullHeight: number): void {
    this.close();
    const ratio = Math.min(1, this.#maxWidth / fullWidth, this.#maxHeight / fullHeight);
    const width = Math.max(1, Math.round(fullWidth * ratio));
    const height = Math.max(1, Math.round(fullHeight * ratio));
    // not initialised for fixed formats: so it takes matrix and range from each frame's own marks
    const scaler = new SoftwareScaleContext();
    scaler.allocContext();
    scaler.setOption('sws_flags', 'area');
    const scaled = new AvFrame();
    scaled.alloc();
    scaled.width = width;
    scaled.height = height;
    scaled.format = AV_PIX_FMT_GBRP;
    scaled.colorRange = AVCOL_RANGE_JPEG;
    scaled.colorSpace = AVCOL_SPC_RGB;
    this.#scaler = scaler;
    this.#scaled = scaled;
    const data = scaled.getBuffer(ROW_ALIGNMENT) < 0 ? null : scaled.data;
    if (!data) throw new EngineError('INTERNAL', `no memory for a picture of ${width}x${height}`);
    const [green, blue, red] = data;
    this.#planar = { planes: [blue, green, red], width, height, stride: scaled.linesize[0] };
    this.#width = fullWidth;
    this.#height = fullHeight;
  }
}
