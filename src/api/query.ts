import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { callerGone } from './caller-gone.ts';
import type { ApiDependencies } from './dependencies.ts';
import { PROBLEMS } from './problem.ts';

const QueryBody = Type.Object(
  {
    sql: Type.String({
      minLength: 1,
      maxLength: 100_000,
      description: 'one SELECT over the tables of Sightline',
    }),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'values of `{name:Type}` in the SQL' }),
    ),
  },
  { additionalProperties: false },
);

const QueryResult = Type.Object({
  columns: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String({ description: 'ClickHouse type' }) }),
  ),
  rows: Type.Array(Type.Array(Type.Unknown())),
  rowCount: Type.Number({ description: 'rows in this answer' }),
  truncated: Type.Boolean({ description: 'whether the limit cut rows off' }),
  elapsedMs: Type.Number(),
});

export const queryRoutes: FastifyPluginAsyncTypebox<ApiDependencies> = async (app, { query }) => {
  app.post(
    '/query',
    {
      schema: {
        operationId: 'query',
        summary: 'Ask SQL about everything that was seen',
        tags: ['query'],
        body: QueryBody,
        response: { 200: QueryResult, ...PROBLEMS },
      },
    },
    async ({ body }, reply) => (await query(body, callerGone(reply))) as Static<typeof QueryResult>,
  );
};
