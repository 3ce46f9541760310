import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { requireToken } from './authenticate.ts';
import type { ApiDependencies } from './dependencies.ts';
import { PROBLEMS } from './problem.ts';

/** Prometheus text format. */
const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const Alive = Type.Object({ status: Type.Literal('ok') });
const Ready = Type.Object({
  ready: Type.Boolean(),
  parts: Type.Record(
    Type.String(),
    Type.Object({ up: Type.Boolean(), detail: Type.Optional(Type.String()) }),
  ),
});

/** What machines ask: alive, ready, metrics. */
export const healthRoutes: FastifyPluginAsyncTypebox<
  ApiDependencies & { requireToken: ReturnType<typeof requireToken> }
> = async (app, deps) => {
  const tags = ['health'];
  const open = { security: [], tags };
  const unlimited = { rateLimit: false as const };

  app.get(
    '/healthz',
    { config: unlimited, schema: { ...open, summary: 'The hub answers', response: { 200: Alive } } },
    async () => ({ status: 'ok' as const }),
  );

  app.get(
    '/readyz',
    {
      config: unlimited,
      schema: { ...open, summary: 'Every part does its work', response: { 200: Ready, 503: Ready } },
    },
    async (_request, reply) => {
      const readiness = await deps.readiness();
      return reply.status(readiness.ready ? 200 : 503).send(readiness);
    },
  );

  app.get(
    '/metrics',
    {
      config: unlimited,
      ...(deps.config.server.openMetrics ? {} : { onRequest: deps.requireToken }),
      schema: {
        tags,
        ...(deps.config.server.openMetrics ? { security: [] } : {}),
        summary: 'Prometheus metrics; needs the token unless server.openMetrics is set',
        response: { 200: Type.String(), ...PROBLEMS },
      },
    },
    async (_request, reply) => {
      reply.type(METRICS_CONTENT_TYPE).serializer((text: unknown) => String(text));
      return deps.metricsText();
    },
  );
};
