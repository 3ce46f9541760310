import Type, { type Static } from 'typebox';

/**
 * The detections of one frame in flat arrays that are allocated once and reused.
 *
 * Coordinate space: pixels of the source frame. Boxes leave `pipeline` and `tracking` only as fractions
 * of the frame (`NormalizedBox`).
 */
export interface DetectionBatch {
  /** How many entries are valid. */
  count: number;
  readonly capacity: number;
  /** `capacity x 4`: x, y of the top-left corner, width, height; pixels of the source frame. */
  readonly boxes: Float32Array;
  /** 0..1. */
  readonly confidences: Float32Array;
  /** Index into the model's labels. */
  readonly classIds: Uint16Array;
  /** The confirmed track each detection belongs to in this frame, 0 for none; written by the tracker. */
  readonly trackIds: Float64Array;
}

export function createDetectionBatch(capacity: number): DetectionBatch {
  return {
    count: 0,
    capacity,
    boxes: new Float32Array(capacity * 4),
    confidences: new Float32Array(capacity),
    classIds: new Uint16Array(capacity),
    trackIds: new Float64Array(capacity),
  };
}

/** `[x, y, w, h]`, the top-left corner and size as fractions of the frame: the box at every edge. */
export type NormalizedBox = readonly [x: number, y: number, w: number, h: number];

const Fraction = Type.Number({ description: 'fraction of the frame' });

/** A detection as it leaves the vision node: in messages, overlays and rows. */
export const DetectedObject = Type.Object({
  label: Type.String(),
  confidence: Type.Number({ minimum: 0, maximum: 1 }),
  box: Type.Tuple([Fraction, Fraction, Fraction, Fraction], {
    description: 'x, y, w, h from the top-left corner',
  }),
  track: Type.Optional(
    Type.Number({ description: 'the confirmed track it belongs to; absent while there is none' }),
  ),
});
export type DetectedObject = Static<typeof DetectedObject>;
