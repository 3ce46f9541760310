/** How a picture lies in a model's square input: at the top-left corner, its aspect kept, the rest padding. */
export interface Letterbox {
  /** Size of the source frame, pixels. */
  readonly width: number;
  readonly height: number;
  /** Side of the square input, pixels. */
  readonly inputSize: number;
  /** Size of the picture inside the input, whole pixels, 1..inputSize. */
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
 * Fits a frame of `width` x `height` pixels into a square of `inputSize`, the way YOLOX was trained
 * (Ge et al. 2021): picture at the top-left, larger side filling the square.
 *
 * A point goes into the input by multiplying with `scaleX`, `scaleY`, and back by dividing.
 */
export function letterbox(width: number, height: number, inputSize: number): Letterbox {
  const scale = Math.min(inputSize / width, inputSize / height);
  const scaledWidth = wholePixels(width * scale, inputSize);
  const scaledHeight = wholePixels(height * scale, inputSize);
  return {
    width,
    height,
    inputSize,
    scaledWidth,
    scaledHeight,
    scaleX: scaledWidth / width,
    scaleY: scaledHeight / height,
  };
}

/** A strip of a picture still gets its one row of pixels; rounding never leaves the square. */
function wholePixels(size: number, inputSize: number): number {
  return Math.max(1, Math.min(inputSize, Math.round(size)));
}
