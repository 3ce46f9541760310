import type { Config } from '../config/schema.ts';
import type { Logger } from '../observe/logger.ts';
import { mayHaveHardware, probeProvider } from '../pipeline/inference/probe-provider.ts';
import { PROVIDERS, type Provider } from '../providers.ts';

export type InferenceConfig = Config['vision']['inference'];

/** Where networks run on this machine. */
export interface InferencePlan {
  /** What the device's thread tries, in order; empty: there is no such thread, workers infer themselves. */
  readonly device: readonly Provider[];
  /** What workers try for models that are not on the device; empty when the user leaves the CPU out. */
  readonly workers: readonly Provider[];
  /** Providers that were asked for by name and cannot be had, with their reasons. */
  readonly refusals: readonly string[];
}

/** How to find out what there is; a test answers for a machine with a GPU. */
export interface Machine {
  mayHave(provider: Provider): boolean;
  /** Undefined when the provider computes, else why not. */
  probe(provider: Provider, deviceId: number): Promise<string | undefined>;
}

const THIS_MACHINE: Machine = { mayHave: mayHaveHardware, probe: probeProvider };

/** Chooses by the configuration and by what each provider says when it is tried. Never rejects. */
export async function planInference(
  { providers, deviceId, batcher }: InferenceConfig,
  log: Logger,
  machine: Machine = THIS_MACHINE,
): Promise<InferencePlan> {
  const wanted = providers === 'auto' ? PROVIDERS.filter((name) => machine.mayHave(name)) : providers;
  const device: Provider[] = [];
  const refusals: string[] = [];
  let cpu = false;
  for (const provider of wanted) {
    if (provider === 'cpu') {
      cpu = true; // it takes every model: what stands behind it is never reached
      break;
    }
    const reason = await machine.probe(provider, deviceId);
    if (reason === undefined) device.push(provider);
    else {
      refusals.push(`${provider}: ${reason}`);
      log.warn({ provider, reason }, 'a provider cannot be used; the next one is tried');
    }
  }
  if (batcher === 'always' && cpu && device.length === 0) device.push('cpu');
  const plan = { device, workers: cpu ? (['cpu'] as const) : [], refusals };
  if (device.length === 0 && !cpu) {
    log.error({ refusals }, 'no provider of vision.inference.providers can be used: nothing is analysed');
  } else log.info({ device, workers: plan.workers }, 'inference providers');
  return plan;
}
