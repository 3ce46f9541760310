import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import { resolvedAnalytics } from '../../src/analytics.ts';
import type { Camera, CameraInput } from '../../src/camera.ts';
import { EngineError } from '../../src/errors.ts';
import { type CameraChange, MAX_CAMERAS, openCameraRegistry } from '../../src/registry/camera-registry.ts';
import { openSecrets } from '../../src/registry/secrets.ts';

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-registry-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

function opened(t: TestContext, dir = folder(t), options: { defaultModel?: string } = {}) {
  const clock = {
    nowMs: 1_000,
    now: () => clock.nowMs,
    elapsed: () => clock.nowMs,
    sleep: async () => undefined,
  };
  const registry = openCameraRegistry({
    path: join(dir, 'registry.db'),
    secrets: openSecrets(join(dir, 'secret.key')),
    clock,
    files: { roots: [dir], closed: [] },
    busyMs: 50,
    ...options,
  });
  let open = true;
  const close = (): void => {
    if (open) registry.close();
    open = false;
  };
  t.after(close);
  return { dir, clock, registry, close };
}

const URL_WITH_PASSWORD = 'rtsp://viewer:s3cr3t-p%40ss@10.0.0.7/a?password=0ther-s3cr3t';
const GATE: CameraInput = { id: 'gate', source: { kind: 'rtsp', url: URL_WITH_PASSWORD } };
const urlOf = (camera: Camera | undefined) =>
  camera?.source.kind === 'rtsp' ? camera.source.url : undefined;
const coded = (code: string) => (err: unknown) => err instanceof EngineError && err.code === code;

describe('the camera registry', () => {
  it('fills in defaults, lists by id and survives a restart', (t) => {
    const { registry, close, dir } = opened(t);
    registry.create({ id: 'yard', source: { kind: 'file', path: 'yard.mp4', loop: true }, tags: ['a'] });
    const gate = registry.create(GATE);
    assert.deepEqual(gate, {
      id: 'gate',
      name: 'gate',
      enabled: true,
      source: { kind: 'rtsp', url: URL_WITH_PASSWORD, transport: 'tcp' },
      analytics: resolvedAnalytics(undefined, true),
      tags: [],
      managedBy: 'api',
      createdAtMs: 1000,
      updatedAtMs: 1000,
      revisionAtMs: 1000,
      playedOut: false,
    });
    const before = registry.list();
    assert.deepEqual(
      before.map(({ id }) => id),
      ['gate', 'yard'],
    );
    close();
    assert.deepEqual(opened(t, dir).registry.list(), before);
  });

  it('keeps no password readable on the disk', (t) => {
    const { registry, dir, close } = opened(t);
    registry.createOnce([GATE], { key: 'k', request: JSON.stringify(GATE), answer: () => 'x' });
    for (const stage of ['open', 'closed']) {
      for (const name of readdirSync(dir)) {
        const text = readFileSync(join(dir, name), 'latin1');
        for (const secret of ['s3cr3t', 'viewer', '0ther'])
          assert(!text.includes(secret), `${secret} in ${name}, ${stage}`);
      }
      close();
    }
    assert.equal(statSync(join(dir, 'secret.key')).mode & 0o777, 0o600);
  });

  it('refuses a double id, an invalid camera and one too many', (t) => {
    const { registry } = opened(t);
    registry.create(GATE);
    assert.throws(() => registry.create(GATE), coded('CAMERA_EXISTS'));
    assert.throws(() => registry.create({ ...GATE, id: 'Gate' }), coded('VALIDATION'));
    assert.throws(
      () => registry.create({ id: 'x', source: { kind: 'file', path: '/etc/passwd' } }),
      coded('VALIDATION'),
    );
    registry.syncFromConfig(Array.from({ length: MAX_CAMERAS - 1 }, (_, n) => ({ ...GATE, id: `c${n}` })));
    assert.equal(registry.list().length, MAX_CAMERAS);
    assert.throws(() => registry.create({ ...GATE, id: 'last' }), coded('CAMERA_LIMIT'));
  });

  it('merges a patch, replaces a source whole, and restores defaults by null', (t) => {
    const { registry, clock } = opened(t);
    registry.create({ ...GATE, name: 'Gate', analytics: { fps: 10, confidence: 0.5 }, tags: ['a', 'b'] });
    clock.nowMs = 2000;
    const merged = registry.update('gate', { analytics: { fps: 0 }, tags: ['c'], name: null });
    assert.deepEqual(merged.analytics, resolvedAnalytics({ fps: 0, confidence: 0.5 }, true));
    assert.deepEqual(
      [merged.name, merged.tags, merged.createdAtMs, merged.updatedAtMs],
      ['gate', ['c'], 1000, 2000],
    );
    assert.deepEqual(registry.update('gate', { analytics: null, enabled: false }).analytics.confidence, 0.3);
    assert.equal(registry.get('gate')?.enabled, false);
    assert.deepEqual(
      registry.update('gate', { source: { kind: 'file', path: 'a.mp4' } }).source.kind,
      'file',
    );
    for (const bad of [
      { id: 'other' },
      { nmae: 'x' },
      { source: { url: 'rtsp://h' } },
      { analytics: { fps: -1 } },
      [],
      'x',
    ]) {
      assert.throws(() => registry.update('gate', bad), coded('VALIDATION'), JSON.stringify(bad));
    }
    assert.throws(() => registry.update('none', {}), coded('CAMERA_NOT_FOUND'));
  });

  it('keeps the stored credentials when the URL comes back as it was shown, and only then', (t) => {
    const { registry } = opened(t);
    registry.create(GATE);
    const shown = 'rtsp://10.0.0.7/a?password=***';
    const url = (source: object): string =>
      (registry.update('gate', { source }).source as { url: string }).url;
    assert.equal(
      url({ kind: 'rtsp', url: shown, transport: 'udp', hasCredentials: true }),
      URL_WITH_PASSWORD,
    );
    assert.equal(url({ kind: 'rtsp', url: 'rtsp://10.0.0.66/a' }), 'rtsp://10.0.0.66/a');
  });

  it('drops credentials when the URL is given with an empty user', (t) => {
    const { registry } = opened(t);
    registry.create({ id: 'a', source: { kind: 'rtsp', url: 'rtsp://u:p@h/x' } });
    registry.update('a', { source: { kind: 'rtsp', url: 'rtsp://@h/x' } });
    assert.deepEqual(registry.get('a')?.source, { kind: 'rtsp', url: 'rtsp://h/x', transport: 'tcp' });
  });

  it('makes the cameras of the configuration exactly what the file says', (t) => {
    const { registry, dir, close, clock } = opened(t);
    const changes: CameraChange[] = [];
    registry.onChange((change) => void changes.push(change));
    registry.create({ ...GATE, id: 'mine' });
    registry.create({ ...GATE, id: 'taken' });
    assert.deepEqual(registry.syncFromConfig([GATE, { ...GATE, id: 'taken' }]), {
      put: ['gate', 'taken'],
      removed: [],
    });
    assert.equal(registry.get('taken')?.managedBy, 'config');
    assert.throws(() => registry.update('gate', { name: 'x' }), coded('CAMERA_MANAGED_BY_CONFIG'));
    assert.throws(() => registry.remove('gate'), coded('CAMERA_MANAGED_BY_CONFIG'));
    close();

    const again = opened(t, dir).registry;
    assert.deepEqual(again.syncFromConfig([GATE, { ...GATE, id: 'taken' }]), { put: [], removed: [] });
    const next = again.syncFromConfig([{ ...GATE, name: 'Gate' }]);
    assert.deepEqual(next, { put: ['gate'], removed: ['taken'] });
    assert.equal(again.get('gate')?.createdAtMs, clock.nowMs);
    assert.deepEqual(
      again.list().map(({ id }) => id),
      ['gate', 'mine'],
    );
  });

  it('gives a new revision to what starts the stream anew, and to nothing else', (t) => {
    const { registry, clock } = opened(t);
    let last = registry.create(GATE).revisionAtMs;
    for (const [patch, anew] of [
      [{ name: 'Main gate' }, false],
      [{ tags: ['a'] }, false],
      [{ enabled: true }, false],
      [{ analytics: { fps: 5 } }, false],
      [{ analytics: { fps: 10 } }, true],
      [{ enabled: false }, true],
      [{ enabled: true }, true],
      [{ source: { kind: 'rtsp', url: 'rtsp://10.0.0.8/a' } }, true],
    ] as const) {
      clock.nowMs += 1;
      const { revisionAtMs } = registry.update('gate', patch);
      assert.equal(revisionAtMs > last, anew, JSON.stringify(patch));
      last = revisionAtMs;
    }
  });

  it('remembers that a file was played to its end, until it is started anew', (t) => {
    const { registry, close, dir } = opened(t);
    const { revisionAtMs } = registry.create({ id: 'clip', source: { kind: 'file', path: 'clip.mp4' } });
    registry.markPlayedOut('clip', revisionAtMs - 1); // an earlier revision's end says nothing of this one
    assert.equal(registry.get('clip')?.playedOut, false);
    registry.markPlayedOut('clip', revisionAtMs);
    close();
    const again = opened(t, dir).registry;
    assert.equal(again.get('clip')?.playedOut, true);
    assert.equal(again.update('clip', { name: 'Clip' }).playedOut, true);
    again.update('clip', { enabled: false });
    assert.equal(again.update('clip', { enabled: true }).playedOut, false);
  });

  it('tells every change after it is made, until nobody listens', (t) => {
    const { registry } = opened(t);
    const seen: string[] = [];
    const stop = registry.onChange((change) => {
      const id = change.type === 'put' ? change.camera.id : change.cameraId;
      seen.push(`${change.type} ${id} ${registry.get(id)?.name ?? 'gone'}`);
    });
    registry.create(GATE);
    registry.update('gate', { name: 'Gate' });
    registry.remove('gate');
    stop();
    registry.create(GATE);
    assert.deepEqual(seen, ['put gate gate', 'put gate Gate', 'remove gate gone']);
  });

  it('answers a repeated request with its first answer for 24 hours, over restarts', (t) => {
    const { registry, clock, dir, close } = opened(t);
    const once = { key: 'k1', request: 'body', answer: () => `made at ${clock.nowMs}` };
    assert.deepEqual(registry.createOnce([GATE], once), { answer: 'made at 1000', repeated: false });
    clock.nowMs += 60_000;
    assert.deepEqual(registry.createOnce([GATE], once), { answer: 'made at 1000', repeated: true });
    assert.throws(
      () => registry.createOnce([GATE], { ...once, request: 'other' }),
      coded('IDEMPOTENCY_KEY_REUSED'),
    );
    close();
    const later = opened(t, dir);
    assert.equal(later.registry.createOnce([GATE], once).repeated, true);
    later.clock.nowMs = 1000 + 24 * 3600 * 1000;
    assert.throws(() => later.registry.createOnce([GATE], once), coded('CAMERA_EXISTS'));
  });

  it('adds several cameras or none, and removes those of a tag', (t) => {
    const { registry } = opened(t);
    const demo = (id: string): CameraInput => ({ id, source: { kind: 'demo' }, tags: ['load'] });
    const seen: string[] = [];
    registry.create(demo('b'));
    registry.onChange(
      (change) => void seen.push(change.type === 'put' ? change.camera.id : `-${change.cameraId}`),
    );
    assert.throws(() => registry.createAll([demo('a'), demo('b')]), coded('CAMERA_EXISTS'));
    assert.deepEqual([registry.list().length, seen], [1, []]);
    assert.deepEqual(
      registry.createAll([demo('a'), demo('c')]).map(({ id, source }) => [id, source]),
      ['a', 'c'].map((id) => [id, { kind: 'demo', clip: 'junction', decode: 'each' }]),
    );
    registry.create(GATE);
    assert.deepEqual(registry.removeTagged('load'), ['a', 'b', 'c']);
    assert.deepEqual(registry.removeTagged('load'), []);
    assert.deepEqual(seen, ['a', 'c', 'gate', '-a', '-b', '-c']);
    registry.syncFromConfig([demo('mine')]);
    registry.create(demo('a'));
    assert.throws(() => registry.removeTagged('load'), coded('CAMERA_MANAGED_BY_CONFIG'));
    assert.equal(registry.list().length, 3);
  });

  it('gives the default model to who names none', (t) => {
    const { registry, dir, close } = opened(t);
    assert.equal(registry.defaultModel, 'yolox-nano');
    registry.create({ id: 'usual', source: { kind: 'demo' } });
    registry.create({ id: 'named', source: { kind: 'demo' }, analytics: { model: 'yolox-nano' } });
    close();
    const again = opened(t, dir, { defaultModel: 'sightline-street' });
    assert.deepEqual(
      again.registry.list().map(({ id, analytics }) => [id, analytics.model]),
      [
        ['named', 'yolox-nano'],
        ['usual', 'sightline-street'],
      ],
    );
  });

  describe('that begins', () => {
    const BEGINNING = ['a', 'b', 'c'].map((id): CameraInput => ({ id, source: { kind: 'demo' } }));
    const ids = (registry: { list(): Camera[] }) => registry.list().map(({ id }) => id);

    it('is given its first cameras once, and those that were removed stay away', (t) => {
      const { registry, dir, close } = opened(t);
      const seen: string[] = [];
      registry.onChange((change) => void seen.push(change.type));
      assert.deepEqual(
        registry.begin(BEGINNING).map(({ id }) => id),
        ['a', 'b', 'c'],
      );
      assert.deepEqual(seen, ['put', 'put', 'put']);
      assert.deepEqual(registry.begin(BEGINNING), []);
      registry.remove('b');
      close();
      const again = opened(t, dir);
      assert.deepEqual(again.registry.begin(BEGINNING), []);
      assert.deepEqual(ids(again.registry), ['a', 'c']);
      for (const id of ['a', 'c']) again.registry.remove(id);
      again.close();
      assert.deepEqual(opened(t, dir).registry.begin(BEGINNING), []);
    });

    it('with none at all never gets them later', (t) => {
      const { registry, dir, close } = opened(t);
      registry.begin([]);
      close();
      assert.deepEqual(opened(t, dir).registry.begin(BEGINNING), []);
    });

    it('leaves the configuration its ids and its room', (t) => {
      const { registry } = opened(t);
      registry.syncFromConfig(
        Array.from({ length: MAX_CAMERAS - 1 }, (_, n) => ({ ...GATE, id: n === 0 ? 'a' : `c${n}` })),
      );
      assert.deepEqual(
        registry.begin(BEGINNING).map(({ id }) => id),
        ['b'],
      );
      assert.equal(registry.get('a')?.managedBy, 'config');
    });

    it('begins with the cameras of the configuration alone, where those are more than the API would take', (t) => {
      const { registry, dir, close } = opened(t);
      const many = Array.from({ length: MAX_CAMERAS + 1 }, (_, n) => ({ ...GATE, id: `c${n}` }));
      registry.syncFromConfig(many);
      assert.deepEqual(registry.begin(BEGINNING), []);
      close();
      const again = opened(t, dir).registry;
      again.syncFromConfig([]);
      assert.deepEqual(again.begin(BEGINNING), []);
    });

    it('has not begun while one of its cameras is refused', (t) => {
      const { registry } = opened(t);
      assert.throws(() => registry.begin([...BEGINNING, { ...GATE, id: '-' }]), coded('VALIDATION'));
      assert.deepEqual(ids(registry), []);
      assert.equal(registry.begin(BEGINNING).length, 3);
    });

    for (const [moment, killAt, there] of [
      ['when the database is made', 'made', []],
      ['before the second of its cameras', 'second', []],
      ['when it has begun', 'begun', ['a', 'b', 'c']],
    ] as const) {
      it(`has its first cameras once, whenever it is killed: ${moment}`, (t) => {
        const dir = folder(t);
        const script = `
          const { openCameraRegistry } = await import('${new URL('../../src/registry/camera-registry.ts', import.meta.url)}');
          const { openSecrets } = await import('${new URL('../../src/registry/secrets.ts', import.meta.url)}');
          const die = (moment) => { if (moment === '${killAt}') process.kill(process.pid, 'SIGKILL'); };
          let written = 0; // each camera that is written asks for the time
          const registry = openCameraRegistry({
            path: '${join(dir, 'registry.db')}', secrets: openSecrets('${join(dir, 'secret.key')}'),
            clock: { now: () => { if (++written === 2) die('second'); return 0; } }, files: { roots: [], closed: [] },
          });
          die('made');
          registry.begin(${JSON.stringify(BEGINNING)});
          die('begun');`;
        const child = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
        assert.equal(child.signal, 'SIGKILL');
        const { registry, close } = opened(t, dir);
        assert.deepEqual(ids(registry), there);
        registry.begin(BEGINNING);
        assert.deepEqual(ids(registry), ['a', 'b', 'c']);
        registry.remove('a');
        close();
        const again = opened(t, dir).registry;
        again.begin(BEGINNING);
        assert.deepEqual(ids(again), ['b', 'c']);
      });
    }

    it('began long ago where version 0.1.0 made the database, which marked it at once', (t) => {
      const dir = folder(t);
      const old = new DatabaseSync(join(dir, 'registry.db'));
      old.exec(`
        create table cameras (id text primary key, declaration text not null, sealed_url blob,
          managed_by text not null, created_at_ms integer not null, updated_at_ms integer not null,
          revision_at_ms integer not null, played_out integer not null) strict, without rowid;
        create table idempotency (key text primary key, request text not null, answer text not null,
          created_at_ms integer not null) strict, without rowid;
        insert into cameras values ('b', '{"id":"b","source":{"kind":"demo"}}', null, 'api', 1, 1, 1, 0);
        pragma user_version = 1;`);
      old.close();
      const { registry } = opened(t, dir);
      assert.deepEqual(registry.begin(BEGINNING), []);
      assert.deepEqual(ids(registry), ['b']);
    });
  });

  it('remembers no answer of a request that failed', (t) => {
    const { registry } = opened(t);
    const once = { key: 'k', request: 'r', answer: () => 'a' };
    assert.throws(() => registry.createOnce([{ ...GATE, id: '-' }], once), coded('VALIDATION'));
    assert.equal(registry.createOnce([GATE], once).repeated, false);
  });

  for (const [what, spoil] of [
    ['lost', (path: string) => rmSync(path)],
    [
      'of another installation',
      (path: string) => writeFileSync(path, Buffer.alloc(32, 7).toString('base64')),
    ],
    ['garbage', (path: string) => writeFileSync(path, 'not a key')],
  ] as const) {
    it(`with a key that is ${what}, stops only the cameras with credentials and says what to do`, (t) => {
      const { registry, dir, close } = opened(t);
      registry.create(GATE);
      registry.create({ id: 'open', source: { kind: 'rtsp', url: 'rtsp://h/x' } });
      close();
      const key = join(dir, 'secret.key');
      const saved = readFileSync(key);
      spoil(key);
      const { registry: after, close: closeAfter } = opened(t, dir);
      assert.equal(after.problemOf('open'), undefined);
      assert.match(after.problemOf('gate')!.message, /camera gate.*secret\.key.*source URL again/);
      assert.equal(after.get('gate')?.enabled, false);
      assert.equal(urlOf(after.get('gate')), 'rtsp://10.0.0.7/a?password=***');

      // another change must not lose what the right key could still read
      after.update('gate', { name: 'Renamed' });
      assert.notEqual(after.problemOf('gate'), undefined);
      closeAfter();
      writeFileSync(key, saved);
      const { registry: restored } = opened(t, dir);
      assert.equal(urlOf(restored.get('gate')), URL_WITH_PASSWORD);
      assert.equal(restored.get('gate')?.name, 'Renamed');
      assert.equal(restored.get('gate')?.enabled, true);
    });
  }

  it('takes new credentials in place of unreadable ones', (t) => {
    const { registry, dir, close } = opened(t);
    registry.create(GATE);
    close();
    rmSync(join(dir, 'secret.key'));
    const { registry: after } = opened(t, dir);
    after.update('gate', { source: { kind: 'rtsp', url: 'rtsp://u:new@10.0.0.7/a' } });
    assert.equal(after.problemOf('gate'), undefined);
    assert.equal(after.get('gate')?.enabled, true);
  });

  it('belongs to one process: a second one is told so, and a killed one leaves it free', (t) => {
    const { registry, dir, close } = opened(t);
    registry.create(GATE);
    assert.throws(() => opened(t, dir), coded('DATA_IN_USE'));
    const script = `
      const { openCameraRegistry } = await import('${new URL('../../src/registry/camera-registry.ts', import.meta.url)}');
      const { openSecrets } = await import('${new URL('../../src/registry/secrets.ts', import.meta.url)}');
      try {
        openCameraRegistry({ path: '${join(dir, 'registry.db')}', secrets: openSecrets('${join(dir, 'secret.key')}'),
          clock: { now: () => 0 }, files: { roots: [], closed: [] }, busyMs: 50 });
        console.log('opened');
        process.kill(process.pid, 'SIGKILL');
      } catch (err) { console.log(err.code, err.message); }`;
    const other = (): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout;
    assert.match(other(), /^DATA_IN_USE .*SIGHTLINE_DATA/);
    close();
    assert.equal(other(), 'opened\n');
    assert.deepEqual(
      opened(t, dir)
        .registry.list()
        .map(({ id }) => id),
      ['gate'],
    );
  });

  it('says in one line that a directory is not writable', (t) => {
    const dir = folder(t);
    writeFileSync(join(dir, 'file'), '');
    const unwritable = join(dir, 'file', 'data'); // works for root too, whom modes do not stop
    const refused = (err: unknown) =>
      coded('DATA_NOT_WRITABLE')(err) && /^[^\n]+SIGHTLINE_DATA[^\n]+$/.test((err as Error).message);
    assert.throws(() => openSecrets(join(unwritable, 'secret.key')), refused);
    const secrets = openSecrets(join(dir, 'secret.key'));
    const clock = { now: () => 0, elapsed: () => 0, sleep: async () => undefined };
    const files = { roots: [], closed: [] };
    assert.throws(
      () => openCameraRegistry({ path: join(unwritable, 'registry.db'), secrets, clock, files }),
      refused,
    );
  });

  it('closes a key file that others can read', (t) => {
    const dir = folder(t);
    openSecrets(join(dir, 'secret.key'));
    chmodSync(join(dir, 'secret.key'), 0o644);
    openSecrets(join(dir, 'secret.key'));
    assert.equal(statSync(join(dir, 'secret.key')).mode & 0o777, 0o600);
  });
});

describe('secrets', () => {
  it('cannot be moved from one camera to another, nor altered', (t) => {
    const secrets = openSecrets(join(folder(t), 'secret.key'));
    const sealed = secrets.seal('rtsp://u:p@h', 'a');
    assert.equal(secrets.open(sealed, 'a'), 'rtsp://u:p@h');
    assert.throws(() => secrets.open(sealed, 'b'), coded('SECRET_UNREADABLE'));
    for (const at of [0, 15, sealed.length - 1]) {
      const altered = Uint8Array.from(sealed);
      altered[at]! ^= 1;
      assert.throws(() => secrets.open(altered, 'a'), coded('SECRET_UNREADABLE'));
    }
    assert.throws(() => secrets.open(new Uint8Array(3), 'a'), coded('SECRET_UNREADABLE'));
    assert.notDeepEqual(secrets.seal('x', 'a'), secrets.seal('x', 'a'));
  });
});
