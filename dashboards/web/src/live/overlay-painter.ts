import type { Overlay } from '../../../../src/vision-protocol.ts';
import {
  boxOnCanvas,
  type CanvasRect,
  containRect,
  drawingOrder,
  labelTexts,
  placeLabels,
  trackHue,
} from './overlay-geometry.ts';

export interface OverlayPainter {
  /** Decodes and draws a frame with its boxes; while one is being decoded only the newest waits. */
  show(overlay: Overlay, jpeg: ArrayBuffer): void;
  /** Fits the canvas to its place on the page (device pixels) and draws the last frame again. */
  resize(widthPx: number, heightPx: number, pixelRatio: number): void;
  close(): void;
}

interface Picture {
  readonly overlay: Overlay;
  readonly bitmap: ImageBitmap;
}

/**
 * Draws frames on a canvas: picture and boxes always of the same frame, at most once a display refresh.
 *
 * `data-seq` and `data-boxes` of the canvas tell the frame last drawn and how many boxes it carried.
 *
 * @param onPaint called after every newly drawn frame (not after a redraw)
 * @param onUndecodable called when a JPEG cannot be decoded; the last picture stays
 */
export function createOverlayPainter(
  canvas: HTMLCanvasElement,
  onPaint: (overlay: Overlay) => void,
  onUndecodable: () => void,
): OverlayPainter {
  const context = canvas.getContext('2d', { alpha: false })!;
  let waiting: { overlay: Overlay; jpeg: ArrayBuffer } | undefined;
  let decoding = false;
  let next: Picture | undefined; // decoded, to be drawn at the next refresh
  let shown: Picture | undefined;
  let refresh = 0;
  let ratio = 1;
  let closed = false;
  canvas.dataset.boxes = '0';

  async function decode(): Promise<void> {
    decoding = true;
    while (waiting && !closed) {
      const { overlay, jpeg } = waiting;
      waiting = undefined;
      try {
        const bitmap = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }));
        if (closed) {
          bitmap.close();
          break;
        }
        next?.bitmap.close(); // overtaken before the screen was refreshed
        next = { overlay, bitmap };
        refresh ||= requestAnimationFrame(drawNext);
      } catch {
        onUndecodable();
      }
    }
    decoding = false;
  }

  function drawNext(): void {
    refresh = 0;
    if (!next) return;
    shown?.bitmap.close();
    shown = next;
    next = undefined;
    const boxes = draw(context, shown, canvas, ratio);
    canvas.dataset.seq = String(shown.overlay.seq);
    canvas.dataset.boxes = String(boxes);
    onPaint(shown.overlay);
  }

  return {
    show(overlay, jpeg) {
      if (closed) return;
      waiting = { overlay, jpeg };
      if (!decoding) void decode();
    },
    resize(widthPx, heightPx, pixelRatio) {
      if (closed || (canvas.width === widthPx && canvas.height === heightPx && ratio === pixelRatio)) return;
      canvas.width = widthPx;
      canvas.height = heightPx;
      ratio = pixelRatio;
      if (shown) draw(context, shown, canvas, ratio);
    },
    close() {
      closed = true;
      waiting = undefined;
      cancelAnimationFrame(refresh);
      next?.bitmap.close();
      shown?.bitmap.close();
      next = undefined;
      shown = undefined;
    },
  };
}

const DARK = 'rgb(8 12 16)';
const HALO = 'rgb(0 0 0 / 0.45)';
const UNTRACKED = 'rgb(226 232 240 / 0.85)';

/** @returns how many boxes are to be seen */
function draw(
  context: CanvasRenderingContext2D,
  { overlay, bitmap }: Picture,
  canvas: { readonly width: number; readonly height: number },
  ratio: number,
): number {
  // the bitmap's own size decides: a scaled-down JPEG of the frame has the same shape
  const picture = containRect(bitmap, canvas);
  context.fillStyle = '#000';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, picture.x, picture.y, picture.w, picture.h);

  const seen = drawingOrder(overlay.objects).flatMap((object) => {
    const box = boxOnCanvas(object.box, picture);
    const isOptional = object.track === undefined;
    return box ? [{ object, box, texts: labelTexts(object), isOptional }] : [];
  });
  const thick = Math.max(1, Math.round(1.75 * ratio));
  const thin = Math.max(1, Math.round(ratio));
  for (const { object, box } of seen) {
    const tracked = object.track !== undefined;
    context.setLineDash(tracked ? [] : [4 * ratio, 3 * ratio]);
    if (tracked) {
      context.strokeStyle = HALO;
      strokeInside(context, box, thick + 2 * thin, -thin);
    }
    context.strokeStyle = tracked ? trackColour(object.track!) : UNTRACKED;
    strokeInside(context, box, tracked ? thick : thin, 0);
  }
  context.setLineDash([]);

  const fontPx = Math.round(Math.min(13, Math.max(10, picture.w / ratio / 48)) * ratio);
  const padding = Math.round(0.35 * fontPx);
  context.font = `600 ${fontPx}px ui-sans-serif, system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const height = Math.round(fontPx * 1.35);
  const widthOf = (text: string): number => context.measureText(text).width + 2 * padding;
  placeLabels(seen, picture, height, widthOf).forEach((label, i) => {
    if (!label) return;
    const { track } = seen[i]!.object;
    context.fillStyle = track === undefined ? 'rgb(8 12 16 / 0.6)' : trackColour(track);
    context.fillRect(label.x, label.y, label.w, label.h);
    context.fillStyle = track === undefined ? UNTRACKED : DARK;
    context.fillText(label.text, label.x + padding, label.y + Math.ceil(label.h / 2));
  });
  return seen.length;
}

/** Strokes along the inside of the box's edge (moved out by `outset`), so that lines lie on whole pixels. */
function strokeInside(
  context: CanvasRenderingContext2D,
  box: CanvasRect,
  width: number,
  inset: number,
): void {
  const edge = inset + width / 2;
  context.lineWidth = width;
  context.strokeRect(
    box.x + edge,
    box.y + edge,
    Math.max(1, box.w - 2 * edge),
    Math.max(1, box.h - 2 * edge),
  );
}

/** Light enough for dark text and for any picture below; only the hue tells tracks apart. */
function trackColour(trackId: number): string {
  return `oklch(0.82 0.16 ${trackHue(trackId).toFixed(1)})`;
}
