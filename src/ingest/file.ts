import { AV_NOPTS_VALUE } from 'node-av/constants';
import type { FileSource } from '../camera.ts';
import { EngineError } from '../errors.ts';
import { FilePace } from './file-pace.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameSlots } from './frame-slots.ts';
import { GatedDecoder } from './gated-decoder.ts';
import type { IngestContext } from './run-camera.ts';
import { VideoStream } from './stream.ts';
import { fileError } from './stream-errors.ts';

/** Unreleased frames of a file played once: one being analysed, one waiting. */
const MAX_UNRELEASED = 2;
const DEFAULT_FRAME_MS = 40;

/**
 * Demuxers a user's file may choose. Left out are those that open other files or URLs (playlists, concat,
 * image sequences) and those that take any text for a picture.
 */
const FORMATS =
  'mov,matroska,avi,mpegts,mpeg,flv,asf,mxf,ogg,ivf,h264,hevc,mpegvideo,m4v,av1,obu,mjpeg,3gp,nut,wtv,dv,rm';

/**
 * Plays a file once, or for ever with media time that goes on rising: one run either way.
 *
 * Once: loses no frame; resolves when the last one was released. Looped: stands for a live camera.
 *
 * @throws EngineError FILE_NOT_FOUND, FILE_NOT_VIDEO, STREAM_*, or the abort reason.
 */
export async function playFile(
  source: FileSource,
  context: IngestContext,
  onFrame: () => void,
): Promise<void> {
  const { clock, signal } = context;
  const slots = source.loop ? undefined : new FrameSlots(MAX_UNRELEASED);
  const output = new FrameOutput(context, slots);
  const timeline: Timeline = { nextMs: 0, pace: paceOf(source, context) };
  try {
    do {
      const framesBefore = output.frames;
      await playPass(source, context, { output, slots, timeline, onFrame });
      if (output.frames === framesBefore) {
        throw new EngineError('FILE_NOT_VIDEO', `no picture in ${source.path} could be decoded`);
      }
      await clock.sleep(0, signal); // a short file looped must not starve its neighbours
    } while (source.loop && !signal.aborted);
    await slots?.empty(signal);
    signal.throwIfAborted();
  } finally {
    output.pool.close();
  }
}

function paceOf(source: FileSource, { clock }: IngestContext): FilePace | undefined {
  return source.loop || (source.pace ?? 'realtime') === 'realtime' ? new FilePace(clock) : undefined;
}

interface Timeline {
  /** Media time of the next pass's first picture, milliseconds since the run began. */
  nextMs: number;
  /** Absent when the file plays as fast as it is analysed. */
  readonly pace: FilePace | undefined;
}

interface Pass {
  readonly output: FrameOutput;
  readonly slots: FrameSlots | undefined;
  readonly timeline: Timeline;
  readonly onFrame: () => void;
}

/** Plays the file from its beginning to its end. Opened anew each time: that works for every format, cut ones too. */
async function playPass(source: FileSource, context: IngestContext, pass: Pass): Promise<void> {
  const { counters, clock, gate, signal } = context;
  const { output, slots, timeline } = pass;
  const stream = await openFile(source.path, context);
  let decoder: GatedDecoder | undefined;
  try {
    decoder = new GatedDecoder({
      stream: stream.stream,
      pool: output.pool,
      elapsed: clock.elapsed,
      gate,
      counters,
    });
    const { num, den } = stream.stream.timeBase;
    const tickMs = (num / den) * 1000;
    const rate = stream.stream.avgFrameRate;
    const frameMs = rate.num > 0 && rate.den > 0 ? (1000 * rate.den) / rate.num : DEFAULT_FRAME_MS;
    let base = Number.NaN;
    let endMs = 0; // of the packets, decoded or not
    let ended = false;
    while (!ended) {
      const packet = await readToEnd(stream, () => output.damaged());
      ended = packet === null;
      if (packet) {
        counters.received++;
        const decodedAtMs = mediaTime(packet.dts, base, tickMs);
        // pictures set the pace, but a gate may withhold them
        if (gate?.state === 'still' && !Number.isNaN(decodedAtMs))
          await timeline.pace?.due(decodedAtMs, signal);
        signal.throwIfAborted();
        const shownAtMs = mediaTime(packet.pts, base, tickMs);
        if (shownAtMs + frameMs > endMs) endMs = shownAtMs + frameMs;
      }
      decoder.send(packet);
      for (;;) {
        await slots?.free(signal);
        signal.throwIfAborted();
        const picture = decoder.receive();
        output.settle(decoder.decoder);
        if (!picture) break;
        const timestamp = picture.bestEffortTimestamp;
        let ptsMs = timeline.nextMs;
        if (timestamp !== AV_NOPTS_VALUE) {
          const rawMs = Number(timestamp) * tickMs;
          if (Number.isNaN(base)) base = rawMs - timeline.nextMs;
          // broken files step back: go on at the nominal rate
          if (rawMs - base > timeline.nextMs - frameMs) ptsMs = rawMs - base;
        }
        timeline.nextMs = ptsMs + frameMs;
        try {
          await timeline.pace?.due(ptsMs, signal);
          signal.throwIfAborted();
        } catch (error) {
          output.pool.give(picture);
          throw error;
        }
        const arrivedAtMs = clock.now();
        const capturedAtMs = Math.min(timeline.pace?.wallClock(ptsMs) ?? arrivedAtMs, arrivedAtMs);
        output.publish(picture, decoder.decoder.codec, { ptsMs, capturedAtMs, arrivedAtMs });
        pass.onFrame();
      }
    }
    if (gate && endMs > timeline.nextMs) timeline.nextMs = endMs;
  } finally {
    await stream.close();
    decoder?.close();
  }
}

/** Media time of a packet's timestamp, given where the pass began; NaN when unknown. */
function mediaTime(timestamp: bigint, base: number, tickMs: number): number {
  return timestamp === AV_NOPTS_VALUE ? Number.NaN : Number(timestamp) * tickMs - base;
}

/** The next packet; a read error in the middle of a file is its end: what it has was played. */
async function readToEnd(stream: VideoStream, onDamaged: () => void) {
  try {
    return await stream.read(onDamaged);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    onDamaged();
    return null;
  }
}

function openFile(path: string, { clock, signal }: IngestContext): Promise<VideoStream> {
  return VideoStream.open(
    {
      // `file:` keeps a path from being taken for another of FFmpeg's protocols
      url: `file:${path}`,
      options: { protocol_whitelist: 'file', format_whitelist: FORMATS },
      probe: true,
      error: (code) => fileError(code, path),
      noVideo: () => new EngineError('FILE_NOT_VIDEO', `${path} has no video track: choose another file`),
    },
    clock,
    signal,
  );
}
