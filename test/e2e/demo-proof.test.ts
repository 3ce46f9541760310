import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { VerifyReport } from '../../src/demo/verify/verify-report.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/**
 * A little below what the engine reaches with its defaults (docs/benchmarks.md): whoever makes it worse is told here.
 * Percent.
 */
const LEAST: Readonly<Record<string, number>> = {
  'junction.HOTA': 41,
  'junction.AP50': 53,
  'junction.car.HOTA': 83,
  'crossing.HOTA': 41,
  'crossing.AP50': 82,
  'crossing.car.HOTA': 81,
  'plaza.HOTA': 51,
  'plaza.AP50': 57,
  'plaza.car.HOTA': 64,
  'avenue.HOTA': 28,
  'avenue.AP50': 44,
  'avenue.car.HOTA': 38,
};
const MOST: Readonly<Record<string, number>> = {
  'junction.countErrorPercent': 35,
  'crossing.countErrorPercent': 24,
  'plaza.countErrorPercent': 14,
  'avenue.countErrorPercent': 18,
};

describe('the demo clips, held against their truth', () => {
  it('are analysed as well as they were', { timeout: 600_000 }, async () => {
    const { code, report, err } = await verify();
    const { metrics } = report;
    for (const [name, least] of Object.entries(LEAST))
      assert.ok((metrics[name] ?? -1) >= least, `${name} is ${metrics[name]}, was at least ${least}`);
    for (const [name, most] of Object.entries(MOST))
      assert.ok((metrics[name] ?? 1e9) <= most, `${name} is ${metrics[name]}, was at most ${most}`);
    // the command itself says whether the targets are met
    assert.equal(code, report.met ? 0 : 1, err);
  });
});

async function verify(): Promise<{ code: number | null; report: VerifyReport; err: string }> {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    MAIN,
    'demo',
    'verify',
    '--json',
  ]);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  assert.ok(out.startsWith('{'), err);
  return { code, report: JSON.parse(out) as VerifyReport, err };
}
