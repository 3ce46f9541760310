import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { EngineError } from '../errors.ts';
import { bearerOf, requireToken } from './authenticate.ts';
import { cameraRoutes } from './cameras.ts';
import { serveDashboard } from './dashboard.ts';
import type { ApiDependencies } from './dependencies.ts';
import { serveDocument } from './document.ts';
import { healthRoutes } from './health.ts';
import { modelRoutes } from './models.ts';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem.ts';
import { queryRoutes } from './query.ts';
import { truthRoutes } from './truth.ts';
import { validatorCompiler } from './validation.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The HTTP side of the hub: the API under /api/v1, its document, health, metrics and the dashboard.
 *
 * The caller listens and closes. Nothing below /api/v1 answers without a token, except the document.
 */
export async function buildApi(deps: ApiDependencies): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.log,
    // Fastify's own lines hold addresses with their query strings; ours do not
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: 256 },
    return503OnClosing: true,
    forceCloseConnections: true, // a browser's idle connections must not hold up the stop
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(sendProblem);
  logRequests(app as unknown as FastifyInstance);

  const root = app as unknown as FastifyInstance;
  await protect(root, deps);
  const token = requireToken(deps.guard);
  await serveDocument(root, deps.version ?? '0.0.0');
  await root.register(healthRoutes, { ...deps, requireToken: token });
  await root.register(
    async (api) => {
      api.addHook('onRequest', token);
      await api.register(cameraRoutes, deps);
      await api.register(truthRoutes, deps);
      await api.register(queryRoutes, deps);
      await api.register(modelRoutes, deps);
    },
    { prefix: '/api/v1' },
  );
  await serveDashboard(root, deps.dashboardDir, (request, reply) =>
    sendProblem(
      new EngineError(
        'NOT_FOUND',
        `there is nothing at ${request.method} ${request.url.split('?')[0]!.slice(0, 200)}`,
      ),
      request,
      reply,
    ),
  );
  await app.ready();
  return root;
}

async function protect(app: FastifyInstance, { guard, config }: ApiDependencies): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"], // the page of the API document styles its parts inline
        'img-src': ["'self'", 'data:', 'blob:'],
        'media-src': ["'self'", 'blob:'],
        'connect-src': ["'self'"], // covers ws: and wss: of the same host (CSP level 3, 6.7.2.8)
        'worker-src': ["'self'", 'blob:'],
        'font-src': ["'self'", 'data:'],
        'object-src': ["'none'"],
        'base-uri': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'self'"],
      },
    },
    strictTransportSecurity: false, // belongs to whatever terminates TLS in front of the hub
  });
  await app.register(rateLimit, {
    max: config.server.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => (guard.verify(bearerOf(request)) ? `token ${bearerOf(request)}` : request.ip),
    errorResponseBuilder: (_request, { max, ttl }) =>
      new EngineError(
        'TOO_MANY_REQUESTS',
        `more than ${max} requests in a minute: wait ${Math.ceil(ttl / 1000)} s (server.requestsPerMinute)`,
      ),
  });
  await app.register(compress, { threshold: 1024, encodings: ['gzip', 'deflate'] });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
}

function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const fields = {
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    request.log.debug(fields, 'request');
  });
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.status >= 500) {
    const fields = { code: problem.code, method: request.method, route: request.routeOptions?.url };
    // what the caller must not see is for the log
    if (problem.code === 'INTERNAL') request.log.error({ ...fields, err: error }, 'request failed');
    else request.log.warn({ ...fields, detail: problem.detail }, 'request failed');
  }
  return reply
    .status(problem.status)
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .type(PROBLEM_CONTENT_TYPE)
    .serializer(JSON.stringify)
    .send(problem);
}
