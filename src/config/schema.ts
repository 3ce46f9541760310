import Type, { type Static } from 'typebox';
import { CameraInput } from '../camera.ts';
import { PROVIDERS, type Provider } from '../providers.ts';

/** Every default lies inside; a section that is left out is all defaults. */
function section<const P extends Parameters<typeof Type.Object>[0]>(properties: P, description: string) {
  return Type.Object(properties, { additionalProperties: false, default: {}, description });
}

const Count = (minimum: number, maximum: number, value: number, description: string) =>
  Type.Integer({ minimum, maximum, default: value, description });

/** The one schema of the configuration: its type, its check, its defaults and its documentation. */
export const ConfigSchema = Type.Object(
  {
    server: section(
      {
        host: Type.String({
          minLength: 1,
          maxLength: 253,
          default: '127.0.0.1',
          description: 'address to listen on; 0.0.0.0 for every network',
        }),
        port: Count(0, 65535, 8080, '0 takes any free port'),
        openMetrics: Type.Boolean({ default: false, description: 'true: /metrics needs no token' }),
        requestsPerMinute: Count(10, 1_000_000, 3000, 'of one token, or of one address without a token'),
      },
      'the HTTP server: API, dashboard, live pictures',
    ),
    auth: section(
      {
        token: Type.Optional(
          Type.String({
            pattern: '^[\\x21-\\x7e]{1,512}$',
            description: '1 to 512 printable characters without spaces; generated when left out',
          }),
        ),
      },
      'who may use the API',
    ),
    data: section(
      { dir: Type.String({ minLength: 1, default: './data', description: 'everything Sightline keeps' }) },
      'state on disk',
    ),
    files: section(
      {
        roots: Type.Array(Type.String({ minLength: 1 }), {
          default: [],
          description:
            'folders that cameras of kind file may read, besides <data.dir>/videos and the project',
        }),
      },
      'video files as cameras',
    ),
    demo: section(
      {
        dir: Type.Optional(
          Type.String({
            minLength: 1,
            description: 'clips of the demo cameras; demo of the project when left out',
          }),
        ),
      },
      'cameras that come with the program',
    ),
    models: section(
      {
        dir: Type.Optional(
          Type.String({ minLength: 1, description: 'weights; models/weights of the project when left out' }),
        ),
      },
      'model weights',
    ),
    store: section(
      {
        url: Type.Optional(
          Type.String({
            pattern: '^https?://[^\\s/]+',
            description:
              'a ClickHouse URL that begins with http:// or https://; left out: the embedded store',
          }),
        ),
        username: Type.String({ minLength: 1, default: 'default', description: 'of the ClickHouse server' }),
        password: Type.String({ default: '', description: 'of the ClickHouse server' }),
        retentionDays: Count(1, 36_500, 30, 'rows older than this are removed'),
        queryTimeoutS: Count(1, 600, 10, 'a query of a user may run this long'),
        queryMaxRows: Count(1, 1_000_000, 10_000, 'an answer to a query is cut after this many rows'),
      },
      'the tables: embedded, or a ClickHouse server',
    ),
    log: section(
      {
        retentionHours: Count(1, 87_600, 72, 'messages that were stored are kept this long'),
        maxBytesMiB: Count(16, 1_048_576, 2048, 'size on disk above which the oldest stored messages go'),
      },
      'the event log',
    ),
    vision: section(
      {
        workers: Count(0, 256, 0, 'analysis worker threads; 0: one for each core'),
        ageBudgetMs: Count(50, 60_000, 500, 'a live frame that waited longer is dropped'),
        inference: section(
          {
            providers: Type.Union(
              [
                Type.Literal('auto'),
                Type.Array(Type.Unsafe<Provider>(Type.Union(PROVIDERS.map((name) => Type.Literal(name)))), {
                  minItems: 1,
                  maxItems: PROVIDERS.length,
                }),
              ],
              {
                default: 'auto',
                description: `auto, or a list of ${PROVIDERS.join(', ')}: tried in order, a GPU's with one batcher for all workers`,
              },
            ),
            deviceId: Count(0, 63, 0, 'which GPU, for cuda and tensorrt'),
            maxBatch: Count(1, 64, 16, 'pictures of one run on a GPU'),
            maxWaitMs: Count(0, 1_000, 10, 'a picture is held back for company this long at most, on a GPU'),
            batcher: Type.Union([Type.Literal('auto'), Type.Literal('always')], {
              default: 'auto',
              description: 'auto: for providers other than cpu; always: for the CPU too, which is slower',
            }),
          },
          'what neural networks run on',
        ),
        picture: section(
          {
            maxWidth: Count(64, 7680, 960, 'pixels; larger frames are scaled down for viewers'),
            maxFps: Count(1, 60, 10, 'pictures a second and camera'),
            quality: Count(1, 100, 75, 'JPEG quality'),
          },
          'live pictures for the dashboard; only made while somebody watches',
        ),
      },
      'decoding and analysis',
    ),
    logging: section(
      {
        level: Type.Union(
          (['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const).map((level) =>
            Type.Literal(level),
          ),
          { default: 'info', description: 'lines below it are not written' },
        ),
        format: Type.Union(
          (['auto', 'pretty', 'json'] as const).map((format) => Type.Literal(format)),
          { default: 'auto', description: 'auto: pretty on a terminal, json elsewhere' },
        ),
      },
      'log lines on standard error',
    ),
    cameras: Type.Array(CameraInput, {
      default: [],
      maxItems: 1000,
      description: 'cameras that only this file changes; those added by API or dashboard stand beside them',
    }),
  },
  { additionalProperties: false },
);

type Written = Static<typeof ConfigSchema>;

/** The configuration as the engine uses it: checked, complete, every path absolute. */
export interface Config extends Omit<Written, 'models' | 'demo' | 'files' | 'logging'> {
  readonly models: { readonly dir: string };
  readonly demo: { readonly dir: string };
  /** `roots` with the standard ones; a file below `closed` is refused unless a root lies deeper. */
  readonly files: FileRules;
  readonly logging: { readonly level: Written['logging']['level']; readonly format: 'pretty' | 'json' };
  /** The YAML file that was read, if any. */
  readonly file: string | undefined;
}

/** Which files a camera may read. Absolute paths. */
export interface FileRules {
  readonly roots: readonly string[];
  /** Folders inside roots that hold secrets. */
  readonly closed: readonly string[];
}
