import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EngineError } from '../../src/errors.ts';
import { pullModel } from '../../src/models/pull.ts';

const CONTENT = randomBytes(300_000);
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
const PART = `m.onnx.${sha256.slice(0, 12)}.part`;

/** A real HTTP server on loopback; `ranges` are the Range headers it saw. */
async function serve(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dir = await mkdtemp(join(tmpdir(), 'sightline-pull-'));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true });
  });
  const { port } = server.address() as { port: number };
  const url = `http://127.0.0.1:${port}/m.onnx`;
  return { dir, ranges, model: { name: 'm', file: 'm.onnx', sizeBytes: CONTENT.length, sha256, url } };
}

function wholeOrRange(request: IncomingMessage, response: ServerResponse, content = CONTENT): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(start))
    return void response.writeHead(200, { 'content-length': content.length }).end(content);
  if (start >= content.length) return void response.writeHead(416).end();
  response.writeHead(206, {
    'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
    'content-length': content.length - start,
  });
  response.end(content.subarray(start));
}

const failure = (text: RegExp) => (err: unknown) =>
  err instanceof EngineError &&
  err.code === 'MODEL_DOWNLOAD' &&
  text.test(err.message) &&
  !err.message.includes('\n');

describe('pullModel', () => {
  it('downloads, verifies, reports progress, and does nothing the second time', async (t) => {
    const { dir, model, ranges } = await serve(t, wholeOrRange);
    const seen: number[] = [];
    const pulled = await pullModel(model, join(dir, 'new', 'folder'), {
      onProgress: (received, total) => void seen.push(received / total),
    });
    assert.equal(pulled.outcome, 'downloaded');
    assert.deepEqual(await readFile(pulled.path), CONTENT);
    assert.deepEqual(await readdir(join(dir, 'new', 'folder')), ['m.onnx']);
    assert.equal(seen.at(-1), 1);
    assert((await pullModel(model, join(dir, 'new', 'folder'))).outcome === 'present');
    assert.equal(ranges.length, 1);
  });

  it('goes on where a cut connection stopped', async (t) => {
    let first: ServerResponse | undefined;
    const { dir, model, ranges } = await serve(t, (request, response) => {
      if (first) return wholeOrRange(request, response);
      first = response;
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 100_000));
    });
    // cut when something has come through: what is under way when a connection breaks may be lost
    const pulling = pullModel(model, dir, { onProgress: () => first?.destroy() });
    await assert.rejects(pulling, failure(/run the command again/));
    const [name] = await readdir(dir);
    assert.equal(name, PART);
    const have = (await readFile(join(dir, PART))).length;
    assert(have > 0 && have <= 100_000);
    const pulled = await pullModel(model, dir);
    assert.equal(pulled.outcome, 'resumed');
    assert.deepEqual(ranges, [undefined, `bytes=${have}-`]);
    assert.deepEqual(await readFile(pulled.path), CONTENT);
  });

  it('starts afresh where the server knows no ranges', async (t) => {
    const { dir, model } = await serve(t, (_request, response) => void response.end(CONTENT));
    await writeFile(join(dir, PART), CONTENT.subarray(0, 1000));
    assert.equal((await pullModel(model, dir)).outcome, 'downloaded');
  });

  it('starts afresh after 416 and after a range that is not the one asked for', async (t) => {
    for (const status of [416, 206]) {
      const { dir, model, ranges } = await serve(t, (request, response) => {
        if (request.headers.range === undefined) return wholeOrRange(request, response);
        response
          .writeHead(status, { 'content-range': `bytes 0-9/${CONTENT.length}` })
          .end(CONTENT.subarray(0, 10));
      });
      await writeFile(join(dir, PART), CONTENT.subarray(0, 1000));
      assert.deepEqual(await readFile((await pullModel(model, dir)).path), CONTENT);
      assert.equal(ranges.length, 2);
    }
  });

  it('fetches once more when the part does not fit the rest', async (t) => {
    const { dir, model, ranges } = await serve(t, wholeOrRange);
    await writeFile(join(dir, PART), Buffer.alloc(1000, 7)); // of a file that has changed since
    assert.deepEqual(await readFile((await pullModel(model, dir)).path), CONTENT);
    assert.deepEqual(ranges, ['bytes=1000-', undefined]);
  });

  it('verifies a part that is already whole without asking again', async (t) => {
    const { dir, model, ranges } = await serve(t, wholeOrRange);
    await writeFile(join(dir, PART), CONTENT);
    await pullModel(model, dir);
    assert.equal(ranges.length, 0);
  });

  it('throws away what is not the manifest weights, and leaves what was there', async (t) => {
    const other = Buffer.alloc(CONTENT.length, 1);
    const { dir, model } = await serve(t, (request, response) => wholeOrRange(request, response, other));
    await writeFile(join(dir, 'm.onnx'), 'older weights');
    await assert.rejects(pullModel(model, dir), failure(/sha256 [0-9a-f]{64} instead of/));
    assert.deepEqual(await readdir(dir), ['m.onnx']);
    assert.equal(await readFile(join(dir, 'm.onnx'), 'utf8'), 'older weights');
  });

  it('stops a server that sends too much', async (t) => {
    const { dir, model } = await serve(t, (_request, response) => {
      response.writeHead(200);
      const more = (): void =>
        void (response.write(CONTENT) ? setImmediate(more) : response.once('drain', more));
      more();
    });
    await assert.rejects(pullModel(model, dir), failure(/more than the 300000 bytes/));
    assert.equal((await readFile(join(dir, PART))).length, 0);
  });

  it('says what a server answers', async (t) => {
    for (const status of [404, 500]) {
      const { dir, model } = await serve(
        t,
        (_request, response) => void response.writeHead(status).end('no'),
      );
      await assert.rejects(
        pullModel(model, dir),
        failure(new RegExp(`answers ${status}.*put m\\.onnx into`)),
      );
      assert.deepEqual(await readdir(dir), []);
    }
  });

  it('gives up on a server that falls silent, and keeps what came', async (t) => {
    const { dir, model } = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 50_000));
    });
    await assert.rejects(pullModel(model, dir, { stallMs: 300 }), failure(/no data for 0\.3 s/));
    assert.equal((await readFile(join(dir, PART))).length, 50_000);
  });

  it('gives up on a server that never answers', async (t) => {
    const { dir, model } = await serve(t, () => undefined);
    await assert.rejects(pullModel(model, dir, { stallMs: 100 }), failure(/no data for 0\.1 s/));
  });

  it('ends when it is cancelled', async (t) => {
    const stop = new AbortController();
    const { dir, model } = await serve(t, (_request, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 10_000), () => stop.abort());
    });
    await assert.rejects(pullModel(model, dir, { signal: stop.signal }), failure(/cancelled/));
  });

  it('says that nobody is there', async (t) => {
    const { dir, model } = await serve(t, () => undefined);
    const url = 'http://127.0.0.1:1/m.onnx';
    await assert.rejects(pullModel({ ...model, url }, dir), failure(/cannot fetch.*check the connection/));
  });

  it('says that a directory cannot be written', async (t) => {
    const { dir, model } = await serve(t, wholeOrRange);
    await writeFile(join(dir, 'file'), '');
    await assert.rejects(pullModel(model, join(dir, 'file', 'x')), { code: 'DATA_NOT_WRITABLE' });
  });
});
