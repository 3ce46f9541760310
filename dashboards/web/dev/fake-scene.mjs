import {
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_MJPEG,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';

/** libavcodec's unit of quantiser scale (FF_QP2LAMBDA), times a scale of 4: good quality. */
const QUALITY = 4 * 118;

/**
 * A synthetic street for the double of the hub: figures that walk through the picture, and where they are.
 *
 * `next(atMs)` draws the scene of that moment and returns it as a JPEG with the exact boxes of the figures
 * (fractions of the frame), so that a picture with the boxes of another frame shows at once.
 */
export function createScene({ width, height, people, seed }) {
  const encoder = openEncoder(width, height);
  const luma = background(width, height);
  const walkers = Array.from({ length: people }, (_, i) => walker(i, seed));
  return {
    next(atMs) {
      const { frame } = encoder;
      frame.makeWritable();
      const planes = frame.data;
      const strides = frame.linesize;
      for (let y = 0; y < height; y++) {
        planes[0].set(luma.subarray(y * width, (y + 1) * width), y * strides[0]);
      }
      planes[1].fill(130);
      planes[2].fill(124);
      const objects = [];
      for (const person of walkers) {
        const [x, y, w, h] = person.boxAt(atMs);
        drawFigure(planes, strides, width, height, [x, y, w, h], person);
        if (x < -w * 0.6 || x > 1 - w * 0.4) continue;
        objects.push({
          label: 'person',
          confidence: person.confidence,
          box: [x, y, w, h],
          ...(person.isTracked ? { trackNumber: person.number } : {}),
        });
      }
      return { jpeg: encoder.encode(), objects };
    },
    close: () => encoder.close(),
  };
}

function walker(i, seed) {
  const random = (k) => {
    const x = Math.sin((i + 1) * 127.1 + k * 311.7 + seed * 74.7) * 43758.5453;
    return x - Math.floor(x);
  };
  const depth = 0.25 + 0.75 * random(1);
  const h = 0.16 + 0.36 * depth;
  const w = h * 0.24;
  const direction = random(2) < 0.5 ? -1 : 1;
  return {
    number: 3 + i * 7,
    isTracked: i % 6 !== 5,
    confidence: 0.34 + 0.6 * depth,
    chroma: [90 + 80 * random(3), 90 + 80 * random(4)],
    luma: 60 + 130 * random(5),
    boxAt(atMs) {
      const travel = ((atMs / 1000) * (0.03 + 0.05 * depth) + random(6) * 1.4) % 1.4;
      const x = (direction > 0 ? travel : 1.4 - travel) - 0.2;
      return [x, 0.3 + 0.62 * depth - h, w, h];
    },
  };
}

function background(width, height) {
  const luma = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const v = y / height;
    for (let x = 0; x < width; x++) {
      const u = x / width;
      const grain = ((x * 7919 + y * 104729) % 13) - 6;
      const wall = 92 + 20 * Math.sin(u * 9) + ((x >> 5) % 5 === 0 && v > 0.08 && v < 0.26 ? 46 : 0);
      luma[y * width + x] = (v < 0.34 ? wall : 58 + 62 * v) + grain;
    }
  }
  return luma;
}

function drawFigure(planes, strides, width, height, [x, y, w, h], { chroma, luma }) {
  const left = x * width;
  const top = y * height;
  const wide = w * width;
  const tall = h * height;
  for (let py = Math.max(0, Math.floor(top)); py < Math.min(height, top + tall); py++) {
    const v = (py - top) / tall;
    for (let px = Math.max(0, Math.floor(left)); px < Math.min(width, left + wide); px++) {
      const u = (px - left) / wide - 0.5;
      const isHead = (u / 0.26) ** 2 + ((v - 0.09) / 0.09) ** 2 < 1;
      const isBody = v > 0.18 && v < 0.58 && Math.abs(u) < 0.5 - 0.12 * v;
      const isLeg = v >= 0.58 && Math.abs(Math.abs(u) - 0.2) < 0.16;
      if (!isHead && !isBody && !isLeg) continue;
      planes[0][py * strides[0] + px] = isHead ? 175 : isBody ? luma : luma * 0.5;
      if (isHead) continue;
      const at = (py >> 1) * strides[1] + (px >> 1);
      planes[1][at] = chroma[0];
      planes[2][at] = chroma[1];
    }
  }
}

function openEncoder(width, height) {
  const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = width;
  context.height = height;
  context.pixelFormat = AV_PIX_FMT_YUVJ420P;
  context.colorRange = AVCOL_RANGE_JPEG;
  context.timeBase = new Rational(1, 25);
  context.threadCount = 1;
  context.setFlags(AV_CODEC_FLAG_QSCALE);
  context.globalQuality = QUALITY;
  if (context.open2Sync(codec, null) < 0) throw new Error('the JPEG encoder cannot be opened');
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = AV_PIX_FMT_YUVJ420P;
  frame.colorRange = AVCOL_RANGE_JPEG;
  frame.pts = 0n;
  frame.allocBuffer();
  const packet = new Packet();
  packet.alloc();
  return {
    frame,
    encode() {
      frame.pts += 1n;
      frame.quality = QUALITY;
      context.sendFrameSync(frame);
      context.receivePacketSync(packet);
      const jpeg = Buffer.from(packet.data);
      packet.unref();
      return jpeg;
    },
    close() {
      packet.free();
      frame.free();
      context.freeContext();
    },
  };
}
