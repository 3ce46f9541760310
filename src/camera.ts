import Type, { type Static } from 'typebox';
import { Analytics, AnalyticsInput } from './analytics.ts';
import { PROVIDERS, type Provider } from './providers.ts';

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

export const DEMO_CLIPS = ['junction', 'crossing', 'avenue', 'plaza'] as const;
export type DemoClip = (typeof DEMO_CLIPS)[number];

/** Cameras that one demo camera may stand for. */
export const MAX_COPIES = 200;

export const DemoSource = Type.Object(
  {
    kind: Type.Literal('demo'),
    clip: Type.Optional(
      Type.Unsafe<DemoClip>(
        Type.Union(
          DEMO_CLIPS.map((clip) => Type.Literal(clip)),
          {
            default: DEMO_CLIPS[0],
            description: 'a street scene whose truth is known, played for ever as if it were a live camera',
          },
        ),
      ),
    ),
    copies: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_COPIES,
        description:
          'makes so many cameras: `load-01` and so on for the id `load`, all with the tag `load`; a load for tests',
      }),
    ),
    decode: Type.Optional(
      Type.Union([Type.Literal('each'), Type.Literal('shared')], {
        default: 'each',
        description:
          'shared: one decoder in each analysis worker feeds all its cameras of that clip that share; they have no motion gate',
      }),
    ),
  },
  { additionalProperties: false },
);

export const Source = Type.Union([RtspSource, FileSource, DemoSource]);

/** What a user says of a camera. */
export const CameraInput = Type.Object(
  {
    id: CameraId,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'defaults to the id' })),
    enabled: Type.Optional(
      Type.Boolean({ default: true, description: 'false keeps the camera but stops it' }),
    ),
    source: Source,
    analytics: Type.Optional(AnalyticsInput),
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 32, default: [] }),
    ),
  },
  { additionalProperties: false },
);

export type RtspSource = Static<typeof RtspSource>;
export type FileSource = Static<typeof FileSource>;
export type DemoSource = Static<typeof DemoSource>;
export type Source = Static<typeof Source>;
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
   * camera. A new source starts the stream anew, and so does any new version of a file played once, whose run it
   * names; other analytics are taken up while the stream runs on, and a new name or tag is no new version.
   */
  readonly revisionAtMs: number;
  /** A file played once was played to its end in this revision: it is not played again. */
  readonly playedOut: boolean;
}

/** Whether a source is a file that waits for its analysis, rather than live or standing for it. */
export function playsOnce(source: Source): boolean {
  return source.kind === 'file' && !source.loop;
}

/** Whether the decoding may rest while the picture stands still, unless told otherwise. */
export function mayRest(source: Source): boolean {
  return !playsOnce(source) && !(source.kind === 'demo' && source.decode === 'shared');
}

/** A source in a few words, for a list: its address, its path, its clip. */
export function sourceWords(source: Source): string {
  if (source.kind === 'rtsp') return source.url;
  if (source.kind === 'file') return source.path;
  return `demo clip ${source.clip ?? DEMO_CLIPS[0]}${source.decode === 'shared' ? ', decoded once for all' : ''}`;
}

/** What the registry keeps of a camera besides what was declared. */
export type CameraRecord = Pick<
  Camera,
  'managedBy' | 'createdAtMs' | 'updatedAtMs' | 'revisionAtMs' | 'playedOut'
>;

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

/** What analyses a camera's frames now, which for a moment may differ from what it was just told to use. */
export const AnalysisInEffect = Type.Object({
  model: Type.String({ description: 'name@version' }),
  provider: Type.Unsafe<Provider>(Type.Union(PROVIDERS.map((provider) => Type.Literal(provider)))),
  input: Type.String({ description: 'width x height of what the model is given, pixels' }),
  analytics: Analytics,
});
export type AnalysisInEffect = Static<typeof AnalysisInEffect>;

/** `open`: frames are analysed at the camera's rate; `still`: only at the heartbeat's. */
export const MotionGateStatus = Type.Object({
  state: Type.Union([Type.Literal('off'), Type.Literal('open'), Type.Literal('still')]),
  sinceMs: Type.Number({ description: 'wall clock of the last change of state' }),
  skipped: Type.Number({ description: 'packets that never had to be decoded' }),
  withheld: Type.Number({ description: 'pictures that were decoded, but not shown to the analysis' }),
});
export type MotionGateStatus = Static<typeof MotionGateStatus>;

const AnalysisStatus = Type.Object({
  model: Type.String({ description: 'the model the camera names' }),
  state: Type.Union([Type.Literal('loading'), Type.Literal('running'), Type.Literal('unavailable')], {
    description: 'of that model; while it loads, the one before still serves',
  }),
  problem: Type.Union([Problem, Type.Null()], { description: 'what is wrong with it, and what to do' }),
  inEffect: Type.Union([AnalysisInEffect, Type.Null()], { description: 'null while nothing is analysed' }),
  motionGate: MotionGateStatus,
});

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
  analysis: AnalysisStatus,
  lastError: Type.Union([Problem, Type.Null()]),
});
export type CameraStatus = Static<typeof CameraStatus>;
