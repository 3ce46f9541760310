import { AV_PIX_FMT_GRAY8, SWS_AREA } from 'node-av/constants';
import { Frame as AvFrame, SoftwareScaleContext } from 'node-av/lib';
import type { Picture } from './picture.ts';
import { THUMBNAIL } from './picture-change.ts';

const { width, height } = THUMBNAIL;

/** Shrinks one camera's pictures to the grey thumbnails they are compared by. */
export class Thumbnail {
  #scaler: SoftwareScaleContext | undefined;
  #scaled: AvFrame | undefined;
  #luma: Uint8Array = new Uint8Array(0);
  #from = { width: 0, height: 0, format: -1 };

  /** The thumbnail of `picture`, valid until the next; undefined when it cannot be scaled. */
  of(picture: Picture): Uint8Array | undefined {
    const { width, height, format } = this.#from;
    if (picture.width !== width || picture.height !== height || picture.format !== format) this.#fit(picture);
    if (!this.#scaler || !this.#scaled) return undefined;
    return this.#scaler.scaleFrameSync(this.#scaled, picture) < 0 ? undefined : this.#luma;
  }

  close(): void {
    this.#scaler?.freeContext();
    this.#scaled?.free();
    this.#scaler = this.#scaled = undefined;
  }

  #fit(picture: Picture): void {
    this.close();
    const format = picture.format as Parameters<SoftwareScaleContext['getContext']>[2];
    this.#from = { width: picture.width, height: picture.height, format };
    const scaler = new SoftwareScaleContext();
    scaler.getContext(picture.width, picture.height, format, width, height, AV_PIX_FMT_GRAY8, SWS_AREA);
    const scaled = new AvFrame();
    scaled.alloc();
    scaled.width = width;
    scaled.height = height;
    scaled.format = AV_PIX_FMT_GRAY8;
    const data = scaler.initContext() < 0 || scaled.getBuffer(width) < 0 ? null : scaled.data;
    if (!data || scaled.linesize[0] !== width) {
      scaler.freeContext();
      scaled.free();
      return;
    }
    this.#scaler = scaler;
    this.#scaled = scaled;
    // taken once: each look at a picture's data makes Buffers that weigh on the garbage collector
    this.#luma = data[0]!.subarray(0, width * height);
  }
}
