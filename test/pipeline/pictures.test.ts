import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame as AvFrame } from 'node-av/lib';
import { PictureEncoder } from '../../src/pipeline/picture-encoder.ts';
import { TensorInput } from '../../src/pipeline/tensor-input.ts';

/** One colour all over, in limited-range BT.601 as cameras send it. */
function plain(width: number, height: number, [y, u, v]: [number, number, number]): AvFrame {
  const picture = new AvFrame();
  picture.alloc();
  picture.width = width;
  picture.height = height;
  picture.format = AV_PIX_FMT_YUV420P;
  picture.allocBuffer();
  for (const [i, value] of [y, u, v].entries()) picture.data?.[i].fill(value);
  return picture;
}

const SQUARE = { width: 416, height: 416 };
const RED: [number, number, number] = [81, 90, 240]; // BT.601: R 255, G 0, B 0

describe('TensorInput', () => {
  it('puts the picture at the top-left as planes B, G, R, 0 to 255, and grey around it', () => {
    const input = new TensorInput();
    const picture = plain(1280, 720, RED);
    const { planes, fitted } = input.fill(picture, SQUARE);
    assert.deepEqual([fitted.scaledWidth, fitted.scaledHeight], [416, 234]);
    const at = (channel: number, x: number, y: number) => planes[channel][y * 416 + x];
    for (const [x, y] of [
      [0, 0],
      [415, 0],
      [200, 233],
    ]) {
      assert.ok(at(0, x, y) < 4, `blue ${at(0, x, y)}`);
      assert.ok(at(1, x, y) < 4, `green ${at(1, x, y)}`);
      assert.ok(at(2, x, y) > 251, `red ${at(2, x, y)}`);
    }
    assert.deepEqual([at(0, 0, 234), at(1, 200, 300), at(2, 415, 415)], [114, 114, 114]);
    input.close();
    picture.free();
  });

  it('follows a change of size and leaves nothing of the last picture', () => {
    const input = new TensorInput();
    const wide = plain(1280, 720, RED);
    const tall = plain(360, 640, RED);
    input.fill(wide, SQUARE);
    const { planes, fitted } = input.fill(tall, SQUARE);
    assert.deepEqual([fitted.scaledWidth, fitted.scaledHeight], [234, 416]);
    const at = (channel: number, x: number, y: number) => planes[channel][y * 416 + x];
    assert.ok(at(2, 100, 415) > 251);
    assert.equal(at(2, 300, 100), 114);
    input.close();
    wide.free();
    tall.free();
  });
});

describe('TensorInput of a tight size', () => {
  it('holds the same pixels as the square one', () => {
    const picture = plain(1280, 720, RED);
    const luma = picture.data?.[0] as Buffer;
    for (let i = 0; i < luma.length; i++) luma[i] = 16 + (((i * 2654435761) >>> 24) % 220);
    const square = new TensorInput();
    const tight = new TensorInput();
    const all = square.fill(picture, SQUARE).planes;
    const part = tight.fill(picture, { width: 416, height: 256 }).planes;
    for (let channel = 0; channel < 3; channel++) {
      assert.deepEqual(part[channel].subarray(0, 416 * 234), all[channel].subarray(0, 416 * 234));
    }
    square.close();
    tight.close();
    picture.free();
  });
});

describe('PictureEncoder', () => {
  it('makes a JPEG of at most the width asked for, again and again, through changes of size', () => {
    const encoder = new PictureEncoder({ maxWidth: 960, quality: 75 });
    const large = plain(1920, 1080, RED);
    const small = plain(322, 180, RED);
    for (const [picture, width, height] of [
      [large, 960, 540],
      [large, 960, 540],
      [small, 322, 180],
      [large, 960, 540],
    ] as const) {
      const jpeg = encoder.encode(picture);
      assert.deepEqual(jpegSize(jpeg), { width, height });
    }
    encoder.close();
    large.free();
    small.free();
  });

  it('spends more bytes on more quality', () => {
    const picture = plain(640, 360, RED);
    const luma = picture.data?.[0] as Buffer;
    for (let i = 0; i < luma.length; i++) luma[i] = 16 + (((i * 2654435761) >>> 24) % 220); // noise, the same each run
    const sizes = [30, 60, 90].map((quality) => {
      const encoder = new PictureEncoder({ maxWidth: 960, quality });
      const { length } = encoder.encode(picture);
      encoder.close();
      return length;
    });
    assert.ok(sizes[0] < sizes[1] && sizes[1] < sizes[2], `sizes ${sizes}`);
    picture.free();
  });
});

/** Width and height from the start-of-frame segment (ITU-T T.81, B.2.2). */
function jpegSize(jpeg: Uint8Array): { width: number; height: number } {
  assert.deepEqual([...jpeg.subarray(0, 2)], [0xff, 0xd8], 'starts as a JPEG');
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  for (let at = 2; at < jpeg.length; at += 2 + view.getUint16(at + 2)) {
    if (jpeg[at + 1] === 0xc0) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
  }
  throw new Error('no start of frame');
}
