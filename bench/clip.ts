import { existsSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_ERROR,
  AV_PIX_FMT_YUV420P,
  AVMEDIA_TYPE_VIDEO,
  FF_ENCODER_LIBX264,
  SWS_BICUBIC,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FormatContext,
  Frame,
  Log,
  Packet,
  Rational,
  SoftwareScaleContext,
} from 'node-av/lib';

export interface ClipSettings {
  readonly source: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly seconds: number;
}

function check(code: number, what: string): number {
  if (code < 0) throw new Error(`${what} failed (${code})`);
  return code;
}

/**
 * A clip as a camera would send it, H.264 without B-frames at about 2.5 Mb/s with a key frame every two
 * seconds: `source` scaled, encoded once, and its packets repeated to the length asked for. Kept in the
 * temporary folder for the next run. Answers its path and number of frames.
 */
export async function makeClip(settings: ClipSettings): Promise<{ path: string; frames: number }> {
  Log.setLevel(AV_LOG_ERROR);
  const { source, width, height, fps, seconds } = settings;
  const name = `sightline-${basename(source).replace(/\W+/g, '-')}-${statSync(source).size}-${width}x${height}-${fps}-${seconds}s.mp4`;
  const path = join(tmpdir(), name);
  const frames = Math.round(seconds * fps);
  if (existsSync(path)) return { path, frames };

  const { packets, encoder } = await encodeOnce(settings);
  const partial = `${path}.${process.pid}.mp4`;
  const output = new FormatContext();
  check(output.allocOutputContext2(null, 'mp4', partial), 'creating the clip');
  const stream = output.newStream(null);
  check(encoder.codecpar(stream), 'copying the parameters');
  stream.timeBase = new Rational(1, fps);
  check(await output.openOutput(), 'opening the clip');
  check(await output.writeHeader(null), 'writing the header');
  for (let i = 0; i < frames; i++) {
    const packet = packets[i % packets.length].clone();
    if (!packet) throw new Error('out of memory');
    packet.streamIndex = stream.index;
    packet.pts = packet.dts = BigInt(i);
    packet.duration = 1n;
    packet.rescaleTs({ num: 1, den: fps }, stream.timeBase);
    check(await output.interleavedWriteFrame(packet), 'writing a packet');
    packet.free();
  }
  check(await output.writeTrailer(), 'writing the trailer');
  await output.closeOutput();
  output.freeContext();
  encoder.close();
  for (const packet of packets) packet.free();
  renameSync(partial, path);
  return { path, frames };
}

async function encodeOnce({ source, width, height, fps }: ClipSettings) {
  const input = new FormatContext();
  check(await input.openInput(source, null, null), `opening ${source}`);
  check(await input.findStreamInfo(), 'reading the streams');
  const index = check(input.findBestStream(AVMEDIA_TYPE_VIDEO), 'finding the video');
  const { codecpar } = input.streams[index];
  const decoderCodec = Codec.findDecoder(codecpar.codecId);
  const decoder = new CodecContext();
  decoder.allocContext3(decoderCodec);
  check(decoder.parametersToContext(codecpar), 'preparing the decoder');
  check(decoder.open2Sync(decoderCodec, null), 'opening the decoder');

  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = width;
  encoder.height = height;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.gopSize = fps * 2;
  encoder.maxBFrames = 0;
  encoder.bitRate = 2_500_000n;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  // not open2Sync: with a dictionary it frees it twice (node-av 6.1.1), which crashes at the next collection
  const options = Dictionary.fromObject({ preset: 'veryfast', profile: 'main' });
  check(await encoder.open2(codec, options), 'opening libx264');

  const packets: Packet[] = [];
  const scaler = new SoftwareScaleContext();
  const picture = new Frame();
  picture.alloc();
  let ready = false;
  let count = 0n;
  const collect = (): void => {
    for (;;) {
      const packet = new Packet();
      packet.alloc();
      if (encoder.receivePacketSync(packet) < 0) {
        packet.free();
        return;
      }
      packets.push(packet);
    }
  };
  const encodeDecoded = (): void => {
    while (decoder.receiveFrameSync(picture) >= 0) {
      if (!ready) {
        const format = picture.format as Parameters<SoftwareScaleContext['getContext']>[2];
        scaler.getContext(
          picture.width,
          picture.height,
          format,
          width,
          height,
          AV_PIX_FMT_YUV420P,
          SWS_BICUBIC,
        );
        check(scaler.initContext(), 'preparing the scaler');
        ready = true;
      }
      // a fresh picture each time: the encoder's threads may still read the last one
      const scaled = new Frame();
      scaled.alloc();
      scaled.width = width;
      scaled.height = height;
      scaled.format = AV_PIX_FMT_YUV420P;
      check(scaled.allocBuffer(), 'allocating a picture');
      check(scaler.scaleFrameSync(scaled, picture), 'scaling');
      picture.unref();
      scaled.pts = count++;
      check(encoder.sendFrameSync(scaled), 'encoding');
      scaled.free();
      collect();
    }
  };
  const packet = new Packet();
  packet.alloc();
  while ((await input.readFrame(packet)) >= 0) {
    if (packet.streamIndex === index) {
      decoder.sendPacketSync(packet);
      encodeDecoded();
    }
    packet.unref();
  }
  decoder.sendPacketSync(null);
  encodeDecoded();
  encoder.sendFrameSync(null);
  collect();
  packet.free();
  picture.free();
  scaler.freeContext();
  decoder.freeContext();
  await input.closeInput();
  return {
    packets,
    encoder: {
      codecpar: (stream: { codecpar: Parameters<CodecContext['parametersFromContext']>[0] }) =>
        stream.codecpar.fromContext(encoder),
      close: () => encoder.freeContext(),
    },
  };
}
