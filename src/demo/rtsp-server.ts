import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { DemoClip } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { EngineError, messageOf } from '../errors.ts';
import type { Logger } from '../observe/logger.ts';
import { type Child, supervise } from '../supervise.ts';
import { clipPath, clipsIn } from './clips.ts';

/** Where the demo's RTSP server listens: fixed, because cameras are kept that name it. */
export const RTSP_PORT = 8554;

const HOST = '127.0.0.1';
/** The system's: GStreamer's bindings are installed for no other. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./rtsp_server.py', import.meta.url));
const PACKAGES = [
  'python3-gi',
  'gir1.2-gst-rtsp-server-1.0',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
];
/** The first use of GStreamer on a machine looks through all of its plugins. */
const CHECK_LIMIT_MS = 20_000;
const STOP_TIMEOUT_MS = 2_000;
/** How long the server of a Sightline that was killed may take to let go of the port. */
const PREDECESSOR_MS = 2_000;
const PORT_POLL_MS = 50;

export function rtspUrl(port: number, clip: DemoClip): string {
  return `rtsp://${HOST}:${port}/${clip}`;
}

/** One for every clip in `dir`. */
export function rtspUrls(dir: string, port: number): string[] {
  return clipsIn(dir).map((clip) => rtspUrl(port, clip));
}

/**
 * Makes sure that there is something to serve, and a server.
 *
 * @throws EngineError FILE_NOT_FOUND, RTSP_SERVER_MISSING
 */
export function checkRtspServer(dir: string, python = PYTHON): void {
  if (clipsIn(dir).length === 0) {
    throw new EngineError(
      'FILE_NOT_FOUND',
      `there is no demo clip to serve over RTSP in ${dir}: restore the folder demo of Sightline, or start without --rtsp`,
    );
  }
  const missing = missingOfRtspServer(python);
  if (missing === undefined) return;
  throw new EngineError(
    'RTSP_SERVER_MISSING',
    `--rtsp needs GStreamer's RTSP server, which cannot be run (${missing}): on Debian or Ubuntu, ` +
      `apt-get install ${PACKAGES.join(' ')}`,
  );
}

/** Why GStreamer's RTSP server cannot be run; undefined when it can. */
export function missingOfRtspServer(python = PYTHON): string | undefined {
  const { status, signal, error, stderr } = spawnSync(python, ['-B', SCRIPT, '--check'], {
    encoding: 'utf8',
    timeout: CHECK_LIMIT_MS,
  });
  if (status === 0) return undefined;
  return error?.message ?? (stderr.trim().split('\n').at(-1) || (signal ?? `exit code ${status}`));
}

/**
 * Resolves when the port can be had, which takes a moment after a Sightline was killed.
 *
 * @throws EngineError PORT_IN_USE
 */
export async function rtspPortFree(port: number, clock: Clock): Promise<void> {
  const givenUpMs = clock.elapsed() + PREDECESSOR_MS;
  for (;;) {
    const server = createServer().listen(port, HOST);
    try {
      await once(server, 'listening');
      const closed = once(server, 'close');
      server.close();
      await closed;
      return;
    } catch (err) {
      const taken = (err as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || clock.elapsed() >= givenUpMs) {
        throw new EngineError(
          'PORT_IN_USE',
          `the demo cannot be served over RTSP on port ${port} (${messageOf(err)}): ` +
            'choose another with --rtsp <port>, or stop the program that has it',
          { cause: err },
        );
      }
    }
    await clock.sleep(PORT_POLL_MS);
  }
}

export interface RtspServerSettings {
  /** Where the clips lie. */
  readonly dir: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves every clip in `dir`, each for ever: `rtspUrl` says where. */
export function superviseRtspServer({ dir, port, clock, log }: RtspServerSettings): Child {
  const files = clipsIn(dir).map((clip) => clipPath(dir, clip));
  return supervise({
    name: 'rtsp',
    program: PYTHON,
    args: ['-B', SCRIPT, '--port', String(port), ...files],
    clock,
    log,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
}
