import Type, { type Static } from 'typebox';
import { FAMILY_NAMES, type FamilyName } from './family-name.ts';

const MEAN_STD = { minItems: 3, maxItems: 3 };

/** How pictures become the model's input; what is left out is as the family has it. */
export const ModelInput = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'the input that takes pictures, when it is not the only one',
      }),
    ),
    width: Type.Optional(Type.Integer({ minimum: 32, maximum: 8192 })),
    height: Type.Optional(Type.Integer({ minimum: 32, maximum: 8192 })),
    layout: Type.Optional(Type.Union([Type.Literal('NCHW'), Type.Literal('NHWC')])),
    channels: Type.Optional(Type.Union([Type.Literal('BGR'), Type.Literal('RGB')])),
    range: Type.Optional(Type.Union([Type.Literal('0-255'), Type.Literal('0-1')])),
    mean: Type.Optional(
      Type.Array(Type.Number(), { ...MEAN_STD, description: 'taken off, in the order of `channels`' }),
    ),
    std: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0 }), { ...MEAN_STD, description: 'then divided by' }),
    ),
    letterbox: Type.Optional(
      Type.Union([Type.Literal('top-left'), Type.Literal('centre'), Type.Literal('stretch')], {
        description: 'where the picture lies in the input; stretch does not keep its aspect',
      }),
    ),
    padding: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'grey around it' })),
  },
  { additionalProperties: false },
);
export type ModelInput = Static<typeof ModelInput>;

const Task = Type.Union([Type.Literal('detection'), Type.Literal('embedding')]);
export type ModelTask = Static<typeof Task>;

/** A model as an entry of a manifest tells of it. */
export const ModelDeclaration = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9][a-z0-9.-]{0,63}$',
      description: 'a name of a-z, 0-9, "." and "-": what cameras say',
    }),
    version: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    task: Type.Optional(Task),
    /** Left out: recognised by what the file takes and answers. */
    family: Type.Optional(
      Type.Unsafe<FamilyName>(
        Type.Union(
          FAMILY_NAMES.map((name) => Type.Literal(name)),
          { description: 'how its output is decoded' },
        ),
      ),
    ),
    description: Type.Optional(Type.String()),
    file: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
      description: 'a file name, without a path: weights lie directly in the models directory',
    }),
    bundled: Type.Optional(
      Type.Boolean({ description: 'the file lies beside this manifest, not in the models directory' }),
    ),
    sizeBytes: Type.Optional(Type.Integer({ minimum: 1 })),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: '64 lower-case hexadecimal digits' }),
    licence: Type.Optional(Type.String({ minLength: 1, description: 'SPDX identifier' })),
    source: Type.Optional(Type.String({ minLength: 1, description: 'where the model comes from' })),
    url: Type.Optional(
      Type.String({ pattern: '^https?://', description: 'a URL that begins with http:// or https://' }),
    ),
    input: Type.Optional(ModelInput),
    nmsIou: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'overlap above which the weaker of two boxes of one class is left out',
      }),
    ),
    labels: Type.Optional(
      Type.Union([
        Type.String({
          pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
          description: 'the name of a list, labels/<name>.txt',
        }),
        Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 65536 }),
      ]),
    ),
  },
  { additionalProperties: false },
);
export type ModelDeclaration = Static<typeof ModelDeclaration>;

export const ManifestFile = Type.Object(
  { version: Type.Literal(1), models: Type.Array(ModelDeclaration) },
  { additionalProperties: false },
);
export type ManifestFile = Static<typeof ManifestFile>;
