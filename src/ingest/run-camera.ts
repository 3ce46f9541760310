import type { Source } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { EngineError, type ErrorCode, messageOf } from '../errors.ts';
import type { Frame } from '../frame.ts';
import type { Logger } from '../observe/logger.ts';
import { Backoff } from './backoff.ts';
import { DemoClips } from './demo.ts';
import { playFile } from './file.ts';
import type { MotionGate } from './motion-gate.ts';
import type { Picture } from './picture.ts';
import { playRtsp } from './rtsp.ts';

export interface IngestCounters {
  /** Video packets read. */
  received: number;
  decoded: number;
  /** Milliseconds this thread was busy decoding, summed up. */
  decodeMs: number;
  /** Packets and pictures that were damaged: skipped where nothing could be seen, else patched up. */
  damaged?: number;
  /** Packets that were never decoded because the picture stood still. */
  skipped?: number;
  /** Pictures decoded, but not published because the picture stood still; not among the `decoded`. */
  withheld?: number;
}

export type IngestState =
  | { state: 'connecting' }
  /** Reported with the first decoded frame, and again on every change of size. */
  | { state: 'live'; width: number; height: number; codec: string }
  /** Lasts, through all further attempts, until the camera is live again. */
  | { state: 'retrying'; code: ErrorCode; message: string; nextTryAtMs: number; attempts: number }
  /** Final: a file played once has ended (STREAM_ENDED), or trying again cannot help (FILE_NOT_VIDEO). */
  | { state: 'stopped'; code: ErrorCode; message: string };

export interface IngestContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Names the run of a source that plays once and always the same; else each connection gets a name of its own. */
  readonly run?: string;
  /** Incremented in place. */
  readonly counters: IngestCounters;
  /** Rests the decoding and publishing of a picture that stands still; without it every picture is published. */
  readonly gate?: MotionGate;
  /** Where demo cameras get their clips, those of one thread from the same; else from the project. */
  readonly demo?: DemoClips;
  /** Takes over the frame; it must be released exactly once. */
  publish(frame: Frame<Picture>): void;
  onState(state: IngestState): void;
  /** One call for each decoded frame, with the time this thread was busy for it. */
  onDecoded?(decodeMs: number): void;
}

/**
 * Keeps one camera connected until `signal` aborts, or until a file played once has ended and all its frames
 * were released. Settles when everything native is released, frames still held by the consumer apart.
 *
 * Failures are reported as states and retried with back-off for ever; only a programming error rejects.
 */
export async function runCamera(source: Source, context: IngestContext): Promise<void> {
  const { clock, log, signal } = context;
  const backoff = new Backoff();
  let attempts = 0;
  const onFrame = () => {
    attempts = 0;
    backoff.reset();
  };
  if (!signal.aborted) context.onState({ state: 'connecting' });
  while (!signal.aborted) {
    const problem = await play(source, context, onFrame);
    if (!problem) return;
    const { code, message } = problem;
    if (code === 'STREAM_ENDED' || code === 'FILE_NOT_VIDEO') {
      log.info({ code, reason: message }, 'camera stopped');
      context.onState({ state: 'stopped', code, message });
      return;
    }
    attempts++;
    const delayMs = backoff.delayMs(code);
    log.warn({ code, reason: message, cause: messageOf(problem.cause), attempts, delayMs }, 'stream lost');
    context.onState({ state: 'retrying', code, message, nextTryAtMs: clock.now() + delayMs, attempts });
    await clock.sleep(delayMs, signal);
  }
}

/** Plays until it ends: why, or undefined when `signal` aborted. */
async function play(
  source: Source,
  context: IngestContext,
  onFrame: () => void,
): Promise<EngineError | undefined> {
  try {
    if (source.kind === 'rtsp') await playRtsp(source, context, onFrame);
    else if (source.kind === 'demo') await (context.demo ?? new DemoClips()).play(source, context, onFrame);
    else await playFile(source, context, onFrame);
    return new EngineError('STREAM_ENDED', 'the file was played to its end');
  } catch (error) {
    if (context.signal.aborted) return undefined;
    if (error instanceof EngineError) return error;
    throw error;
  }
}
