import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchReport } from '../../bench/report.ts';
import { writeClip } from '../support/clips.ts';
import { noProcFileSystem, processesWith } from '../support/processes.ts';
import { writeStreetModel } from '../support/street-model.ts';
import { waitFor } from '../support/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ARGS = ['--disable-warning=ExperimentalWarning', MAIN, 'bench', 'copies'];

describe('sightline bench copies', { skip: noProcFileSystem }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'sightline-copies-'));
  const temporary = join(dir, 'tmp');
  const env = { ...process.env, SIGHTLINE_DEMO: dir, SIGHTLINE_MODELS: dir, TMPDIR: temporary };
  const nothingIsLeft = (): void => {
    assert.deepEqual(processesWith(`SIGHTLINE_DEMO=${dir}`), []);
    // native libraries leave files of their own there
    assert.deepEqual(
      readdirSync(temporary).filter((name) => name.startsWith('sightline')),
      [],
    );
  };

  before(async () => {
    mkdirSync(temporary);
    await writeClip(join(dir, 'crossing.mp4'));
    writeStreetModel(dir);
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const bench = (...args: string[]) =>
    promisify(execFile)(process.execPath, [...ARGS, ...args], { env, timeout: 120_000 });

  it('prints one line: what the cameras of each stage got and took, and the target on 12', async () => {
    const { stdout, stderr } = await bench('--copies', '12', '--decode', 'each', '--seconds', '1', '--json');
    const report = JSON.parse(stdout) as BenchReport;
    assert.equal(report.bench, 'copies');
    assert.deepEqual(report.targets, { 'each.12.p95Ms': { op: '<=', value: 250 } });
    for (const figure of ['analysedFps', 'analysedPercent', 'p95Ms', 'visionCores']) {
      assert.ok(report.metrics[`each.12.${figure}`] > 0, figure);
    }
    for (const process of ['vision', 'hub', 'store']) {
      assert.ok(report.metrics[`each.12.${process}RssMiB`] > 0, process);
    }
    const { 'each.12.droppedPercent': dropped, ...metrics } = report.metrics;
    const reasons = ['superseded', 'stale', 'model', 'stopped'];
    const sum = reasons.reduce((total, reason) => total + metrics[`each.12.${reason}Percent`], 0);
    assert.ok(Math.abs(sum - dropped) < 0.1, `${sum} is not ${dropped}`);
    assert.equal(stderr, '');
    nothingIsLeft();
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const child = spawn(process.execPath, [...ARGS, '--copies', '1', '--seconds', '600'], { env });
    const ended = once(child, 'exit');
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await waitFor(
      'a vision node',
      () => processesWith(`SIGHTLINE_DEMO=${dir}`).some(({ args }) => args.at(-1) === 'node'),
      { timeoutMs: 30_000 },
    );
    child.kill('SIGINT');
    assert.deepEqual(await ended, [1, null]);
    assert.match(said, /^clip crossing, sightline-street@1, .*\nsightline: interrupted\n$/);
    nothingIsLeft();
  });

  it('says so when no clip is there', async () => {
    await assert.rejects(
      bench('--clip', 'junction'),
      /the demo clip junction is not in .*: restore the folder/,
    );
  });
});
