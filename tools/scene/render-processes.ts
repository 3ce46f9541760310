import { fork } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type ClipFiles, type ClipSpec, partsOf } from './render-clip.ts';

const SCRIPT = fileURLToPath(new URL('./render-process.ts', import.meta.url));

/** What a rendering process says. */
export type FromRenderProcess = { readonly frames: number } | { readonly files: ClipFiles };

export interface RenderProcessOptions {
  readonly signal?: AbortSignal;
  /** Frames rendered so far, of all clips. */
  onFrames?(done: number): void;
}

/**
 * Renders clips, each in a process of its own, as many at a time as there are cores: looking for traffic and drawing a
 * still picture take a minute each and hold their thread all along.
 *
 * @throws the reason of `signal` when it aborts; no half of a clip is left then
 */
export async function renderInProcesses(
  specs: readonly ClipSpec[],
  directory: string,
  { signal, onFrames }: RenderProcessOptions = {},
): Promise<ClipFiles[]> {
  await mkdir(directory, { recursive: true });
  const failed = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const done = new Array<number>(specs.length).fill(0);
  const files = new Array<ClipFiles>(specs.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < specs.length) {
      const i = next++;
      try {
        files[i] = await renderInProcess(specs[i] as ClipSpec, directory, stop, (frames) => {
          done[i] = frames;
          onFrames?.(done.reduce((sum, frame) => sum + frame, 0));
        });
      } catch (err) {
        failed.abort(err); // the others stop, too
        throw err;
      }
    }
  };
  const lanes = Math.min(specs.length, availableParallelism());
  const results = await Promise.allSettled(Array.from({ length: lanes }, lane));
  signal?.throwIfAborted();
  failed.signal.throwIfAborted();
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return files;
}

async function renderInProcess(
  spec: ClipSpec,
  directory: string,
  signal: AbortSignal,
  onFrames: (done: number) => void,
): Promise<ClipFiles> {
  signal.throwIfAborted();
  // out of the terminal's process group: Ctrl-C reaches only this process, which ends it
  const child = fork(SCRIPT, { detached: true });
  const end = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', end);
  try {
    const ended = new Promise<string>((resolve, reject) => {
      child.once('exit', (code, killed) => resolve(killed ?? `exit code ${code}`));
      child.once('error', reject);
    });
    let files: ClipFiles | undefined;
    child.on('message', (message: FromRenderProcess) => {
      if ('files' in message) files = message.files;
      else onFrames(message.frames);
    });
    child.send({ spec, directory });
    const how = await ended;
    signal.throwIfAborted();
    if (!files) throw new Error(`the clip ${spec.name} could not be rendered (${how}); see above`);
    return files;
  } finally {
    signal.removeEventListener('abort', end);
    end();
    for (const part of partsOf(spec.name, directory)) await rm(part, { force: true });
  }
}
