import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { ApiDependencies } from './dependencies.ts';
import { PROBLEMS } from './problem.ts';

const ModelList = Type.Object({
  models: Type.Array(
    Type.Object({
      name: Type.String(),
      version: Type.String(),
      family: Type.String(),
      description: Type.String(),
      licence: Type.String(),
      source: Type.String(),
      sizeBytes: Type.Number(),
      labels: Type.Array(Type.String()),
      state: Type.Union([Type.Literal('ready'), Type.Literal('missing'), Type.Literal('altered')]),
      remedy: Type.Union([Type.String(), Type.Null()], { description: 'what to run when it is not ready' }),
    }),
  ),
});

export const modelRoutes: FastifyPluginAsyncTypebox<ApiDependencies> = async (app, { models }) => {
  app.get(
    '/models',
    {
      schema: {
        operationId: 'listModels',
        summary: 'The models that cameras may name',
        tags: ['models'],
        response: { 200: ModelList, ...PROBLEMS },
      },
    },
    async () => ({ models: (await models()).map((model) => ({ ...model, labels: [...model.labels] })) }),
  );
};
