import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { ApiDependencies } from './dependencies.ts';
import { PROBLEMS } from './problem.ts';

const ModelList = Type.Object({
  models: Type.Array(
    Type.Object({
      name: Type.String(),
      version: Type.String(),
      task: Type.Union([Type.Literal('detection'), Type.Literal('embedding')], {
        description: 'cameras name the former as their model, trackers that use appearance the latter',
      }),
      family: Type.Union([Type.String(), Type.Null()], {
        description: 'how its output is decoded; null when that is recognised as it is loaded',
      }),
      description: Type.String(),
      licence: Type.String({ description: 'empty when the manifest does not say' }),
      source: Type.String(),
      sizeBytes: Type.Union([Type.Number(), Type.Null()]),
      labels: Type.Array(Type.String()),
      state: Type.Union([Type.Literal('ready'), Type.Literal('missing'), Type.Literal('altered')]),
      remedy: Type.Union([Type.String(), Type.Null()], { description: 'what to run when it is not ready' }),
    }),
  ),
  default: Type.String({ description: 'what a camera gets that names no model' }),
  problem: Type.Union([Type.String(), Type.Null()], {
    description: 'what is wrong with manifest.json in the models directory, whose models are then not listed',
  }),
});

export const modelRoutes: FastifyPluginAsyncTypebox<ApiDependencies> = async (
  app,
  { models, modelsProblem, cameras },
) => {
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
    async () => ({
      models: (await models()).map((model) => ({ ...model, labels: [...model.labels] })),
      default: cameras.defaultModel,
      problem: (await modelsProblem?.()) ?? null,
    }),
  );
};
