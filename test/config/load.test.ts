import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { loadConfig, PROJECT_DIR } from '../../src/config/load.ts';
import { ConfigSchema } from '../../src/config/schema.ts';
import { EngineError } from '../../src/errors.ts';
import { problemsOf } from '../../src/schema-problems.ts';
import { TrackerSettings } from '../../src/tracker-settings.ts';

function folder(t: TestContext, yaml?: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-config-'));
  t.after(() => rmSync(dir, { recursive: true }));
  if (yaml !== undefined) writeFileSync(join(dir, 'config.yaml'), yaml);
  return dir;
}

function mistakes(work: () => unknown): Record<string, string> {
  try {
    work();
  } catch (err) {
    assert(err instanceof EngineError, String(err));
    assert.equal(err.code, 'CONFIG_INVALID');
    for (const { path } of problemsOf(err))
      assert(err.message.includes(path), `${path} is missing in: ${err.message}`);
    return Object.fromEntries(problemsOf(err).map(({ path, message }) => [path, message]));
  }
  assert.fail('accepted');
}

describe('loadConfig', () => {
  it('has a complete default for every setting', (t) => {
    const cwd = folder(t);
    const config = loadConfig({ env: {}, cwd, tty: false });
    assert.deepEqual(config.server, {
      host: '127.0.0.1',
      port: 8080,
      openMetrics: false,
      requestsPerMinute: 3000,
    });
    assert.equal(config.data.dir, join(cwd, 'data'));
    assert.equal(config.models.dir, join(PROJECT_DIR, 'models', 'weights'));
    assert.equal(config.vision.workers, availableParallelism());
    assert.equal(config.vision.ageBudgetMs, 500);
    assert.deepEqual(config.vision.picture, { maxWidth: 960, maxFps: 10, quality: 75 });
    assert.deepEqual(config.logging, { level: 'info', format: 'json' });
    assert.deepEqual(config.cameras, []);
    assert.equal(config.store.url, undefined);
    assert.equal(config.auth.token, undefined);
    assert.equal(loadConfig({ env: {}, cwd, tty: true }).logging.format, 'pretty');
  });

  it('lays the environment over the file', (t) => {
    const cwd = folder(t, 'server: {port: 1000, host: "::1"}\ndata: {dir: there}\n');
    const env = {
      SIGHTLINE_PORT: '0',
      SIGHTLINE_TOKEN: 'abc',
      SIGHTLINE_MODELS: 'weights',
      SIGHTLINE_FILES: '/srv/a:/srv/b',
      CLICKHOUSE_URL: 'http://store:8123',
      SIGHTLINE_DATA: '',
    };
    const config = loadConfig({ env, cwd });
    assert.equal(config.server.port, 0);
    assert.equal(config.server.host, '::1');
    assert.equal(config.data.dir, join(cwd, 'there'));
    assert.equal(config.auth.token, 'abc');
    assert.equal(config.models.dir, join(cwd, 'weights'));
    assert.deepEqual(config.files.roots.slice(-2), ['/srv/a', '/srv/b']);
    assert.equal(config.store.url, 'http://store:8123');
  });

  it('reads the file named by SIGHTLINE_CONFIG, and says when it is not there', (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, 'other.yaml'), 'server: {port: 9}');
    assert.equal(loadConfig({ env: { SIGHTLINE_CONFIG: 'other.yaml' }, cwd }).server.port, 9);
    assert.throws(() => loadConfig({ env: { SIGHTLINE_CONFIG: 'none.yaml' }, cwd }), /none\.yaml.*ENOENT/);
  });

  it('substitutes variables in every text, numbers included', (t) => {
    const cwd = folder(
      t,
      `
server: {port: "\${PORT:-81}", openMetrics: "\${OPEN}"}
store: {password: "a$\${b}\${PASS}"}
cameras:
  - {id: "c\${N}", source: {kind: rtsp, url: "rtsp://\${USER_NAME:-me}:\${PASS}@h/x"}, tags: ["\${TAG:-}x"]}
`,
    );
    const config = loadConfig({ env: { OPEN: 'true', PASS: '123', N: '7', USER_NAME: '' }, cwd });
    assert.equal(config.server.port, 81);
    assert.equal(config.server.openMetrics, true);
    assert.equal(config.store.password, `a$${'{b}'}123`);
    assert.equal(config.cameras[0]?.id, 'c7');
    assert.deepEqual(config.cameras[0]?.source, { kind: 'rtsp', url: 'rtsp://me:123@h/x', transport: 'tcp' });
    assert.deepEqual(config.cameras[0]?.tags, ['x']);
  });

  it('reports all mistakes together, each with its path and what was expected', (t) => {
    const cwd = folder(
      t,
      `
server: {port: many, prot: 8}
vison: {}
data: {dir: "\${NOT_SET}"}
logging: {level: loud}
store: {retentionDays: 0}
cameras:
  - {id: Gate, source: {kind: rtsp, url: "http://admin:hunter2@x/"}}
  - {id: a, source: {kind: webcam}}
  - {id: b, source: {kind: rtsp, url: "rtsp://admin:hunter2@h/x", trnsport: udp}}
  - {source: {kind: file, path: /etc/passwd}}
`,
    );
    const found = mistakes(() => loadConfig({ env: { KAFKA_BROKERS: 'k:9092' }, cwd }));
    assert.match(found['server.port']!, /whole number from 0 to 65535, got "many"/);
    assert.match(found['server.prot']!, /did you mean port/);
    assert.match(found.vison!, /did you mean vision/);
    assert.match(found['data.dir']!, /NOT_SET is not set/);
    assert.match(found['logging.level']!, /"debug"/);
    assert.match(found['store.retentionDays']!, /from 1 to 36500, got 0/);
    assert.match(found['cameras[0].id']!, /lower-case/);
    assert.match(found['cameras[0].source.url']!, /rtsp:\/\//);
    assert.match(found['cameras[1].source.kind']!, /rtsp or file or demo, got "webcam"/);
    assert.match(found['cameras[2].source.trnsport']!, /did you mean transport/);
    assert.match(found['cameras[3].id']!, /is missing/);
    assert.match(found.KAFKA_BROKERS!, /not supported yet/);
    assert.equal(Object.keys(found).length, 12);
    assert(!JSON.stringify(found).includes('hunter2'));
  });

  it('checks camera sources and double ids with their place in the list', (t) => {
    const cwd = folder(
      t,
      `
cameras:
  - {id: a, source: {kind: file, path: /etc/passwd}}
  - {id: a, source: {kind: rtsp, url: "rtsp://u:p#w@host/x"}}
`,
    );
    const found = mistakes(() => loadConfig({ env: {}, cwd }));
    assert.match(found['cameras[0].source.path']!, /files\.roots/);
    assert.match(found['cameras[1].source.url']!, /%23/);
    assert.match(found['cameras[1].id']!, /already the id of cameras\[0\]/);
  });

  it('names the variable when the environment is wrong', (t) => {
    const found = mistakes(() => loadConfig({ env: { SIGHTLINE_PORT: '99999' }, cwd: folder(t) }));
    assert.match(found.SIGHTLINE_PORT!, /from 0 to 65535, got 99999/);
  });

  it('gives the line of a YAML mistake', (t) => {
    const found = mistakes(() => loadConfig({ env: {}, cwd: folder(t, 'server:\n  port: 1\n port: 2\n') }));
    assert(
      Object.keys(found).some((path) => path.startsWith('line 3')),
      JSON.stringify(found),
    );
    assert.match(
      mistakes(() => loadConfig({ env: {}, cwd: folder(t, '- a\n- b\n') }))['']!,
      /expected an object, got a list/,
    );
  });
});

describe('config.sample.yaml', () => {
  const sample = join(PROJECT_DIR, 'config.sample.yaml');

  const examples = { ADMIN_TOKEN: 'sixteen-characters', GATE_USER: 'viewer', GATE_PASSWORD: 'secret' };

  it('is the defaults as it stands: whoever copies it opens nothing', (t) => {
    const cwd = folder(t);
    const { file, ...config } = loadConfig({ env: {}, cwd, file: sample, tty: false });
    const { file: _, ...defaults } = loadConfig({ env: {}, cwd, tty: false });
    assert.equal(file, sample);
    assert.deepEqual(config, defaults);
  });

  it('has examples that load when their # is taken away', (t) => {
    const cwd = folder(t, uncommented(sample));
    const config = loadConfig({ env: examples, cwd, tty: false });
    assert.deepEqual(
      config.cameras.map(({ id, source }) => [id, source.kind]),
      [
        ['gate', 'rtsp'],
        ['recording', 'file'],
        ['load-01', 'demo'],
        ['load-02', 'demo'],
      ],
    );
    assert.equal(config.auth.token, 'sixteen-characters');
    assert.equal(config.store.url, 'http://127.0.0.1:8123');
    assert.equal(config.models.dir, '/srv/weights');
  });

  it('shows every key of the schema', () => {
    const keys = new Set(keysOf(parse(uncommented(sample))));
    for (const key of schemaKeys(ConfigSchema as unknown as Node)) {
      // each tracker has settings of its own: they stand in a table
      if (!key.includes('.tracker.')) assert(keys.has(key), `${key} is not in config.sample.yaml`);
    }
  });

  it('leaves to docs/analytics.md the settings of each tracker, which are all there', () => {
    const lines = readFileSync(join(PROJECT_DIR, 'docs/analytics.md'), 'utf8').split('\n');
    for (const { properties } of TrackerSettings.anyOf) {
      const line = lines.find((text) => text.startsWith(`| \`${properties.name.const}\` |`));
      for (const key of Object.keys(properties)) {
        if (key !== 'name' && key !== 'trackThreshold')
          assert(line?.includes(`\`${key}\``), `${key} of ${properties.name.const}`);
      }
    }
  });
});

/** The sample with the settings in it that are only examples. */
function uncommented(path: string): string {
  return readFileSync(path, 'utf8').replace(/^( *)#(?! \S)/gm, '$1'); // words stand one space behind their #
}

function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    `${path}.${key}`,
    ...keysOf(item, `${path}.${key}`),
  ]);
}

interface Node {
  readonly properties?: Record<string, Node>;
  readonly items?: Node;
  readonly anyOf?: Node[];
}

function schemaKeys({ properties, items, anyOf }: Node, path = ''): string[] {
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, node]) => [
      `${path}.${key}`,
      ...schemaKeys(node, `${path}.${key}`),
    ]),
    ...(items ? schemaKeys(items, `${path}[]`) : []),
    ...(anyOf ?? []).flatMap((node) => schemaKeys(node, path)),
  ];
}
