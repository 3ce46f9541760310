import { lookup } from 'node:dns/promises';
import {
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_PRFT,
  AVERROR_HTTP_BAD_REQUEST,
  AVERROR_HTTP_OTHER_4XX,
} from 'node-av/constants';
import type { Packet } from 'node-av/lib';
import type { RtspSource } from '../camera.ts';
import type { Clock } from '../clock.ts';
import { withoutCredentials } from '../credentials.ts';
import { EngineError } from '../errors.ts';
import { FrameOutput } from './frame-output.ts';
import { GatedDecoder } from './gated-decoder.ts';
import type { IngestContext } from './run-camera.ts';
import { VideoStream } from './stream.ts';
import { StreamClock } from './stream-clock.ts';
import { rtspError } from './stream-errors.ts';

/** For the whole of connecting, and for a connected camera that sends no video: noticed within 5 s. */
const OPEN_MS = 4_500;
const SILENCE_MS = 4_000;
/** The limit of each socket operation: must be set, or a mute peer holds its thread for ever. */
const SOCKET_TIMEOUT_MS = 4_500;
/** Video that never becomes a picture: longer than any sensible distance of key frames. */
const NO_PICTURE_MS = 30_000;
/** Codecs whose RTP packets FFmpeg joins to pictures with a parser. */
const JOINED_BY_PARSER: readonly number[] = [AV_CODEC_ID_H264, AV_CODEC_ID_HEVC];
const UDP_BUFFER_BYTES = 2 * 1024 * 1024; // a key frame comes as one burst

/**
 * Plays one connection to an RTSP camera until it fails.
 *
 * Live: nothing here waits for the consumer.
 *
 * @param onFrame called for every decoded frame.
 * @throws EngineError STREAM_*, or the abort reason.
 */
export async function playRtsp(
  source: RtspSource,
  context: IngestContext,
  onFrame: () => void,
): Promise<never> {
  const { clock, counters, gate, signal } = context;
  const stream = await openRtsp(source, clock, signal);
  const output = new FrameOutput(context);
  const times = new StreamClock();
  let decoder: GatedDecoder | undefined;
  try {
    gate?.restart();
    decoder = new GatedDecoder({
      stream: stream.stream,
      pool: output.pool,
      elapsed: clock.elapsed,
      gate,
      counters,
    });
    const { num, den } = stream.stream.timeBase;
    const tickMs = (num / den) * 1000;
    // FFmpeg's parser knows a picture's end by the next one's beginning, and hands it over only then
    const joined = JOINED_BY_PARSER.includes(stream.stream.codecpar.codecId);
    const openedAtMs = clock.elapsed();
    let previousElapsedMs = openedAtMs;
    const onDamaged = () => output.damaged();
    for (;;) {
      const packet = await stream.read(onDamaged);
      if (!packet)
        throw new EngineError('STREAM_CLOSED', `${withoutCredentials(source.url)} ended the stream`);
      counters.received++;
      const arrivedAtMs = clock.now();
      const arrivedElapsedMs = clock.elapsed();
      times.packetArrived({
        ptsMs: milliseconds(packet.pts, tickMs),
        // counted back on the clock that nobody sets
        beganAtMs: joined ? arrivedAtMs - (arrivedElapsedMs - previousElapsedMs) : arrivedAtMs,
        arrivedAtMs,
        arrivedElapsedMs,
        sentAtMs: sentAtMs(packet),
      });
      previousElapsedMs = arrivedElapsedMs;
      decoder.send(packet);
      for (let picture = decoder.receive(); picture; picture = decoder.receive()) {
        output.settle(decoder.decoder);
        output.publish(
          picture,
          decoder.decoder.codec,
          times.frameTimes(milliseconds(picture.bestEffortTimestamp, tickMs)),
        );
        onFrame();
      }
      output.settle(decoder.decoder);
      if (output.frames === 0 && clock.elapsed() - openedAtMs > NO_PICTURE_MS) {
        throw new EngineError(
          'STREAM_FAILED',
          `${withoutCredentials(source.url)} sends ${decoder.decoder.codec} without a usable key frame: shorten its key frame interval`,
        );
      }
    }
  } finally {
    await stream.close();
    decoder?.close();
    output.pool.close();
  }
}

async function openRtsp(source: RtspSource, clock: Clock, signal: AbortSignal): Promise<VideoStream> {
  await resolveHost(source.url, clock, signal);
  let avError = 0;
  const open = (options: Record<string, string>) =>
    VideoStream.open(
      {
        url: source.url,
        options: {
          rtsp_transport: source.transport ?? 'tcp',
          timeout: String(SOCKET_TIMEOUT_MS * 1000),
          // with probing left out, packets need no buffering: the first picture comes at once
          fflags: 'nobuffer',
          buffer_size: String(UDP_BUFFER_BYTES),
          ...options,
        },
        probe: false,
        limits: { openMs: OPEN_MS, silenceMs: SILENCE_MS },
        error: (code, step, timedOut) => rtspError((avError = code), { url: source.url, step, timedOut }),
        noVideo: () => noVideo(source.url),
      },
      clock,
      signal,
    );
  try {
    return await open({ allowed_media_types: 'video' });
  } catch (error) {
    // servers answer the request to play nothing with some 4xx: asking for everything tells the reason
    if (avError !== AVERROR_HTTP_OTHER_4XX && avError !== AVERROR_HTTP_BAD_REQUEST) throw error;
    return await open({});
  }
}

function noVideo(url: string): EngineError {
  return new EngineError(
    'STREAM_NO_VIDEO',
    `${withoutCredentials(url)} has no video stream: choose another path or enable video on the camera`,
  );
}

/** Looks the host up where it can be given up: FFmpeg's own lookup cannot be interrupted. */
async function resolveHost(url: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
  if (!host) return; // FFmpeg understands more than WHATWG's URLs
  const done = new AbortController();
  const timeout = clock.sleep(OPEN_MS, AbortSignal.any([signal, done.signal])).then(() => false);
  const found = lookup(host).then(
    () => true,
    () => false,
  );
  const known = await Promise.race([found, timeout]);
  done.abort();
  signal.throwIfAborted();
  if (!known) {
    throw new EngineError(
      'STREAM_UNREACHABLE',
      `no address known for host ${host}: check its name and the DNS`,
    );
  }
}

function milliseconds(timestamp: bigint, tickMs: number): number {
  return timestamp === AV_NOPTS_VALUE ? Number.NaN : Number(timestamp) * tickMs;
}

/**
 * The camera's own wall clock for a packet, from the latest RTCP sender report: FFmpeg's AVProducerReferenceTime,
 * microseconds since the epoch as a native int64. NaN until the first report.
 */
function sentAtMs(packet: Packet): number {
  const reference = packet.getSideData(AV_PKT_DATA_PRFT);
  return reference ? Number(reference.readBigInt64LE(0)) / 1000 : Number.NaN;
}
