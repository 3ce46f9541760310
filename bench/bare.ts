import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Packet } from 'node-av/lib';
import * as ort from 'onnxruntime-node';
import type { InputSize } from '../src/pipeline/letterbox.ts';
import { withInputSize } from '../src/pipeline/onnx-input-size.ts';

/** The parts of a frame's journey that nobody can do without, alone: the limit everything is measured by. */
export type BarePart = 'decode' | 'infer';

const THIS_FILE = fileURLToPath(import.meta.url);

/**
 * Runs one part in `processes` processes at once, as the cores of a machine share caches and clock, and
 * answers the mean CPU milliseconds a frame.
 *
 * @param size for `infer`, another input size than the file's
 */
export async function measureBare(
  part: BarePart,
  file: string,
  frames: number,
  processes: number,
  size?: InputSize,
): Promise<number> {
  const runs = Array.from({ length: processes }, () =>
    promisify(execFile)(
      process.execPath,
      [THIS_FILE, part, file, String(frames), ...(size ? [String(size.width), String(size.height)] : [])],
      {
        env: { ...process.env, UV_THREADPOOL_SIZE: '4' },
      },
    ),
  );
  const results = (await Promise.all(runs)).map(({ stdout }) => Number(stdout));
  return results.reduce((sum, ms) => sum + ms, 0) / results.length;
}

/** Decoding alone, as `ffmpeg -f null` does it with one thread. */
async function decode(file: string, frames: number): Promise<number> {
  const input = new FormatContext();
  if ((await input.openInput(file, null, null)) < 0) throw new Error(`cannot open ${file}`);
  await input.findStreamInfo();
  const index = input.findBestStream(AVMEDIA_TYPE_VIDEO);
  const { codecpar } = input.streams[index];
  const codec = Codec.findDecoder(codecpar.codecId);
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  decoder.parametersToContext(codecpar);
  decoder.threadCount = 1;
  decoder.open2Sync(codec, null);
  const packet = new Packet();
  packet.alloc();
  const picture = new Frame();
  picture.alloc();
  let decoded = 0;
  const start = process.cpuUsage();
  while (decoded < frames) {
    const result = input.readFrameSync(packet);
    if (result === AVERROR_EOF) break;
    if (packet.streamIndex === index) {
      decoder.sendPacketSync(packet);
      while (decoder.receiveFrameSync(picture) >= 0) decoded++;
    }
    packet.unref();
  }
  return cpuMs(start) / decoded;
}

/** Inference alone, on noise: the time does not depend on the picture. */
async function infer(file: string, runs: number, size?: InputSize): Promise<number> {
  let model: Uint8Array = await readFile(file);
  if (size) model = withInputSize(model, 'images', size.width, size.height);
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const input = session.inputMetadata[0];
  const shape = (input.isTensor ? input.shape : []) as number[];
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7919) % 256);
  const feeds = { [input.name]: new ort.Tensor('float32', values, shape) };
  for (let i = 0; i < 10; i++) await session.run(feeds);
  const start = process.cpuUsage();
  for (let i = 0; i < runs; i++) await session.run(feeds);
  return cpuMs(start) / runs;
}

function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

if (process.argv[1] === THIS_FILE) {
  const [part, file, count, width, height] = process.argv.slice(2);
  const size = width ? { width: Number(width), height: Number(height) } : undefined;
  const ms = part === 'decode' ? await decode(file, Number(count)) : await infer(file, Number(count), size);
  process.stdout.write(`${ms}\n`);
  process.exit(0); // native finalizers have nothing left to say
}
