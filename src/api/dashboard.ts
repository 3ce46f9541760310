import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Addresses that are never pages of the dashboard. */
const RESERVED = /^\/(api|whip|whep|socket\.io|healthz|readyz|metrics)(\/|$|\?)/;

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sightline</title>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>Sightline is running</h1>
<p>The dashboard has not been built. <code>npm start</code> builds it; by hand it is
<code>npx vite build dashboards/web</code>. Then reload this page.</p>
<p>The API is there without it: <a href="/api/docs">/api/docs</a>.</p>
`;

/**
 * Serves the built dashboard; any other page address gets its `index.html`, which routes by itself.
 * `notFound` answers everything that is no page.
 */
export async function serveDashboard(
  app: FastifyInstance,
  dir: string,
  notFound: (request: FastifyRequest, reply: FastifyReply) => unknown,
): Promise<void> {
  await app.register(fastifyStatic, {
    root: resolve(dir),
    serve: false, // files are looked up by request: the dashboard may be built while the hub runs
    cacheControl: false,
    suppressWarning: true,
  });

  const page = (reply: FastifyReply): unknown => {
    if (existsSync(join(dir, 'index.html'))) {
      return reply.header('cache-control', 'no-cache').sendFile('index.html');
    }
    return reply.status(503).type('text/html; charset=utf-8').serializer(String).send(NOT_BUILT);
  };

  app.route({
    method: 'GET',
    url: '/*',
    schema: { hide: true },
    handler: (request, reply) => {
      const path = (request.params as { '*': string })['*'];
      if (RESERVED.test(request.url)) return void reply.callNotFound();
      if (path === '' || path === 'index.html') return void page(reply);
      // names of built assets carry a digest of their content
      const caching = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
      reply.header('cache-control', caching).sendFile(path);
    },
  });

  app.setNotFoundHandler((request, reply) => {
    reply.removeHeader('cache-control');
    const wantsPage =
      (request.headers.accept ?? '').includes('text/html') && !/\.\w+$/.test(request.url.split('?')[0]!);
    const reading = request.method === 'GET' || request.method === 'HEAD';
    if (reading && wantsPage && !RESERVED.test(request.url)) page(reply);
    else notFound(request, reply);
  });
}
