import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { buildErrors, dashboardSourceHash, ensureDashboard, isDashboardBuilt } from '../../bin/dashboard.mjs';

describe('building the dashboard', () => {
  let root = '';
  let builds = 0;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const build = async () => {
    builds++;
    write('dashboards/web/dist/index.html', `build ${builds}`);
    return { code: 0, output: '' };
  };
  beforeEach(() => {
    builds = 0;
    root = mkdtempSync(join(tmpdir(), 'sightline-dashboard-'));
    write('package-lock.json', '{}');
    write('src/track.ts', 'export const a = 1;');
    write('dashboards/web/index.html', '<html>');
    write('dashboards/web/src/main.tsx', 'one');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('happens once for the same sources', async () => {
    await ensureDashboard(root, { build });
    await ensureDashboard(root, { build });
    assert.equal(builds, 1);
    assert.equal(isDashboardBuilt(root, dashboardSourceHash(root)), true);
  });

  it('happens again after a change of a source, a shared word or the tools', async () => {
    await ensureDashboard(root, { build });
    for (const path of ['dashboards/web/src/main.tsx', 'src/track.ts', 'package-lock.json']) {
      write(path, 'changed');
      await ensureDashboard(root, { build });
    }
    assert.equal(builds, 4);
  });

  it('sees a file that was renamed, and not what the build itself leaves', async () => {
    const before = dashboardSourceHash(root);
    write('dashboards/web/dist/assets/index.js', 'built');
    write('dashboards/web/node_modules/.vite/cache', 'cached');
    assert.equal(dashboardSourceHash(root), before);
    renameSync(join(root, 'dashboards/web/src/main.tsx'), join(root, 'dashboards/web/src/app.tsx'));
    assert.notEqual(dashboardSourceHash(root), before);
  });

  it('that fails does not stop the start, and is tried again by the next', async () => {
    const failing = async () => ({ code: 1, output: 'main.tsx: unexpected token' });
    await ensureDashboard(root, { build: failing });
    assert.equal(isDashboardBuilt(root, dashboardSourceHash(root)), false);
    await ensureDashboard(root, { build });
    assert.equal(builds, 1);
  });

  it('is left out where there is no dashboard', async () => {
    rmSync(join(root, 'dashboards'), { recursive: true });
    await ensureDashboard(root, { build });
    assert.equal(builds, 0);
  });
});

it('shows what is wrong with the sources, not where the tool noticed', () => {
  const output =
    '\x1b[31merror:\x1b[39m src/main.tsx not found\n\n    at build (vite.js:1:2)\n  errors: [Getter]\n}\n';
  assert.equal(buildErrors(output), 'error: src/main.tsx not found');
});
