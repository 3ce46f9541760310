import Type, { type Static, type TSchema } from 'typebox';

/**
 * The trackers and what may be set of each: in the API, in the YAML file and by `mot track --set`. Defaults stand in
 * the schemas and nowhere else; times are seconds of media time, thresholds confidences or overlaps from 0 to 1.
 */
const fraction = (value: number, description: string) =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: value, description }));

/** Absent where the camera's own `confidence` and `thresholds` decide. */
const trackThreshold = Type.Optional(
  Type.Number({
    minimum: 0,
    maximum: 1,
    description: "detections from it may begin a track; by default the camera's confidence",
  }),
);

const settings = <N extends string, P extends Record<string, TSchema>>(name: N, properties: P) =>
  Type.Object({ name: Type.Literal(name), ...properties }, { additionalProperties: false });

const lostFor = (value: number, description = 'how long a track may go unseen and still be found again') =>
  Type.Optional(Type.Number({ minimum: 0, maximum: 60, default: value, description }));

/** Which embedding model tells what objects look like; without it these trackers go by place alone. */
const appearanceModel = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 64,
    default: 'osnet-x0-25',
    description: 'the embedding model that recognises objects again',
  }),
);
const maxCosineDistance = fraction(0.25, 'how much two looks of one object may differ; depends on the model');

export const SortSettings = settings('sort', {
  trackThreshold,
  iouThreshold: fraction(0.3, 'least overlap of a track and its next detection'),
  lostForSeconds: lostFor(0.2),
});

export const ByteTrackSettings = settings('bytetrack', {
  trackThreshold,
  lostForSeconds: lostFor(1),
  matchThreshold: fraction(0.8, 'cost (1 - overlap x confidence) from which a pair is refused'),
});

export const OcSortSettings = settings('ocsort', {
  trackThreshold,
  iouThreshold: fraction(0.3, 'least overlap of a track and its next detection'),
  inertia: fraction(0.2, 'how much it counts that an object keeps its direction'),
  lostForSeconds: lostFor(1),
});

export const SightlineSettings = settings('sightline', {
  trackThreshold,
  lostForSeconds: lostFor(2),
  matchThreshold: fraction(0.9, 'cost (1 - overlap x confidence) from which a pair is refused'),
  followShift: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'takes out what moves all objects alike, as a panning camera does',
    }),
  ),
});

export const DeepSortSettings = settings('deepsort', {
  trackThreshold,
  lostForSeconds: lostFor(3),
  model: appearanceModel,
  maxCosineDistance,
  iouThreshold: fraction(0.3, 'least overlap of a track that is continued without its looks'),
});

export const BotSortSettings = settings('botsort', {
  trackThreshold,
  lostForSeconds: lostFor(3),
  model: appearanceModel,
  maxCosineDistance,
  matchThreshold: fraction(0.8, 'cost (1 - overlap x confidence) from which a pair is refused'),
});

export const TrackerSettings = Type.Union([
  SightlineSettings,
  SortSettings,
  ByteTrackSettings,
  OcSortSettings,
  DeepSortSettings,
  BotSortSettings,
]);
export type TrackerSettings = Static<typeof TrackerSettings>;
export type TrackerName = TrackerSettings['name'];
export const TRACKER_NAMES = TrackerSettings.anyOf.map(({ properties }) => properties.name.const);
