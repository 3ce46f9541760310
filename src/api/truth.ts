import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { DEMO_CLIPS } from '../camera.ts';
import { ClipCounts } from '../demo/clip-counts.ts';
import { ClipTruths } from '../demo/clip-truth.ts';
import { EngineError } from '../errors.ts';
import { CameraParams, existingCamera } from './cameras.ts';
import type { ApiDependencies } from './dependencies.ts';
import { PROBLEMS } from './problem.ts';

const Conditional = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'the ETag of an answer before' })),
});

/** What a demo camera truly shows. */
export const truthRoutes: FastifyPluginAsyncTypebox<ApiDependencies> = async (app, { cameras, config }) => {
  const truths = new ClipTruths(config.demo.dir);

  app.get(
    '/cameras/:cameraId/truth',
    {
      schema: {
        operationId: 'getCameraTruth',
        summary: 'How many objects each frame of a demo camera truly shows',
        tags: ['cameras'],
        params: CameraParams,
        headers: Conditional,
        response: { 200: ClipCounts, 304: Type.Null({ description: 'as it was' }), ...PROBLEMS },
      },
    },
    async ({ params, headers }, reply) => {
      const { id, source } = existingCamera(cameras, params.cameraId);
      if (source.kind !== 'demo') {
        throw new EngineError(
          'TRUTH_NOT_FOUND',
          `nobody knows what camera ${id} truly shows: only demo cameras have a truth`,
        );
      }
      const { etag, counts } = await truths.of(source.clip ?? DEMO_CLIPS[0]);
      // a proxy that compresses answers makes an ETag a weak one
      const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
      reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (known?.includes(etag) || known?.includes('*')) return reply.status(304).send(null);
      return counts;
    },
  );
};
