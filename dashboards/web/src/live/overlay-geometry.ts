import type { DetectedObject, NormalizedBox } from '../../../../src/detection.ts';
import { trackNumber } from '../../../../src/track.ts';

/** A rectangle in device pixels of the canvas, from its top-left corner. */
export interface CanvasRect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Where a picture lies on a canvas when all of it is shown, undistorted and centred.
 *
 * @param frame size of the picture in its own pixels; only the ratio matters
 * @param canvas size in device pixels
 * @returns device pixels, on whole pixels so that the picture's edge is crisp; empty when a size is not positive
 */
export function containRect(frame: Size, canvas: Size): CanvasRect {
  if (!(frame.width > 0 && frame.height > 0 && canvas.width > 0 && canvas.height > 0)) {
    return { x: 0, y: 0, w: 0, h: 0 };
  }
  const scale = Math.min(canvas.width / frame.width, canvas.height / frame.height);
  const w = Math.round(frame.width * scale);
  const h = Math.round(frame.height * scale);
  return { x: Math.floor((canvas.width - w) / 2), y: Math.floor((canvas.height - h) / 2), w, h };
}

/**
 * A box of fractions of the frame as whole device pixels inside the picture.
 *
 * Boxes may reach over the frame's border (people leave it): what lies outside is cut off.
 *
 * @returns null when nothing of it is left to see
 */
export function boxOnCanvas(box: NormalizedBox, picture: CanvasRect): CanvasRect | null {
  const [x, y, w, h] = box;
  const left = Math.round(picture.x + clampFraction(x) * picture.w);
  const top = Math.round(picture.y + clampFraction(y) * picture.h);
  const right = Math.round(picture.x + clampFraction(x + w) * picture.w);
  const bottom = Math.round(picture.y + clampFraction(y + h) * picture.h);
  if (!(right > left && bottom > top)) return null;
  return { x: left, y: top, w: right - left, h: bottom - top };
}

function clampFraction(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** What can be written at an object, longest first: `person 87% #12`, then what still tells it apart. */
export function labelTexts(object: Pick<DetectedObject, 'label' | 'confidence' | 'track'>): string[] {
  const full = `${object.label} ${Math.round(object.confidence * 100)}%`;
  if (object.track === undefined) return [full, object.label];
  const number = `#${trackNumber(object.track)}`;
  return [`${full} ${number}`, number];
}

/** Degrees between the hues of successive tracks: the golden angle never repeats and keeps neighbours apart. */
const GOLDEN_ANGLE = 137.50776405;

/** The hue of a track, 0 to 360: the same for as long as the track lives, in every browser. */
export function trackHue(trackId: number): number {
  return (trackNumber(trackId) * GOLDEN_ANGLE) % 360;
}

export interface LabelRequest {
  readonly box: CanvasRect;
  /** The texts that would do, longest first; at least one. */
  readonly texts: readonly string[];
  /** Whether it is left out rather than written over another. */
  readonly isOptional?: boolean;
}

export interface PlacedLabel extends CanvasRect {
  readonly text: string;
}

/**
 * Finds a place for every label, in the order given, so that they cover each other as little as they can.
 *
 * Each text is tried above its box, inside its top edge, then below; when the long text is in the way
 * everywhere, the shorter one is tried. A label that fits nowhere keeps its shortest text above the box,
 * or is left out if it is optional.
 * Earlier requests win, so an order that is stable from frame to frame keeps labels from jumping.
 *
 * @param height of a label, device pixels
 * @param widthOf device pixels that a text takes, padding included
 * @returns one place for each request, in their order; null for a label left out
 */
export function placeLabels(
  requests: readonly LabelRequest[],
  picture: CanvasRect,
  height: number,
  widthOf: (text: string) => number,
): (PlacedLabel | null)[] {
  const placed: PlacedLabel[] = [];
  const isFree = (label: CanvasRect): boolean => !placed.some((other) => overlap(label, other));
  return requests.map(({ box, texts, isOptional }) => {
    let fallback: PlacedLabel | undefined;
    for (const text of texts) {
      const w = Math.min(Math.ceil(widthOf(text)), picture.w);
      const x = Math.min(box.x, picture.x + picture.w - w);
      const places = [box.y - height, box.y, box.y + box.h]
        .filter((y) => y >= picture.y && y + height <= picture.y + picture.h)
        .map((y) => ({ text, x, y, w, h: height }));
      const free = places.find(isFree);
      if (free) {
        placed.push(free);
        return free;
      }
      fallback = places[0] ?? { text, x, y: picture.y, w, h: height };
    }
    if (isOptional || !fallback) return null;
    placed.push(fallback);
    return fallback;
  });
}

function overlap(a: CanvasRect, b: CanvasRect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** The order in which objects are labelled and drawn: tracks by their number, then the rest, surest first. */
export function drawingOrder(objects: readonly DetectedObject[]): DetectedObject[] {
  return [...objects].sort((a, b) => {
    if (a.track !== undefined && b.track !== undefined) return a.track - b.track;
    if (a.track !== undefined) return -1;
    if (b.track !== undefined) return 1;
    return b.confidence - a.confidence;
  });
}
