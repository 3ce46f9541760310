/** The size of a model's input, pixels. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** How a picture lies in a model's input: at the top-left corner, its aspect kept, the rest padding. */
export interface Letterbox {
  /** Size of the source frame, pixels. */
  readonly width: number;
  readonly height: number;
  readonly input: InputSize;
  /** Size of the picture inside the input, whole pixels, at least 1. */
  readonly scaledWidth: number;
  readonly scaledHeight: number;
  /**
   * Input pixels per source pixel. Of each axis by itself: rounding the scaled size to whole pixels makes the two
   * differ a little, and one common factor would shift boxes by up to a pixel at the far edge.
   */
  readonly scaleX: number;
  readonly scaleY: number;
}

/**
 * Fits a frame of `width` x `height` pixels into an input, the way YOLOX was trained (Ge et al. 2021): picture
 * at the top-left, as large as it can be.
 *
 * A point goes into the input by multiplying with `scaleX`, `scaleY`, and back by dividing.
 */
export function letterbox(width: number, height: number, input: InputSize): Letterbox {
  const scale = Math.min(input.width / width, input.height / height);
  const scaledWidth = wholePixels(width * scale, input.width);
  const scaledHeight = wholePixels(height * scale, input.height);
  return {
    width,
    height,
    input,
    scaledWidth,
    scaledHeight,
    scaleX: scaledWidth / width,
    scaleY: scaledHeight / height,
  };
}

/**
 * The smallest input that holds the picture at the scale it has in the square of `side`: the square less the
 * stripes of padding that no cell of `stride` needs. A 16:9 picture takes 416x256 of 416x416, which saves a
 * fully convolutional network 38 % of its work (as YOLOv5's rectangular inference does).
 */
export function tightInput(width: number, height: number, side: number, stride: number): InputSize {
  const scale = Math.min(side / width, side / height);
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
