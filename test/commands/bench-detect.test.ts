import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchReport } from '../../bench/report.ts';
import { missingSharedData } from '../support/shared-data.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const STAGES = ['postprocessMs', 'scaleMs', 'inferMs'];

function bench(...args: string[]) {
  const node = ['--disable-warning=ExperimentalWarning', MAIN, 'bench', 'detect', ...args];
  return promisify(execFile)(process.execPath, node, { timeout: 120_000 });
}

describe('sightline bench detect', () => {
  const skip = missingSharedData('models/yolox_nano_416.onnx', 'mot/MOT17-mini/MOT17-04-FRCNN');
  it('prints one line: the stages of every detector that is there, and its target', { skip }, async () => {
    const { stdout, stderr } = await bench('--seconds', '0.01', '--json');
    const report = JSON.parse(stdout) as BenchReport;
    assert.equal(report.bench, 'detect');
    assert.deepEqual(report.targets, { postprocessMs: { op: '<=', value: 0.5 } });
    for (const stage of STAGES) assert.ok(report.metrics[stage] > 0, `${stage} is ${report.metrics[stage]}`);
    assert.equal(stderr, '');
  });

  it('says so when its picture is not there', async () => {
    await assert.rejects(
      bench('--picture', 'nowhere.jpg'),
      /no picture nowhere\.jpg: name one with --picture/,
    );
  });
});
