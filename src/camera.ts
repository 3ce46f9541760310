import Type, { type Static } from 'typebox';

/** A camera's id: in URLs, tables, rooms and file names. */
export const CameraId = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
  description: '1 to 63 lower-case letters, digits and inner hyphens',
});

export const RtspSource = Type.Object(
  {
    kind: Type.Literal('rtsp'),
    url: Type.String({
      pattern: '^rtsps?://',
      maxLength: 2048,
      description: 'credentials may be part of it; they are stored encrypted and never returned',
    }),
    transport: Type.Optional(
      Type.Union([Type.Literal('tcp'), Type.Literal('udp')], {
        default: 'tcp',
        description: 'RTP over TCP or UDP',
      }),
    ),
  },
  { additionalProperties: false },
);

export const FileSource = Type.Object(
  {
    kind: Type.Literal('file'),
    path: Type.String({ minLength: 1, maxLength: 4096, description: 'on the machine of the vision node' }),
    loop: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'true: plays for ever at its own pace and stands for a live camera (frames may be dropped); ' +
          'false: played once, every sampled frame is analysed',
      }),
    ),
    pace: Type.Optional(
      Type.Union([Type.Literal('realtime'), Type.Literal('fast')], {
        default: 'realtime',
        description: 'fast: as quickly as it can be analysed; only with loop false',
      }),
    ),
  },
  { additionalProperties: false },
);

export const Source = Type.Union([RtspSource, FileSource]);

export const Analytics = Type.Object(
  {
    model: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        default: 'yolox-nano',
        description: 'a name of models/manifest.json',
      }),
    ),
    fps: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 120,
        default: 5,
        description: 'analysed frames a second; 0 analyses every frame',
      }),
    ),
    confidence: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 1,
        default: 0.3,
        description: 'detections below it are reported only on confirmed tracks',
      }),
    ),
  },
  { additionalProperties: false },
);

/** What a user says of a camera. */
export const CameraInput = Type.Object(
  {
    id: CameraId,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'defaults to the id' })),
    enabled: Type.Optional(
      Type.Boolean({ default: true, description: 'false keeps the camera but stops it' }),
    ),
    source: Source,
    analytics: Type.Optional(Analytics),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32, default: [] }),
    ),
  },
  { additionalProperties: false },
);

export type RtspSource = Static<typeof RtspSource>;
export type FileSource = Static<typeof FileSource>;
export type Source = Static<typeof Source>;
export type Analytics = Required<Static<typeof Analytics>>;
export type CameraInput = Static<typeof CameraInput>;

/** A registered camera with every default filled in. `source.url` holds its credentials: internal only. */
export interface Camera {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly source: Source;
  readonly analytics: Analytics;
  readonly tags: readonly string[];
  /** `config`: declared in the YAML file, changed only there. */
  readonly managedBy: 'api' | 'config';
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /**
   * Which version of source, analytics and `enabled` this is: the wall clock of its making, unique for the
   * camera. A new one starts the stream anew; a new name or tag does not. Names the run of a file played once.
   */
  readonly revisionAtMs: number;
  /** A file played once was played to its end in this revision: it is not played again. */
  readonly playedOut: boolean;
}

/** What the registry keeps of a camera besides what was declared. */
export type CameraRecord = Pick<
  Camera,
  'managedBy' | 'createdAtMs' | 'updatedAtMs' | 'revisionAtMs' | 'playedOut'
>;

export const DEFAULT_ANALYTICS: Analytics = { model: 'yolox-nano', fps: 5, confidence: 0.3 };

export const CameraState = Type.Union([
  Type.Literal('connecting'),
  Type.Literal('live'),
  Type.Literal('retrying'),
  Type.Literal('stopped'),
]);
export type CameraState = Static<typeof CameraState>;

/** A failure as a user sees it: a stable code and one sentence that says what to do. */
export const Problem = Type.Object({ code: Type.String(), message: Type.String(), atMs: Type.Number() });
export type Problem = Static<typeof Problem>;

/** Frames a second over the last few seconds. */
export const FrameRates = Type.Object({
  received: Type.Number({ description: 'video frames (packets) that arrived' }),
  damaged: Type.Number({ description: 'packets or pictures damaged beyond use' }),
  decoded: Type.Number(),
  analysed: Type.Number(),
  dropped: Type.Record(Type.String(), Type.Number(), { description: 'decoded but not analysed, by reason' }),
});
export type FrameRates = Static<typeof FrameRates>;

/** What a camera is doing now. Measured in the vision node, about once a second and on every change of state. */
export const CameraStatus = Type.Object({
  cameraId: Type.String(),
  revisionAtMs: Type.Number({ description: 'the version of the camera it tells of' }),
  state: CameraState,
  sinceMs: Type.Number({ description: 'wall clock of the last change of state' }),
  reason: Type.Union([Problem, Type.Null()], { description: 'why it is retrying or stopped' }),
  nextTryAtMs: Type.Union([Type.Number(), Type.Null()]),
  attempts: Type.Number({ description: 'failed attempts since it was last live' }),
  width: Type.Union([Type.Number(), Type.Null()]),
  height: Type.Union([Type.Number(), Type.Null()]),
  codec: Type.Union([Type.String(), Type.Null()]),
  fps: FrameRates,
  frames: Type.Object(
    {
      received: Type.Number(),
      damaged: Type.Number(),
      decoded: Type.Number(),
      analysed: Type.Number(),
      dropped: Type.Record(Type.String(), Type.Number()),
    },
    { description: 'totals since the vision node took the camera' },
  ),
  /** Exposure to event, over the last few seconds; null before the first analysed frame. */
  latencyMs: Type.Union([Type.Object({ p50: Type.Number(), p95: Type.Number() }), Type.Null()]),
  analysis: Type.Object({
    model: Type.String(),
    state: Type.Union([Type.Literal('loading'), Type.Literal('running'), Type.Literal('unavailable')]),
    problem: Type.Union([Problem, Type.Null()], { description: 'why nothing is analysed, and what to run' }),
  }),
  lastError: Type.Union([Problem, Type.Null()]),
});
export type CameraStatus = Static<typeof CameraStatus>;
