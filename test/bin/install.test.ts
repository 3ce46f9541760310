import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  decideInstall,
  ensureInstalled,
  explainFailure,
  missingPackages,
  npmCli,
  npmTakesAll,
  readInstallState,
  watchRegistry,
} from '../../bin/install.mjs';

const locked = {
  '': {},
  'node_modules/rxjs': { version: '7.8.2' },
  'node_modules/typescript': { version: '7.0.2', dev: true },
  'node_modules/native-linux': {
    version: '1.0.0',
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['glibc'],
  },
  'node_modules/native-musl': {
    version: '1.0.0',
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
  },
  'node_modules/native-mac': { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] },
  'node_modules/only-if-wanted': { version: '1.0.0', optional: true },
};
const machine = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const runtimeOnly = {
  'node_modules/rxjs': { version: '7.8.2' },
  'node_modules/native-linux': { version: '1.0.0' },
};
const everything = { ...runtimeOnly, 'node_modules/typescript': { version: '7.0.2', dev: true } };
const fresh = { lockHash: 'now', stamp: null, locked, installed: null, hasEngineNode: true, machine };

describe('what has to be installed', () => {
  it('is everything in a fresh clone', () => {
    const state = { ...fresh, hasEngineNode: false };
    assert.deepEqual(decideInstall(state, false), { action: 'install', withDev: false });
    assert.deepEqual(decideInstall(state, true), { action: 'install', withDev: true });
  });

  it('is nothing while the lock file is the one of the last install', () => {
    const state = { ...fresh, stamp: { lockHash: 'now', withDev: false }, installed: runtimeOnly };
    assert.equal(decideInstall(state, false).action, 'present');
  });

  it('is the rest when the tests come after a start, and nothing the other way round', () => {
    const started = { ...fresh, stamp: { lockHash: 'now', withDev: false }, installed: runtimeOnly };
    assert.deepEqual(decideInstall(started, true), { action: 'install', withDev: true });
    const tested = { ...fresh, stamp: { lockHash: 'now', withDev: true }, installed: everything };
    assert.equal(decideInstall(tested, false).action, 'present');
  });

  it('is the new lock file, keeping the packages of the tests', () => {
    const state = { ...fresh, stamp: { lockHash: 'before', withDev: true }, installed: everything };
    assert.deepEqual(decideInstall(state, false), { action: 'install', withDev: true });
  });

  it('is nothing when somebody ran npm before us and the lock file is satisfied', () => {
    assert.deepEqual(decideInstall({ ...fresh, installed: everything }, false), {
      action: 'adopt',
      withDev: true,
    });
    assert.deepEqual(decideInstall({ ...fresh, installed: runtimeOnly }, false), {
      action: 'adopt',
      withDev: false,
    });
    assert.equal(decideInstall({ ...fresh, installed: runtimeOnly }, true).action, 'install');
    const older = { ...runtimeOnly, 'node_modules/rxjs': { version: '7.8.1' } };
    assert.equal(decideInstall({ ...fresh, installed: older }, false).action, 'install');
  });

  it('is everything again when the Node that runs the engine is gone', () => {
    const state = {
      ...fresh,
      hasEngineNode: false,
      stamp: { lockHash: 'now', withDev: true },
      installed: everything,
    };
    assert.deepEqual(decideInstall(state, false), { action: 'install', withDev: true });
  });
});

it('misses a native package for this machine, and none for another', () => {
  const { 'node_modules/native-linux': _, ...withoutNative } = everything;
  assert.deepEqual(missingPackages(locked, withoutNative, machine, true), ['node_modules/native-linux']);
  assert.deepEqual(missingPackages(locked, everything, machine, true), []);
  const mac = { os: 'darwin', cpu: 'arm64', libc: '' };
  assert.deepEqual(missingPackages(locked, everything, mac, true), ['node_modules/native-mac']);
});

it('lets npm run only on a Node that the native packages of the lock file accept', () => {
  const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package-lock.json'), 'utf8'));
  const ranges = Object.values(
    lock.packages as Record<string, { cpu?: string[]; engines?: { node?: string } }>,
  )
    .filter((entry) => entry.cpu)
    .flatMap((entry) => entry.engines?.node ?? []);
  const { satisfies } = createRequire(import.meta.url)('semver');
  const accepting = ['20.19.0', '20.20.2', '22.13.0', '23.5.0', '24.0.0', '26.1.0'];
  for (const version of accepting) {
    assert.equal(npmTakesAll(version), true);
    for (const range of ranges) assert.ok(satisfies(version, range), `${range} leaves out ${version}`);
  }
  for (const version of ['18.20.8', '19.9.0', '20.18.3', '21.7.3', '22.12.0', '23.4.0'])
    assert.equal(npmTakesAll(version), false);
});

describe('installing', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sightline-install-'));
    writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { rxjs: '7.8.2' } }));
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** An npm that installs the engine's Node and keeps what it was asked. */
  function fakeNpm(calls: string[][], code = 0, output = '') {
    return async (folder: string, args: string[]) => {
      calls.push(args);
      const bin = join(folder, 'node_modules', 'node', 'bin');
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, process.platform === 'win32' ? 'node.exe' : 'node'), '');
      return { code, output };
    };
  }

  it('runs once for one lock file, and again when it changes', async () => {
    const calls: string[][] = [];
    const npm = fakeNpm(calls);
    await ensureInstalled(root, { withDev: false, npm });
    await ensureInstalled(root, { withDev: false, npm });
    assert.equal(calls.length, 1);
    assert.ok(calls[0]?.includes('--omit=dev'));

    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: {} }));
    await ensureInstalled(root, { withDev: false, npm });
    assert.equal(calls.length, 2);
  });

  it('notices a dependency that package.json gained by hand', async () => {
    const before = readInstallState(root).lockHash;
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({ dependencies: { rxjs: '7.8.2', yaml: '2.9.1' } }),
    );
    assert.notEqual(readInstallState(root).lockHash, before);
    writeFileSync(
      join(root, 'package.json'),
      JSON.stringify({ scripts: {}, dependencies: { rxjs: '7.8.2' } }),
    );
    assert.equal(readInstallState(root).lockHash, before);
  });

  it('happens once for starts at the same time', async () => {
    const calls: string[][] = [];
    const npm = fakeNpm(calls);
    await Promise.all([1, 2, 3].map(() => ensureInstalled(root, { withDev: true, npm })));
    assert.equal(calls.length, 1);
    assert.equal(existsSync(join(root, 'node_modules', '.sightline', 'prepare.lock')), false);
  });

  it('fails with the last lines of npm and tries again next time', async () => {
    const calls: string[][] = [];
    const failing = fakeNpm(calls, 1, 'npm error code ENOTFOUND\nnpm error network request failed\n');
    await assert.rejects(ensureInstalled(root, { withDev: false, npm: failing }), {
      message: /exit code 1.*npm error code ENOTFOUND.*check the network.*then start again$/s,
    });
    await ensureInstalled(root, { withDev: false, npm: fakeNpm(calls) });
    assert.equal(calls.length, 2);
  });
});

it('says what to do about each kind of failure', () => {
  assert.match(explainFailure(1, 'npm error ENOSPC: no space left on device'), /the disk is full/);
  assert.match(explainFailure(243, 'npm error EACCES: permission denied, mkdir'), /check its owner/);
  assert.match(explainFailure(1, 'npm error getaddrinfo EAI_AGAIN'), /check the network/);
  assert.match(explainFailure(7, 'npm error something new'), /exit code 7.*`npm install` shows all of it/s);
});

it('shows at most twelve lines and leaves out where the debug log lies', () => {
  const output = Array.from({ length: 40 }, (_, i) => `line ${i}`).join('\n');
  const text = explainFailure(1, `${output}\nnpm error A complete log of this run can be found in: here\n`);
  assert.equal(text.split('\n').length, 14);
  assert.match(text, /line 28\n.*line 39\n`npm install`/s);
});

describe('the registry', () => {
  const failure = 'npm http fetch GET http://registry.test/rxjs attempt 1 failed with ENOTFOUND\n';

  it('counts as unreachable after eight failed requests and no answer', () => {
    const isUnreachable = watchRegistry();
    assert.equal(isUnreachable(failure.repeat(7)), false);
    assert.equal(isUnreachable(failure.slice(0, 20)), false);
    assert.equal(isUnreachable(failure.slice(20)), true);
  });

  it('that answered once is merely slow', () => {
    const isUnreachable = watchRegistry();
    isUnreachable('npm http fetch GET 200 http://registry.test/yaml 12ms (cache miss)\n');
    assert.equal(isUnreachable(failure.repeat(50)), false);
  });

  it('that cannot be reached is what the failure is about, though npm did not get to say so', () => {
    assert.match(
      explainFailure(1, failure.repeat(8)),
      /^npm install failed \(exit code 1\).*check the network/s,
    );
  });
});

it('uses the npm that started us, and no other package manager', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-npm-'));
  try {
    writeFileSync(join(folder, 'npm-cli.js'), '');
    assert.equal(npmCli(join(folder, 'npm-cli.js')), join(folder, 'npm-cli.js'));
    assert.equal(npmCli(join(folder, 'npx-cli.js')), join(folder, 'npm-cli.js'));
    assert.equal(npmCli(join(folder, 'yarn.js')), null);
    assert.equal(npmCli(join(folder, 'elsewhere', 'npm-cli.js')), null);
    assert.equal(npmCli(undefined), null);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
