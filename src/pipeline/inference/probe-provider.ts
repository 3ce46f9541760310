import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Provider } from '../../providers.ts';
import { brief } from './providers.ts';

const PROBE = fileURLToPath(new URL('./provider-probe.ts', import.meta.url));
/** CUDA and cuDNN read a gigabyte of libraries from a cold disk. */
const PATIENCE_MS = 60_000;

/** Whether a provider computes on this machine: undefined, or the reason why not. Tried in a process of its own. */
export async function probeProvider(provider: Provider, deviceId: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [...process.execArgv, PROBE, provider, String(deviceId)], {
    stdio: ['ignore', 'pipe', 'ignore'], // drivers chatter on standard error
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = await new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
    child.once('error', (err) => resolve(err.message));
  });
  if (ended === '') return undefined;
  return brief(said) || `trying it ended with ${ended}`;
}

/**
 * Whether there is hardware that a provider could compute on. Software stand-ins for a GPU's driver answer a probe
 * too, and are far slower than the CPU's own kernels.
 */
export function mayHaveHardware(
  provider: Provider,
  { platform, exists, list }: Machine = { platform: process.platform, exists: existsSync, list: listed },
): boolean {
  if (provider === 'cpu') return true;
  const nvidia = platform === 'win32' || exists('/dev/nvidiactl') || exists('/dev/dxg');
  if (provider !== 'webgpu') return nvidia && platform !== 'darwin';
  return nvidia || platform === 'darwin' || list('/dev/dri').some((name) => name.startsWith('renderD'));
}

interface Machine {
  readonly platform: NodeJS.Platform;
  exists(path: string): boolean;
  /** The names in a directory, none when there is no such directory. */
  list(directory: string): readonly string[];
}

function listed(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
