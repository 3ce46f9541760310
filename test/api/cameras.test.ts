import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Value } from 'typebox/value';
import { resolvedAnalytics } from '../../src/analytics.ts';
import { CameraAnswer } from '../../src/api/cameras.ts';
import type { CameraStatus } from '../../src/camera.ts';
import { GATE, startApi } from './support.ts';

const STATUS: CameraStatus = {
  cameraId: 'gate',
  revisionAtMs: 0,
  state: 'live',
  sinceMs: 1,
  reason: null,
  nextTryAtMs: null,
  attempts: 0,
  width: 1280,
  height: 720,
  codec: 'h264',
  fps: { received: 25, damaged: 0, decoded: 25, analysed: 5, dropped: { sampled: 20 } },
  frames: { received: 100, damaged: 0, decoded: 100, analysed: 20, dropped: { sampled: 80 } },
  latencyMs: { p50: 40, p95: 90 },
  analysis: {
    model: 'yolox-nano',
    state: 'running',
    problem: null,
    inEffect: null,
    motionGate: { state: 'off', sinceMs: 1, skipped: 0, withheld: 0 },
  },
  lastError: null,
};

describe('cameras over HTTP', () => {
  it('creates, shows, changes and removes a camera', async (t) => {
    const { call } = await startApi(t, { statusOf: (id) => (id === 'gate' ? STATUS : undefined) });
    const created = await call('POST', '/api/v1/cameras', { ...GATE, tags: ['a'] });
    assert.equal(created.statusCode, 201, created.body);
    assert.equal(created.headers.location, '/api/v1/cameras/gate');
    const camera = created.json();
    assert(Value.Check(CameraAnswer, camera), JSON.stringify(Value.Errors(CameraAnswer, camera)));
    assert.deepEqual(camera.source, {
      kind: 'rtsp',
      url: 'rtsp://10.0.0.7:554/stream?channel=1&pass=***',
      transport: 'tcp',
      hasCredentials: true,
    });
    assert.deepEqual(camera.status, STATUS);
    assert.deepEqual((await call('GET', '/api/v1/cameras/gate')).json(), camera);
    assert.deepEqual((await call('GET', '/api/v1/cameras')).json(), { cameras: [camera] });
    assert.deepEqual((await call('GET', '/api/v1/cameras/gate/status')).json(), STATUS);

    const changed = await call('PATCH', '/api/v1/cameras/gate', { analytics: { fps: 0 }, tags: null });
    assert.equal(changed.statusCode, 200, changed.body);
    assert.deepEqual(changed.json().analytics, resolvedAnalytics({ fps: 0 }, true));
    assert.deepEqual(changed.json().tags, []);

    const removed = await call('DELETE', '/api/v1/cameras/gate');
    assert.deepEqual([removed.statusCode, removed.body], [204, '']);
    const gone = await call('GET', '/api/v1/cameras/gate');
    assert.deepEqual([gone.statusCode, gone.json().code], [404, 'CAMERA_NOT_FOUND']);
  });

  it('changes each part of the analysis by itself, and gives a tracker only its own settings', async (t) => {
    const { call } = await startApi(t);
    const analytics = {
      classes: ['person', 'car'],
      thresholds: { person: 0.5, car: 0.6 },
      priority: 10,
      tracker: { name: 'bytetrack', lostForSeconds: 3 },
      motionGate: false,
    };
    const created = await call('POST', '/api/v1/cameras', { ...GATE, analytics });
    assert.equal(created.statusCode, 201, created.body);
    const shown = created.json().analytics;
    assert.deepEqual(
      [shown.classes, shown.thresholds, shown.priority],
      [['person', 'car'], analytics.thresholds, 10],
    );
    assert.deepEqual([shown.tracker.lostForSeconds, shown.tracker.matchThreshold], [3, 0.8]);
    assert.deepEqual(shown.motionGate, { enabled: false, heartbeatSeconds: 2 });

    const patch = {
      thresholds: { car: null, bus: 0.4 },
      tracker: { name: 'sort' },
      motionGate: { heartbeatSeconds: 1 },
    };
    const changed = (await call('PATCH', '/api/v1/cameras/gate', { analytics: patch })).json().analytics;
    assert.deepEqual(changed.thresholds, { person: 0.5, bus: 0.4 });
    assert.deepEqual([changed.tracker.name, changed.tracker.matchThreshold], ['sort', undefined]);
    assert.deepEqual(changed.motionGate, { enabled: true, heartbeatSeconds: 1 });
    assert.deepEqual(changed.classes, ['person', 'car']);
  });

  it('names every setting of the analysis that cannot be, with the nearest that can', async (t) => {
    const { call } = await startApi(t);
    const analytics = {
      thresholds: { person: 2 },
      priority: 11,
      tracker: { name: 'bytetrack', lostFor: 3 },
      motionGate: { heartbeatSeconds: 0 },
    };
    const refused = await call('POST', '/api/v1/cameras', { ...GATE, analytics });
    assert.equal(refused.statusCode, 400, refused.body);
    assert.deepEqual(
      refused
        .json()
        .errors.map(({ path }: { path: string }) => path)
        .sort(),
      [
        'analytics.motionGate.heartbeatSeconds',
        'analytics.priority',
        'analytics.thresholds.person',
        'analytics.tracker.lostFor',
      ],
    );
    const unknown = await call('POST', '/api/v1/cameras', {
      ...GATE,
      analytics: { classes: ['persn'], thresholds: { kar: 0.5 } },
    });
    assert.equal(unknown.statusCode, 400, unknown.body);
    const [first, second] = unknown.json().errors;
    assert.deepEqual([first.path, second.path], ['analytics.classes[0]', 'analytics.thresholds.kar']);
    assert.match(first.message, /did you mean "person"/);
    await call('POST', '/api/v1/cameras', GATE);
    const patched = await call('PATCH', '/api/v1/cameras/gate', { analytics: { ...analytics, fps: 0.01 } });
    assert.equal(patched.statusCode, 400, patched.body);
    const messages = new Map(
      patched.json().errors.map(({ path, message }: { path: string; message: string }) => [path, message]),
    );
    assert.match(String(messages.get('analytics.tracker.lostFor')), /did you mean lostForSeconds/);
    assert.match(String(messages.get('analytics.thresholds.person')), /a number from 0.1 to 1, got 2/);
    assert.match(String(messages.get('analytics.motionGate.heartbeatSeconds')), /from 0.2 to 60, got 0/);
    assert.match(
      String(messages.get('analytics.fps')),
      /expected 0 or a number from 0.1 to 120 or null, got 0.01/,
    );
    const unheard = { analytics: { tracker: { name: 'kalman' } } };
    const named = (await call('PATCH', '/api/v1/cameras/gate', unheard)).json().errors;
    assert.deepEqual(named, [
      {
        path: 'analytics.tracker.name',
        message: 'expected sightline or sort or bytetrack or ocsort or deepsort or botsort, got "kalman"',
      },
    ]);
    const later = await call('PATCH', '/api/v1/cameras/gate', { analytics: { classes: ['unicorn'] } });
    assert.deepEqual([later.statusCode, later.json().errors[0].path], [400, 'analytics.classes[0]']);
  });

  it('takes back what it showed, and keeps the credentials', async (t) => {
    const { call, cameras } = await startApi(t, { statusOf: () => STATUS });
    const shown = (await call('POST', '/api/v1/cameras', GATE)).json();
    const answer = await call('PATCH', '/api/v1/cameras/gate', { ...shown, name: 'Gate' });
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json().name, 'Gate');
    assert.deepEqual(cameras.get('gate')?.source, { ...GATE.source, transport: 'tcp' });
  });

  it('shows no password in any answer or log line, whatever goes wrong', async (t) => {
    const { call, lines } = await startApi(t);
    const answers = [
      await call('POST', '/api/v1/cameras', GATE),
      await call('POST', '/api/v1/cameras', GATE),
      await call('POST', '/api/v1/cameras', GATE, { 'idempotency-key': 'k' }),
      await call('POST', '/api/v1/cameras', { ...GATE, id: 'a' }, { 'idempotency-key': 'k' }),
      await call('POST', '/api/v1/cameras', { ...GATE, id: 'Bad Id' }),
      await call('POST', '/api/v1/cameras', {
        id: 'b',
        source: { kind: 'rtsp', url: 'http://user:p%40ss@x' },
      }),
      await call('POST', '/api/v1/cameras', {
        id: 'b',
        source: { kind: 'rtsp', url: 'rtsp://user:p%40ss@' },
      }),
      await call('POST', '/api/v1/cameras', { id: 'b', source: 'rtsp://user:p%40ss@x/y' }),
      await call('POST', '/api/v1/cameras', { id: 'b', 'rtsp://user:p%40ss@x/y': 1, source: GATE.source }),
      await call('PATCH', '/api/v1/cameras/gate', { source: GATE.source, name: 7 }),
      await call('PATCH', '/api/v1/cameras/gate', { source: GATE.source }),
      await call('GET', '/api/v1/cameras'),
      await call('GET', `/api/v1/cameras/${encodeURIComponent('rtsp://user:p%40ss@x')}`),
      await call('GET', '/api/v1/cameras?url=rtsp://user:p%40ss@x'),
    ];
    for (const { body } of answers) assert(!body.includes('p%40ss'), body);
    assert(!lines.join('').includes('p%40ss'), lines.join(''));
    assert(lines.length >= answers.length);
  });

  it('hides what makers call a password, in answers, log lines and on the disk, and keeps it through an edit', async (t) => {
    const { call, cameras, dir, lines } = await startApi(t);
    const parameters = [
      '?apikey=s3cr3t',
      '?access_token=s3cr3t',
      '?authbasic=czNjcjN0',
      '?key=s3cr3t',
      '?channel=1&sig=s3cr3t',
      '?loginuse=admin&loginpass=s3cr3t',
      '?userpwd=s3cr3t',
      '?channel=1_password=s3cr3t',
      '?czNjcjN0OnMzY3IzdA==',
      'user=admin_password=s3cr3t_channel=1_stream=0.sdp',
      'user=admin&password=s3cr3t&channel=1',
      ';pw=s3cr3t',
    ];
    const bodies: string[] = [];
    for (const [n, text] of parameters.entries()) {
      const id = `c${n}`;
      const source = { kind: 'rtsp', url: `rtsp://10.0.0.7/x/${text}`, transport: 'tcp' } as const;
      const created = await call('POST', '/api/v1/cameras', { id, source }, { 'idempotency-key': id });
      const shown = created.json();
      assert.deepEqual([created.statusCode, shown.source.hasCredentials], [201, true], created.body);
      const edited = await call('PATCH', `/api/v1/cameras/${id}`, { ...shown, name: 'Edited' });
      assert.equal(edited.statusCode, 200, edited.body);
      assert.deepEqual(cameras.get(id)?.source, source, 'the stored URL is kept');
      const double = await call('POST', '/api/v1/cameras', { id, source });
      bodies.push(created.body, edited.body, double.body);
    }
    bodies.push((await call('GET', '/api/v1/cameras')).body);
    for (const name of readdirSync(dir)) {
      const path = join(dir, name);
      if (statSync(path).isFile()) bodies.push(readFileSync(path, 'latin1'));
    }
    assert(bodies.some((text) => text.startsWith('SQLite format 3')));
    for (const text of [...bodies, ...lines]) assert(!/s3cr3t|czNjcjN0/.test(text), text.slice(0, 1000));
  });

  it('takes no *** for a value, unless the URL is the one it showed', async (t) => {
    const { call, cameras } = await startApi(t);
    await call('POST', '/api/v1/cameras', GATE);
    const url = 'rtsp://10.0.0.66:554/stream?channel=1&pass=***';
    const answer = await call('PATCH', '/api/v1/cameras/gate', { source: { kind: 'rtsp', url } });
    assert.deepEqual([answer.statusCode, answer.json().field], [400, 'source.url'], answer.body);
    assert.match(answer.json().detail, /not shown: write it out/);
    assert.deepEqual(cameras.get('gate')?.source, { ...GATE.source, transport: 'tcp' });
  });

  it('needs no key for a URL that only chooses a picture', async (t) => {
    const { call } = await startApi(t);
    const url = 'rtsp://10.0.0.7/cam/realmonitor?channel=1&subtype=0';
    const { source } = (
      await call('POST', '/api/v1/cameras', { id: 'a', source: { kind: 'rtsp', url } })
    ).json();
    assert.deepEqual(source, { kind: 'rtsp', url, transport: 'tcp', hasCredentials: false });
  });

  it('pages by cursor, in a stable order', async (t) => {
    const { call } = await startApi(t);
    const ids = ['a', 'b-1', 'b1', 'c', 'd'];
    for (const id of [...ids].reverse()) await call('POST', '/api/v1/cameras', { ...GATE, id });
    const seen: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = (await call('GET', `/api/v1/cameras?limit=2${cursor ? `&cursor=${cursor}` : ''}`)).json();
      seen.push(...page.cameras.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor;
      pages++;
      if (pages === 1) await call('DELETE', '/api/v1/cameras/b-1'); // the cursor's own camera goes
    } while (cursor !== undefined);
    assert.deepEqual([seen, pages], [ids, 3]);
    for (const query of ['limit=0', 'limit=x', 'limit=1001', 'cursor=%00', 'cursor=Li4v', 'limt=2']) {
      const { statusCode, body } = await call('GET', `/api/v1/cameras?${query}`);
      assert.deepEqual([statusCode, JSON.parse(body).code], [400, 'VALIDATION'], query);
    }
  });

  it('creates once for one Idempotency-Key', async (t) => {
    const { call, cameras } = await startApi(t);
    const key = { 'idempotency-key': 'abc' };
    const first = await call('POST', '/api/v1/cameras', GATE, key);
    const second = await call('POST', '/api/v1/cameras', GATE, key);
    assert.deepEqual([first.statusCode, second.statusCode], [201, 201]);
    assert.equal(second.headers['idempotency-replayed'], 'true');
    assert.deepEqual(second.json(), first.json());
    assert.equal(cameras.list().length, 1);
    const other = await call('POST', '/api/v1/cameras', { ...GATE, id: 'other' }, key);
    assert.deepEqual([other.statusCode, other.json().code], [422, 'IDEMPOTENCY_KEY_REUSED']);
    const again = await call('POST', '/api/v1/cameras', GATE);
    assert.deepEqual([again.statusCode, again.json().code], [409, 'CAMERA_EXISTS']);
  });

  it('leaves cameras of the configuration to the configuration', async (t) => {
    const { call, cameras } = await startApi(t);
    cameras.syncFromConfig([GATE]);
    for (const method of ['PATCH', 'DELETE'] as const) {
      const answer = await call(
        method,
        '/api/v1/cameras/gate',
        method === 'PATCH' ? { name: 'x' } : undefined,
      );
      assert.deepEqual([answer.statusCode, answer.json().code], [409, 'CAMERA_MANAGED_BY_CONFIG']);
    }
    assert.equal((await call('GET', '/api/v1/cameras/gate')).json().managedBy, 'config');
  });

  it('lists every mistake with its path', async (t) => {
    const { call } = await startApi(t);
    const answer = await call('POST', '/api/v1/cameras', {
      id: 'UPPER',
      nam: 'x',
      source: { kind: 'rtsp', url: 'rtsp://h/x', transport: 'sctp' },
      analytics: { fps: '5', confidence: 2 },
      tags: 'a',
    });
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
    const { errors, field, code, type, title, status } = answer.json();
    assert.deepEqual(errors.map(({ path }: { path: string }) => path).sort(), [
      'analytics.confidence',
      'analytics.fps',
      'id',
      'nam',
      'source.transport',
      'tags',
    ]);
    assert.deepEqual([field, code, title, status], ['id', 'VALIDATION', 'Validation', 400]);
    assert.equal(type, 'urn:sightline:problem:validation');
  });

  const hostile: [string, object][] = [
    ['a path out of the roots', { id: 'a', source: { kind: 'file', path: '../../../../etc/passwd' } }],
    ['an absolute path', { id: 'a', source: { kind: 'file', path: '/etc/shadow' } }],
    ['a protocol', { id: 'a', source: { kind: 'file', path: 'concat:/etc/passwd|/etc/hosts' } }],
    ['a URL as a file', { id: 'a', source: { kind: 'file', path: 'http://169.254.169.254/latest' } }],
    ['a zero byte', { id: 'a', source: { kind: 'file', path: 'a.mp4\0' } }],
    ['no host', { id: 'a', source: { kind: 'rtsp', url: 'rtsp:///x' } }],
    ['a header in the URL', { id: 'a', source: { kind: 'rtsp', url: 'rtsp://h/x\r\nA: b' } }],
    ['an id that is a path', { ...GATE, id: '../x' }],
    ['an id that is too long', { ...GATE, id: 'a'.repeat(64) }],
    ['an id that ends in a hyphen', { ...GATE, id: 'a-' }],
    ['two sources in one', { id: 'a', source: { kind: 'rtsp', url: 'rtsp://h/x', path: '/etc/passwd' } }],
    ['a list', []],
    ['an endless name', { ...GATE, name: 'x'.repeat(129) }],
    ['33 tags', { ...GATE, tags: Array(33).fill('x') }],
    ['read-only fields', { ...GATE, managedBy: 'config' }],
  ];
  for (const [what, body] of hostile) {
    it(`refuses ${what}`, async (t) => {
      const { call, cameras } = await startApi(t);
      const answer = await call('POST', '/api/v1/cameras', body);
      assert.deepEqual([answer.statusCode, answer.json().code], [400, 'VALIDATION'], answer.body);
      assert.equal(cameras.list().length, 0);
    });
  }

  it('gives the newest picture, or says why there is none', async (t) => {
    const signals: AbortSignal[] = [];
    const { call } = await startApi(t, {
      snapshot: async (_id, signal) => {
        signals.push(signal);
        return Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
      },
    });
    const missing = await call('GET', '/api/v1/cameras/gate/snapshot.jpg');
    assert.deepEqual([missing.statusCode, missing.json().code, signals.length], [404, 'CAMERA_NOT_FOUND', 0]);
    await call('POST', '/api/v1/cameras', GATE);
    const picture = await call('GET', '/api/v1/cameras/gate/snapshot.jpg');
    assert.equal(picture.headers['content-type'], 'image/jpeg');
    assert.equal(picture.headers['cache-control'], 'no-store');
    assert.deepEqual([...picture.rawPayload], [0xff, 0xd8, 0xff, 0xd9]);
    const early = await call('GET', '/api/v1/cameras/gate/status');
    assert.deepEqual([early.statusCode, early.json().code], [503, 'VISION_UNAVAILABLE']);
  });

  it('shows a camera whose credentials cannot be read as stopped, with the remedy', async (t) => {
    const { call, cameras } = await startApi(t, { statusOf: () => STATUS });
    cameras.create(GATE);
    const problem = { code: 'SECRET_UNREADABLE', message: 'set the URL again', atMs: 5 };
    cameras.problemOf = () => problem;
    const { status } = (await call('GET', '/api/v1/cameras/gate')).json();
    assert.deepEqual([status.state, status.reason], ['stopped', problem]);
  });
});
