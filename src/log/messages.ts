import Type, { type Static } from 'typebox';
import { DetectedObject } from '../detection.ts';

/** The log's topics. The number is the schema's version; a change that old readers cannot take gets a new one. */
export const TOPICS = ['sightline.detections.v1', 'sightline.dead-letter.v1'] as const;
export type Topic = (typeof TOPICS)[number];

/** Topic `sightline.detections.v1`: one message for every analysed frame, empty ones too. Key: the camera's id. */
export const DetectionsMessage = Type.Object({
  v: Type.Literal(1),
  id: Type.String({ description: 'camera/run/seq: the same frame never has two ids, nor two frames one' }),
  camera: Type.String(),
  run: Type.String({ description: 'one uninterrupted analysis of the camera by one vision node' }),
  seq: Type.Number({ description: 'decoded frame within the run, from 0' }),
  ptsMs: Type.Number({ description: 'media time since the start of the run' }),
  capturedAtMs: Type.Number({ description: 'wall clock of the exposure' }),
  analysedAtMs: Type.Number({ description: 'wall clock when the objects were known' }),
  width: Type.Number({ description: 'frame size in pixels' }),
  height: Type.Number(),
  model: Type.String({ description: 'name@version' }),
  objects: Type.Array(DetectedObject),
});

export type DetectionsMessage = Static<typeof DetectionsMessage>;

/** The id that makes a frame's message idempotent. */
export function detectionsId(camera: string, run: string, seq: number): string {
  return `${camera}/${run}/${seq}`;
}

/** Topic `sightline.dead-letter.v1`: what a consumer could not take, as it was. Key: that of the original. */
export const DeadLetterMessage = Type.Object({
  v: Type.Literal(1),
  id: Type.String({ description: 'group/topic/offset: a message is set aside once by each consumer' }),
  group: Type.String({ description: 'the consumer that refused it' }),
  topic: Type.String(),
  offset: Type.Number(),
  key: Type.String(),
  reason: Type.String({ description: 'what is wrong with it, and where' }),
  refusedAtMs: Type.Number(),
  value: Type.String({ description: 'the text of the message, unchanged' }),
});

export type DeadLetterMessage = Static<typeof DeadLetterMessage>;
