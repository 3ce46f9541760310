import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { TrackerSettings } from './tracker-settings.ts';

export const DEFAULT_MODEL = 'yolox-nano';
const DEFAULT_TRACKER = 'sightline';
const DEFAULT_HEARTBEAT_SECONDS = 2;

/** A detector finds weaker objects too: trackers follow them, but no user is told of them. */
export const MIN_CONFIDENCE = 0.1;

const Label = Type.String({ minLength: 1, maxLength: 64, description: "one of the model's labels" });
const Confidence = Type.Number({ minimum: MIN_CONFIDENCE, maximum: 1 });

export const MotionGateSettings = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({ description: 'by default on for what is live, off for a file played once' }),
    ),
    heartbeatSeconds: Type.Optional(
      Type.Number({
        minimum: 0.2,
        maximum: 60,
        default: DEFAULT_HEARTBEAT_SECONDS,
        description: 'how often a picture that stands still is analysed all the same',
      }),
    ),
  },
  { additionalProperties: false },
);

/** How a camera is analysed, as a user says it. */
export const AnalyticsInput = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        default: DEFAULT_MODEL,
        description:
          'the name of a model, see GET /models: its `default` is what a camera gets that names none',
      }),
    ),
    fps: Type.Optional(
      Type.Union([Type.Literal(0), Type.Number({ minimum: 0.1, maximum: 120 })], {
        default: 5,
        description: 'analysed frames a second; 0 analyses every frame',
      }),
    ),
    confidence: Type.Optional(
      Type.Number({
        minimum: MIN_CONFIDENCE,
        maximum: 1,
        default: 0.3,
        description: 'detections below it are reported only on confirmed tracks',
      }),
    ),
    classes: Type.Optional(
      Type.Array(Label, {
        maxItems: 200,
        default: [],
        description: 'only these labels are detected, tracked and reported; empty: all of the model',
      }),
    ),
    thresholds: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 64 }), Confidence, {
        default: {},
        maxProperties: 200,
        description: 'by label: takes the place of `confidence`',
      }),
    ),
    priority: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10,
        default: 5,
        description: 'the share of a busy machine: a camera of 10 is analysed twice as often as one of 5',
      }),
    ),
    tracker: Type.Optional(TrackerSettings),
    motionGate: Type.Optional(
      Type.Union([MotionGateSettings, Type.Boolean()], {
        description: 'rests the analysis while the picture stands still; true and false switch it',
      }),
    ),
  },
  { additionalProperties: false },
);
export type AnalyticsInput = Static<typeof AnalyticsInput>;

/** How a camera is analysed, every default filled in. */
export const Analytics = Type.Object({
  ...Type.Required(AnalyticsInput).properties,
  motionGate: Type.Required(MotionGateSettings),
});
export type Analytics = Static<typeof Analytics>;

/**
 * @param live whether the source is live or stands for it: only then a picture may stand still unobserved
 * @param defaultModel what a camera gets that names none
 */
export function resolvedAnalytics(
  input: AnalyticsInput | undefined,
  live: boolean,
  defaultModel = DEFAULT_MODEL,
): Analytics {
  const { tracker, motionGate, model = defaultModel, ...rest } = input ?? {};
  const gate = typeof motionGate === 'object' ? motionGate : { enabled: motionGate };
  return {
    ...(Value.Default(AnalyticsInput, {}) as Omit<Analytics, 'tracker' | 'motionGate'>),
    ...rest,
    model,
    tracker: Value.Default(
      TrackerSettings,
      Value.Clone(tracker ?? { name: DEFAULT_TRACKER }),
    ) as TrackerSettings,
    motionGate: {
      enabled: gate.enabled ?? live,
      heartbeatSeconds: gate.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS,
    },
  };
}
