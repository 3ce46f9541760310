import { Compile } from 'typebox/compile';
import type { DetectedObject } from '../detection.ts';
import { DetectionsMessage } from '../log/messages.ts';
import { schemaProblems } from '../schema-problems.ts';

/** The stored columns, in the order of `appendDetectionRows`. */
export const DETECTION_COLUMNS = [
  'camera',
  'ts',
  'model',
  'run',
  'seq',
  'label',
  'track_id',
  'confidence_u8',
  'x_u16',
  'y_u16',
  'w_u16',
  'h_u16',
];

/** 2200-01-01: beyond it ClickHouse's DateTime64 wraps sooner or later, and a clock is wrong anyway. */
const MAX_TIME_MS = 7_258_118_400_000;
const SCALE = 65_535;
const validator = Compile(DetectionsMessage);

export type ParsedMessage =
  | { readonly message: DetectionsMessage; readonly reason?: undefined }
  | { readonly message?: undefined; readonly reason: string };

/** Reads one message of topic `sightline.detections.v1`, or says why it is none. Never throws. */
export function parseDetections(value: string): ParsedMessage {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (err) {
    return { reason: `not JSON: ${(err as Error).message}` };
  }
  if (!validator.Check(json)) {
    const problems = schemaProblems(DetectionsMessage, json).map(
      ({ path, message }) => `${path || 'value'}: ${message}`,
    );
    return { reason: problems.slice(0, 5).join('; ') };
  }
  const { capturedAtMs, seq, objects } = json;
  if (!(capturedAtMs >= 0 && capturedAtMs < MAX_TIME_MS))
    return { reason: `capturedAtMs: ${capturedAtMs} is no time` };
  if (!isCount(seq)) return { reason: `seq: expected a whole number, got ${seq}` };
  const odd = objects.find(({ track }) => track !== undefined && !isCount(track));
  if (odd) return { reason: `objects: expected a whole number as track, got ${odd.track}` };
  return { message: json };
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/**
 * The message's objects as rows of `sightline.detections`, each a line of JSONCompactEachRow pushed onto
 * `lines`. Boxes are clipped to the frame.
 */
export function appendDetectionRows(message: DetectionsMessage, lines: string[]): void {
  if (message.objects.length === 0) return;
  const { camera, model, run, seq, capturedAtMs } = message;
  const frame = `[${text(camera)},${Math.round(capturedAtMs)},${text(model)},${text(run)},${seq},`;
  for (const { label, confidence, box, track } of message.objects) {
    lines.push(`${frame}${text(label)},${track ?? 0},${Math.round(confidence * 255)},${scaled(box)}]`);
  }
}

/** A lone surrogate has no UTF-8 form: the store would refuse the whole batch for it. */
const text = (value: string): string => JSON.stringify(value.toWellFormed());

function scaled([x, y, w, h]: DetectedObject['box']): string {
  const left = clip(x);
  const top = clip(y);
  return `${left},${top},${clip(x + w) - left},${clip(y + h) - top}`;
}

const clip = (fraction: number): number => Math.round(Math.min(1, Math.max(0, fraction)) * SCALE);
