/** The size of a model's input, pixels. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** Where a picture lies in a model's input; `stretch` fills the input and does not keep the aspect. */
export type Placing = 'top-left' | 'centre' | 'stretch';

/** How a model takes its pictures. */
export interface Placement {
  readonly at: Placing;
  /** The grey of what the picture leaves free, 0 to 255. */
  readonly padding: number;
}

/** How a picture lies in a model's input. */
export interface Letterbox {
  /** Size of the source frame, pixels. */
  readonly width: number;
  readonly height: number;
  readonly input: InputSize;
  /** Size of the picture inside the input, whole pixels, at least 1. */
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  /** Left and upper edge of the picture inside the input, whole pixels. */
  readonly offsetX: number;
  readonly offsetY: number;
  /**
   * Input pixels per source pixel. Of each axis by itself: rounding the scaled size to whole pixels makes the two
   * differ a little, and one common factor would shift boxes by up to a pixel at the far edge.
   */
  readonly scaleX: number;
  readonly scaleY: number;
}

/**
 * Fits a frame of `width` x `height` pixels into an input: as large as it can be at its aspect, at the top-left as
 * YOLOX was trained (Ge et al. 2021) or in the middle as YOLOv5 and its successors; or stretched over the whole.
 *
 * A point goes into the input by multiplying with `scaleX`, `scaleY` and adding `offsetX`, `offsetY`; back by
 * taking off and dividing.
 */
export function letterbox(
  width: number,
  height: number,
  input: InputSize,
  placing: Placing = 'top-left',
): Letterbox {
  const scale = Math.min(input.width / width, input.height / height);
  const stretch = placing === 'stretch';
  const scaledWidth = stretch ? input.width : wholePixels(width * scale, input.width);
  const scaledHeight = stretch ? input.height : wholePixels(height * scale, input.height);
  const centred = placing === 'centre';
  return {
    width,
    height,
    input,
    scaledWidth,
    scaledHeight,
    // an odd pixel goes to the right and to the bottom
    offsetX: centred ? Math.floor((input.width - scaledWidth) / 2) : 0,
    offsetY: centred ? Math.floor((input.height - scaledHeight) / 2) : 0,
    scaleX: scaledWidth / width,
    scaleY: scaledHeight / height,
  };
}

/**
 * The smallest input that holds the picture at the scale it has in the model's `own` input: that one less the
 * stripes of padding that no cell of `stride` needs. A 16:9 picture takes 416x256 of 416x416, which saves a
 * fully convolutional network 38 % of its work (as YOLOv5's rectangular inference does).
 */
export function tightInput(width: number, height: number, own: InputSize, stride: number): InputSize {
  const scale = Math.min(own.width / width, own.height / height);
  // of the exact size, not the rounded one: a stripe too narrow by a third of a pixel would shrink the picture
  const cells = (size: number) => Math.ceil((size * scale) / stride - FLOAT_SLACK);
  return { width: Math.max(1, cells(width)) * stride, height: Math.max(1, cells(height)) * stride };
}

/** Far below a pixel, far above the error of a double: keeps 416.0000000001 within 13 strides. */
const FLOAT_SLACK = 1e-9;

/** A strip of a picture still gets its one row of pixels; rounding never leaves the input. */
function wholePixels(size: number, limit: number): number {
  return Math.max(1, Math.min(limit, Math.round(size)));
}
