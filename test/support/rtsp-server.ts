import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { missingOfRtspServer } from '../../src/demo/rtsp-server.ts';

const SCRIPT = fileURLToPath(new URL('rtsp-server.py', import.meta.url));
const PYTHON = '/usr/bin/python3';
const START_LIMIT_MS = 20_000;

export type Mount =
  | 'clip'
  | 'shared'
  | 'secret'
  | 'audio'
  | 'both'
  | 'changing'
  | 'stall'
  | 'still'
  | 'hevc'
  | 'mjpeg'
  | 'clock';

export interface RtspServerOptions {
  /** An MP4 file with H.264; a generated moving ball (640x360, 25 frames/s) when left out. */
  readonly clip?: string;
  /** To start again where an earlier one was; any free port when left out. */
  readonly port?: number;
  /** How /secret asks for user:pass. */
  readonly auth?: 'digest' | 'basic';
}

/** A real RTSP camera on loopback: see rtsp-server.py for its mounts. */
export interface RtspServer extends AsyncDisposable {
  readonly port: number;
  /** @param mount one of the mounts, or any path that does not exist. */
  url(mount: Mount | (string & {}), credentials?: string): string;
  /** It stops answering and sending, connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Gone at once, as if its cable was cut at the power side. Resolves when the port is free. */
  kill(): Promise<void>;
}

/** For a test's `skip`: false when GStreamer's RTSP server can be started, else the reason. */
export function rtspServerMissing(): string | false {
  const missing = missingOfRtspServer();
  return missing !== undefined && `needs GStreamer's RTSP server, as .ci/run installs it (${missing})`;
}

export async function startRtspServer(options: RtspServerOptions = {}): Promise<RtspServer> {
  const args = [SCRIPT, '--port', String(options.port ?? 0), '--auth', options.auth ?? 'digest'];
  if (options.clip) args.push('--clip', options.clip);
  const child = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const endWithUs = () => child.kill('SIGKILL');
  process.on('exit', endWithUs);
  const kill = async () => {
    process.off('exit', endWithUs);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const port = await listeningPort(child).catch(async (error) => {
    await kill();
    throw error;
  });
  return {
    port,
    url: (mount, credentials) => `rtsp://${credentials ? `${credentials}@` : ''}127.0.0.1:${port}/${mount}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout! });
  const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
  try {
    for await (const line of lines) if (line.startsWith('{')) return JSON.parse(line).port;
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`the RTSP server did not start (exit ${child.exitCode ?? child.signalCode})`);
}
