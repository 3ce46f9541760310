import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { Analytics } from '../analytics.ts';
import { type Camera, CameraInput, CameraStatus, DemoSource, FileSource, RtspSource } from '../camera.ts';
import { copiesOf } from '../camera-copies.ts';
import { EngineError } from '../errors.ts';
import type { Check } from '../registry/camera-registry.ts';
import { CameraPatch } from '../registry/declaration.ts';
import { redactSource } from '../registry/redact.ts';
import { callerGone } from './caller-gone.ts';
import { checkLabels } from './check-labels.ts';
import type { ApiDependencies } from './dependencies.ts';
import { PROBLEMS } from './problem.ts';

export const CameraParams = Type.Object({
  cameraId: Type.String({ description: 'the id of a camera' }),
});

const CameraPage = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    cursor: Type.Optional(Type.String({ maxLength: 256, description: '`nextCursor` of the page before' })),
    tag: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'only cameras that have it' }),
    ),
  },
  { additionalProperties: false },
);

const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'the same key and body get the same answer again for 24 hours, and create nothing twice',
    }),
  ),
});

/** A camera as answers show it. */
export const CameraAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  enabled: Type.Boolean(),
  source: Type.Union([
    Type.Object({
      ...RtspSource.properties,
      url: Type.String({ description: 'without user and password; *** for values that are not shown' }),
      hasCredentials: Type.Boolean({ description: 'whether anything of the URL is not shown' }),
    }),
    Type.Object(FileSource.properties),
    Type.Object({
      kind: DemoSource.properties.kind,
      clip: DemoSource.properties.clip,
      decode: DemoSource.properties.decode,
    }),
  ]),
  analytics: Analytics,
  tags: Type.Array(Type.String()),
  managedBy: Type.Union([Type.Literal('api'), Type.Literal('config')], {
    description: 'config: declared in the YAML file and changed only there',
  }),
  createdAtMs: Type.Number({ description: 'milliseconds since the epoch' }),
  updatedAtMs: Type.Number(),
  revisionAtMs: Type.Number({
    description:
      'changes with source, analytics and enabled; a live stream goes on while its analytics change',
  }),
  playedOut: Type.Boolean({ description: 'a file played once was played to its end' }),
  status: Type.Union([CameraStatus, Type.Null()], {
    description: 'null only in the answer to a request with an Idempotency-Key: nothing is started then',
  }),
});
type CameraAnswer = Static<typeof CameraAnswer>;

const CameraList = Type.Object({
  cameras: Type.Array(CameraAnswer),
  nextCursor: Type.Optional(Type.String({ description: 'absent on the last page' })),
});

const CopiesAnswer = Type.Object(
  { created: Type.Array(Type.String()), tag: Type.String({ description: 'that all of them have' }) },
  { description: 'to a source with `copies`: the ids of the cameras it became' },
);
type CopiesAnswer = Static<typeof CopiesAnswer>;

const TagQuery = Type.Object(
  { tag: Type.String({ minLength: 1, maxLength: 64, description: 'of the cameras to remove' }) },
  { additionalProperties: false },
);

const tags = ['cameras'];

export const cameraRoutes: FastifyPluginAsyncTypebox<ApiDependencies> = async (app, deps) => {
  const { cameras } = deps;
  const labelsChecked = async (): Promise<Check> => {
    const models = await deps.models();
    return ({ analytics = {} }) => checkLabels(analytics, models, cameras.defaultModel);
  };
  const answerOf = (camera: Camera): CameraAnswer => cameraAnswer(camera, deps);
  const existing = (id: string): Camera => existingCamera(cameras, id);

  app.post(
    '/cameras',
    {
      schema: {
        operationId: 'createCamera',
        summary: 'Register a camera; it is live within two seconds',
        tags,
        headers: IdempotencyHeaders,
        body: CameraInput,
        response: { 201: Type.Union([CameraAnswer, CopiesAnswer]), ...PROBLEMS },
      },
    },
    async ({ body, headers }, reply) => {
      const copies = copiesOf(body);
      const inputs = copies ?? [body];
      const answer = (created: readonly Camera[]): CameraAnswer | CopiesAnswer =>
        copies ? { created: created.map(({ id }) => id), tag: body.id } : answerOf(created[0]!);
      const at = copies ? `?tag=${body.id}` : `/${body.id}`;
      reply.status(201).header('location', `/api/v1/cameras${at}`);
      const key = headers['idempotency-key'];
      const check = await labelsChecked();
      if (key === undefined) return answer(cameras.createAll(inputs, check));
      const once = {
        key: `POST /cameras ${key}`,
        request: JSON.stringify(body),
        answer: (created: readonly Camera[]) => JSON.stringify(answer(created)),
      };
      const first = cameras.createOnce(inputs, once, check);
      if (first.repeated) reply.header('idempotency-replayed', 'true');
      return JSON.parse(first.answer) as CameraAnswer | CopiesAnswer;
    },
  );

  app.get(
    '/cameras',
    {
      schema: {
        operationId: 'listCameras',
        summary: 'The cameras, by id',
        tags,
        querystring: CameraPage,
        response: { 200: CameraList, ...PROBLEMS },
      },
    },
    async ({ query }) => {
      const after = query.cursor === undefined ? '' : afterCursor(query.cursor);
      const { tag } = query;
      const rest = cameras
        .list()
        .filter(({ id, tags }) => id > after && (tag === undefined || tags.includes(tag)));
      const page = rest.slice(0, query.limit);
      const last = page.at(-1);
      const more = rest.length > page.length && last;
      return { cameras: page.map(answerOf), ...(more ? { nextCursor: cursorAfter(last.id) } : {}) };
    },
  );

  app.get(
    '/cameras/:cameraId',
    {
      schema: {
        operationId: 'getCamera',
        summary: 'One camera and what it is doing',
        tags,
        params: CameraParams,
        response: { 200: CameraAnswer, ...PROBLEMS },
      },
    },
    async ({ params }) => answerOf(existing(params.cameraId)),
  );

  app.patch(
    '/cameras/:cameraId',
    {
      // what answers add to a camera is taken and ignored, so the registry checks the body itself
      validatorCompiler:
        ({ httpPart }) =>
        (value: unknown) => {
          const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
          if (httpPart !== 'body' || isObject) return { value };
          return { error: new EngineError('VALIDATION', 'invalid body: expected an object') };
        },
      schema: {
        operationId: 'updateCamera',
        summary: 'Change a camera while it runs (JSON merge patch; a source is replaced whole)',
        tags,
        params: CameraParams,
        body: CameraPatch,
        response: { 200: CameraAnswer, ...PROBLEMS },
      },
    },
    async ({ params, body }) => {
      // a camera whose model has changed in the meantime can still be renamed and switched off
      const check = body.analytics ? await labelsChecked() : undefined;
      return answerOf(cameras.update(params.cameraId, body, check));
    },
  );

  app.delete(
    '/cameras/:cameraId',
    {
      schema: {
        operationId: 'removeCamera',
        summary: 'Remove a camera; what it saw stays in the tables',
        tags,
        params: CameraParams,
        response: { 204: Type.Null(), ...PROBLEMS },
      },
    },
    async ({ params }, reply) => {
      cameras.remove(params.cameraId);
      return reply.status(204).send(null);
    },
  );

  app.delete(
    '/cameras',
    {
      schema: {
        operationId: 'removeCamerasByTag',
        summary: 'Remove all cameras that have a tag; what they saw stays in the tables',
        tags,
        querystring: TagQuery,
        response: {
          200: Type.Object({ removed: Type.Array(Type.String(), { description: 'their ids' }) }),
          ...PROBLEMS,
        },
      },
    },
    async ({ query }) => ({ removed: cameras.removeTagged(query.tag) }),
  );

  app.get(
    '/cameras/:cameraId/status',
    {
      schema: {
        operationId: 'getCameraStatus',
        summary: 'State, rates and last error of a camera',
        tags,
        params: CameraParams,
        response: { 200: CameraStatus, ...PROBLEMS },
      },
    },
    async ({ params }) => {
      const { status } = answerOf(existing(params.cameraId));
      if (status) return status;
      throw new EngineError(
        'VISION_UNAVAILABLE',
        'the vision node has not reported on it yet: try again in a second',
      );
    },
  );

  app.get(
    '/cameras/:cameraId/snapshot.jpg',
    {
      schema: {
        operationId: 'getCameraSnapshot',
        summary: 'The newest picture, as JPEG',
        tags,
        params: CameraParams,
        produces: ['image/jpeg'],
        response: { 200: Type.String({ format: 'binary', description: 'a JPEG picture' }), ...PROBLEMS },
      },
    },
    async ({ params }, reply) => {
      const { id } = existing(params.cameraId);
      const jpeg = await deps.snapshot(id, callerGone(reply));
      reply.type('image/jpeg').header('cache-control', 'no-store');
      return reply.send(Buffer.from(jpeg) as never); // bytes are sent as they are
    },
  );
};

/** @throws EngineError CAMERA_NOT_FOUND */
export function existingCamera(cameras: ApiDependencies['cameras'], id: string): Camera {
  const camera = cameras.get(id);
  if (camera) return camera;
  throw new EngineError('CAMERA_NOT_FOUND', `there is no camera ${JSON.stringify(id.slice(0, 63))}`);
}

function cameraAnswer(camera: Camera, { statusOf, cameras }: ApiDependencies): CameraAnswer {
  const status = statusOf(camera.id) ?? null;
  const problem = cameras.problemOf(camera.id);
  const shown: CameraStatus | null =
    status && problem ? { ...status, state: 'stopped', reason: problem, lastError: problem } : status;
  return {
    ...camera,
    source: redactSource(camera.source) as CameraAnswer['source'],
    tags: [...camera.tags],
    status: shown,
  };
}

function cursorAfter(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function afterCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (/^[a-z0-9-]{1,63}$/.test(id)) return id;
  throw new EngineError('VALIDATION', 'invalid cursor: send the nextCursor of the page before, unchanged');
}
