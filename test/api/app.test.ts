import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EngineError } from '../../src/errors.ts';
import { startApi, TOKEN } from './support.ts';

describe('access', () => {
  it('needs the token for everything below /api/v1 but the document', async (t) => {
    const { app } = await startApi(t);
    const closed = ['/api/v1/cameras', '/api/v1/cameras/gate/snapshot.jpg', '/api/v1/models', '/metrics'];
    for (const url of closed) {
      for (const authorization of [
        undefined,
        '',
        'Bearer',
        'Bearer wrong',
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN} x`,
      ]) {
        const answer = await app.inject({
          url,
          headers: authorization === undefined ? {} : { authorization },
        });
        assert.deepEqual(
          [answer.statusCode, answer.json().code],
          [401, 'UNAUTHORIZED'],
          `${url} ${authorization}`,
        );
        assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
      }
      const good = await app.inject({ url, headers: { authorization: `Bearer ${TOKEN}` } });
      assert.notEqual(good.statusCode, 401, url);
    }
    const post = await app.inject({ method: 'POST', url: '/api/v1/query', payload: { sql: 'select 1' } });
    assert.equal(post.statusCode, 401);
    for (const url of ['/healthz', '/readyz', '/api/v1/openapi.json', '/api/docs/']) {
      assert.equal((await app.inject(url)).statusCode, 200, url);
    }
  });

  it('tells an address that guesses to wait, but never refuses the right token', async (t) => {
    const { app } = await startApi(t);
    const guess = (token: string, remoteAddress: string) =>
      app.inject({ url: '/api/v1/models', headers: { authorization: `Bearer ${token}` }, remoteAddress });
    for (let n = 0; n < 100; n++) assert.equal((await guess(`guess-${n}`, '10.0.0.9')).statusCode, 401);
    const refused = await guess('guess', '10.0.0.9');
    assert.deepEqual([refused.statusCode, refused.json().code], [429, 'TOO_MANY_REQUESTS']);
    assert(Number(refused.headers['retry-after']) > 0);
    // behind a proxy everybody has the address of the one who guesses
    assert.equal((await guess(TOKEN, '10.0.0.9')).statusCode, 200);
    assert.equal((await guess('guess', '10.0.0.10')).statusCode, 401);
  });

  it('limits the requests of one caller, not of others, and never health', async (t) => {
    const server = { host: '127.0.0.1', port: 0, openMetrics: false, requestsPerMinute: 10 };
    const { app, call } = await startApi(t, { config: { server, demo: { dir: '' } } });
    for (let n = 0; n < 10; n++) assert.equal((await call('GET', '/api/v1/models')).statusCode, 200);
    const over = await call('GET', '/api/v1/models');
    assert.deepEqual([over.statusCode, over.json().code], [429, 'TOO_MANY_REQUESTS']);
    assert.match(over.json().detail, /requestsPerMinute/);
    assert(Number(over.headers['retry-after']) > 0);
    assert.equal((await app.inject('/api/v1/openapi.json')).statusCode, 200);
    for (let n = 0; n < 20; n++) assert.equal((await app.inject('/healthz')).statusCode, 200);
  });

  it('opens /metrics only by configuration', async (t) => {
    const server = { host: '127.0.0.1', port: 0, openMetrics: true, requestsPerMinute: 100 };
    const { app } = await startApi(t, { config: { server, demo: { dir: '' } } });
    const answer = await app.inject('/metrics');
    assert.deepEqual([answer.statusCode, answer.body], [200, 'up 1\n']);
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  });
});

describe('problems', () => {
  const cases: [
    string,
    { method?: 'GET' | 'POST' | 'PUT'; url?: string; type?: string; payload?: string },
    number,
    string,
  ][] = [
    ['broken JSON', { payload: '{"id":' }, 400, 'VALIDATION'],
    ['an empty body', { payload: '' }, 400, 'VALIDATION'],
    ['a body that is no object', { payload: '"x"' }, 400, 'VALIDATION'],
    ['a poisoned prototype', { payload: '{"__proto__":{"admin":true}}' }, 400, 'VALIDATION'],
    ['more than 1 MiB', { payload: JSON.stringify({ id: 'x'.repeat(1024 * 1024) }) }, 413, 'BODY_TOO_LARGE'],
    ['another content type', { type: 'application/xml', payload: '<a/>' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a form', { type: 'application/x-www-form-urlencoded', payload: 'id=a' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['an unknown route', { method: 'GET', url: '/api/v1/nothing' }, 404, 'NOT_FOUND'],
    ['an unknown method', { method: 'PUT', payload: '{}' }, 404, 'NOT_FOUND'],
    ['an invalid URL', { method: 'GET', url: '/api/v1/cameras/%zz' }, 400, 'VALIDATION'],
    ['an endless id', { method: 'GET', url: `/api/v1/cameras/${'x'.repeat(3000)}` }, 404, 'NOT_FOUND'],
    ['SQL that is no text', { url: '/api/v1/query', payload: '{"sql":1}' }, 400, 'VALIDATION'],
    ['no SQL', { url: '/api/v1/query', payload: '{}' }, 400, 'VALIDATION'],
  ];
  for (const [
    what,
    { method = 'POST', url = '/api/v1/cameras', type = 'application/json', payload },
    status,
    code,
  ] of cases) {
    it(`answers ${what} with ${status} ${code}`, async (t) => {
      const { app } = await startApi(t);
      const headers = {
        authorization: `Bearer ${TOKEN}`,
        ...(payload === undefined ? {} : { 'content-type': type }),
      };
      const answer = await app.inject({
        method,
        url,
        headers,
        ...(payload === undefined ? {} : { payload }),
      });
      assert.deepEqual(
        [answer.statusCode, answer.json().code, answer.json().status],
        [status, code, status],
        answer.body,
      );
      assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
      assert.equal(answer.json().requestId, answer.headers['x-request-id']);
      assert(
        answer.json().detail.length > 0 && !/node_modules|\.ts|\n +at /.test(answer.json().detail),
        answer.body,
      );
    });
  }

  it('hides what it cannot explain, and logs it under the request id', async (t) => {
    const { call, lines } = await startApi(t, {
      query: () => Promise.reject(new Error('cannot reach rtsp://user:pass@10.0.0.1 in secret.ts')),
      models: () => Promise.reject(new EngineError('MODEL_MISSING', 'model x is not there: run it')),
    });
    const answer = await call('POST', '/api/v1/query', { sql: 'select 1' });
    assert.deepEqual([answer.statusCode, answer.json().code], [500, 'INTERNAL']);
    assert(!answer.body.includes('secret.ts'));
    const line = lines.map((text) => JSON.parse(text)).find(({ level }) => level === 50);
    assert.equal(line.requestId, answer.json().requestId);
    assert.match(line.err.message, /secret\.ts/);
    const explained = await call('GET', '/api/v1/models');
    assert.deepEqual([explained.statusCode, explained.json().detail], [503, 'model x is not there: run it']);
  });

  it('passes the codes of the store on', async (t) => {
    const { call } = await startApi(t, {
      query: async ({ sql }) => {
        throw new EngineError(sql === 'slow' ? 'QUERY_TIMEOUT' : 'QUERY_REJECTED', 'only SELECT');
      },
    });
    assert.equal((await call('POST', '/api/v1/query', { sql: 'drop' })).json().code, 'QUERY_REJECTED');
    assert.equal((await call('POST', '/api/v1/query', { sql: 'slow' })).statusCode, 408);
  });

  it('tells a query that its caller has hung up', async (t) => {
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { app } = await startApi(t, {
      query: (_request, signal) => {
        started.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(new EngineError('QUERY_FAILED', 'gone'));
          });
        });
      },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    const body = '{"sql":"select 1"}';
    socket.write(
      `POST /api/v1/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await started.promise;
    socket.destroy();
    await aborted.promise;
  });
});

describe('health', () => {
  it('answers 503 until every part is up', async (t) => {
    let up = false;
    const { app } = await startApi(t, {
      readiness: async () => ({ ready: up, parts: { store: { up, ...(up ? {} : { detail: 'starting' }) } } }),
    });
    const early = await app.inject('/readyz');
    assert.deepEqual([early.statusCode, early.json().parts.store.detail], [503, 'starting']);
    up = true;
    assert.equal((await app.inject('/readyz')).statusCode, 200);
    assert.deepEqual((await app.inject('/healthz')).json(), { status: 'ok' });
  });
});

describe('the document', () => {
  it('is OpenAPI 3.1 and describes every route with its failures', async (t) => {
    const { app } = await startApi(t);
    const document = (await app.inject('/api/v1/openapi.json')).json();
    assert.equal(document.openapi, '3.1.0');
    assert.equal(document.info.version, '1.2.3');
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method} ${path}`),
    );
    assert.deepEqual(operations.sort(), [
      'delete /api/v1/cameras',
      'delete /api/v1/cameras/{cameraId}',
      'get /api/v1/cameras',
      'get /api/v1/cameras/{cameraId}',
      'get /api/v1/cameras/{cameraId}/snapshot.jpg',
      'get /api/v1/cameras/{cameraId}/status',
      'get /api/v1/cameras/{cameraId}/truth',
      'get /api/v1/models',
      'get /healthz',
      'get /metrics',
      'get /readyz',
      'patch /api/v1/cameras/{cameraId}',
      'post /api/v1/cameras',
      'post /api/v1/query',
    ]);
    const post = document.paths['/api/v1/cameras'].post;
    assert.deepEqual(Object.keys(post.responses), ['201', '4XX', '5XX']);
    assert(post.responses['4XX'].content['application/problem+json'].schema.properties.code);
    assert.deepEqual(document.security, [{ token: [] }]);
    assert.deepEqual(document.paths['/healthz'].get.security, []);
    const snapshot = document.paths['/api/v1/cameras/{cameraId}/snapshot.jpg'].get;
    assert.deepEqual(Object.keys(snapshot.responses['200'].content), ['image/jpeg']);
  });

  it('has a human page that its own content policy lets run', async (t) => {
    const { app } = await startApi(t);
    const page = await app.inject('/api/docs/');
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /img-src 'self' data: blob:/);
    assert(!policy.includes('upgrade-insecure-requests')); // the hub speaks plain HTTP
    assert(!/<script>[^<]/.test(page.body), 'an inline script would be blocked');
    const sources = [...page.body.matchAll(/(?:src|href)="\.(\/[^"]+)"/g)].map(([, path]) => path);
    assert(sources.length >= 5);
    for (const path of sources) assert.equal((await app.inject(`/api/docs${path}`)).statusCode, 200, path);
  });
});

describe('the dashboard', () => {
  const browser = { accept: 'text/html,*/*' };

  it('says how to build it when it is not built, and appears without a restart', async (t) => {
    const { app, dir } = await startApi(t);
    const early = await app.inject({ url: '/', headers: browser });
    assert.equal(early.statusCode, 503);
    assert.match(early.body, /vite build dashboards\/web/);

    mkdirSync(join(dir, 'dist', 'assets'), { recursive: true });
    writeFileSync(join(dir, 'dist', 'index.html'), '<title>wall</title>');
    writeFileSync(join(dir, 'dist', 'assets', 'app-1a2b.js'), 'let x;');
    writeFileSync(join(dir, 'token'), 'secret');
    for (const url of ['/', '/index.html', '/cameras/gate', '/sql?x=1']) {
      const page = await app.inject({ url, headers: browser });
      assert.deepEqual([page.statusCode, page.body], [200, '<title>wall</title>'], url);
      assert.equal(page.headers['cache-control'], 'no-cache');
    }
    const asset = await app.inject('/assets/app-1a2b.js');
    assert.deepEqual(
      [asset.body, asset.headers['cache-control']],
      ['let x;', 'public, max-age=31536000, immutable'],
    );
    for (const url of [
      '/assets/none.js',
      '/api/nothing',
      '/whep/gate',
      '/%2e%2e/token',
      '/..%2ftoken',
      '/assets/..%2f..%2ftoken',
    ]) {
      const answer = await app.inject({ url, headers: url.includes('%') ? {} : browser });
      assert.equal(
        answer.statusCode >= 400 && answer.json().code !== undefined,
        true,
        `${url} ${answer.body}`,
      );
      assert(!answer.body.includes('secret'));
    }
  });

  it('compresses long answers and cuts none', async (t) => {
    const rows = Array.from({ length: 2000 }, (_, n) => [`label ${n}`]);
    const { app } = await startApi(t, {
      query: async () => ({
        columns: [{ name: 'l', type: 'String' }],
        rows,
        rowCount: 2000,
        truncated: false,
        elapsedMs: 1,
      }),
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ sql: 'select l' }),
    });
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.deepEqual(((await answer.json()) as { rows: unknown }).rows, rows);
  });
});
