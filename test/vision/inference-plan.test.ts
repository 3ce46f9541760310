import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { mayHaveHardware, probeProvider } from '../../src/pipeline/inference/probe-provider.ts';
import { CPU_ONLY, Sessions } from '../../src/pipeline/inference/providers.ts';
import type { Provider } from '../../src/providers.ts';
import { type InferenceConfig, planInference } from '../../src/vision/inference-plan.ts';

const log = pino({ level: 'silent' });
const config = (inference: Partial<InferenceConfig> = {}): InferenceConfig => ({
  providers: 'auto',
  deviceId: 0,
  maxBatch: 16,
  maxWaitMs: 10,
  batcher: 'auto',
  ...inference,
});

/** A machine on which these providers compute. */
function machine(works: Provider[], mayHave: Provider[] = ['tensorrt', 'cuda', 'webgpu', 'cpu']) {
  const probed: Provider[] = [];
  return {
    probed,
    mayHave: (provider: Provider) => mayHave.includes(provider),
    probe: async (provider: Provider) => {
      probed.push(provider);
      return works.includes(provider) ? undefined : 'its library is missing';
    },
  };
}

describe('planInference', () => {
  it('leaves inference to the workers where there is no GPU, without trying any', async () => {
    const none = machine([], ['cpu']);
    assert.deepEqual(await planInference(config(), log, none), {
      device: [],
      workers: ['cpu'],
      refusals: [],
    });
    assert.deepEqual(none.probed, []);
  });

  it('tries in order, keeps what works, and the CPU for what the device does not take', async () => {
    const gpu = machine(['cuda', 'webgpu']);
    const plan = await planInference(config(), log, gpu);
    assert.deepEqual(plan.device, ['cuda', 'webgpu']);
    assert.deepEqual(plan.workers, ['cpu']);
    assert.deepEqual(plan.refusals, ['tensorrt: its library is missing']);
  });

  it('takes the order of the configuration, and nothing behind the CPU', async () => {
    const gpu = machine(['cuda', 'webgpu']);
    const plan = await planInference(config({ providers: ['webgpu', 'cpu', 'cuda'] }), log, gpu);
    assert.deepEqual(plan.device, ['webgpu']);
    assert.deepEqual(gpu.probed, ['webgpu']);
  });

  it('does not use a CPU that the user left out, and says what each provider said', async () => {
    const plan = await planInference(config({ providers: ['cuda'] }), log, machine([]));
    assert.deepEqual(plan, { device: [], workers: [], refusals: ['cuda: its library is missing'] });
    const sessions = new Sessions({ ...CPU_ONLY, providers: plan.workers, refusals: plan.refusals }, log);
    await assert.rejects(sessions.open('yolox-nano@1', new Uint8Array()), {
      code: 'MODEL_FAILED',
      message: 'model yolox-nano@1 cannot be loaded: cuda: its library is missing',
    });
  });

  it('puts the CPU behind a batcher when told to', async () => {
    const plan = await planInference(config({ batcher: 'always' }), log, machine([], ['cpu']));
    assert.deepEqual([plan.device, plan.workers], [['cpu'], ['cpu']]);
  });
});

describe('probing a provider', () => {
  it('finds that the CPU computes', async () => {
    assert.equal(await probeProvider('cpu', 0), undefined);
  });

  it('says why another does not, in one line', async () => {
    // a machine that has TensorRT answers undefined
    const reason = await probeProvider('tensorrt', 0);
    assert.ok(reason === undefined || /^[^\n]{5,}$/.test(reason), reason);
  });

  it('looks for hardware first: software drivers are slower than the CPU', () => {
    const linux = (...files: string[]) => ({
      platform: 'linux' as const,
      exists: (path: string) => files.includes(path),
      list: (directory: string) =>
        files
          .filter((file) => file.startsWith(`${directory}/`))
          .map((file) => file.slice(directory.length + 1)),
    });
    assert.equal(mayHaveHardware('webgpu', linux()), false);
    assert.equal(mayHaveHardware('cuda', linux('/dev/dri/renderD128')), false);
    assert.equal(mayHaveHardware('webgpu', linux('/dev/dri/renderD128')), true);
    assert.equal(mayHaveHardware('cuda', linux('/dev/nvidiactl')), true);
    assert.equal(mayHaveHardware('tensorrt', linux('/dev/dxg')), true);
    assert.equal(mayHaveHardware('cuda', { ...linux(), platform: 'darwin' }), false);
    assert.equal(mayHaveHardware('cpu', linux()), true);
  });
});

describe('Sessions', () => {
  it('goes on to the next provider when one does not take the model, and says so once', async () => {
    const lines: string[] = [];
    const told = pino({}, { write: (line: string) => void lines.push(line) });
    // whatever this machine has, these bytes are no model
    const sessions = new Sessions({ ...CPU_ONLY, providers: ['tensorrt', 'cpu'] }, told);
    for (let i = 0; i < 2; i++) {
      await assert.rejects(sessions.open('broken@1', new Uint8Array([1, 2, 3])), (err: Error) => {
        assert.match(err.message, /^model broken@1 cannot be loaded: tensorrt: .*; cpu: /);
        return true;
      });
    }
    assert.equal(lines.length, 1);
    assert.match(lines[0], /"provider":"tensorrt"/);
  });
});
