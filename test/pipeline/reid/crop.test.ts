import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame as AvFrame } from 'node-av/lib';
import { Cropper, type PlanarPicture } from '../../../src/pipeline/reid/crop.ts';
import { WorkingPicture } from '../../../src/pipeline/reid/working-picture.ts';

type Planes = readonly [Uint8Array, Uint8Array, Uint8Array];
const planesOf = (length: number): Planes => [
  new Uint8Array(length),
  new Uint8Array(length),
  new Uint8Array(length),
];

/** A picture whose planes hold `value(x, y)`, and twice and half of it; rows with a gap between them. */
function painted(width: number, height: number, value: (x: number, y: number) => number): PlanarPicture {
  const stride = width + 7;
  const planes = planesOf(stride * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      planes.forEach((plane, channel) => {
        plane[y * stride + x] = value(x, y) * [1, 2, 0.5][channel];
      });
  return { planes, width, height, stride };
}

describe('Cropper', () => {
  it('copies a box of the size asked for, to the pixel', () => {
    const picture = painted(60, 50, (x, y) => (x * 7 + y * 13) % 120);
    const into = planesOf(16 * 24);
    new Cropper().crop(picture, 11, 9, 16, 24, { width: 16, height: 24 }, into);
    for (let y = 0; y < 24; y++)
      for (let x = 0; x < 16; x++)
        for (let channel = 0; channel < 3; channel++)
          assert.equal(into[channel][y * 16 + x], picture.planes[channel][(y + 9) * picture.stride + x + 11]);
  });

  it('keeps a slope a slope when it enlarges and when it reduces', () => {
    const picture = painted(200, 200, (x, y) => x / 4 + y / 4);
    const cropper = new Cropper();
    for (const [x, y, width, height] of [
      [20.5, 30.25, 10, 12],
      [10, 10, 150, 180],
    ]) {
      const into = planesOf(32 * 64);
      cropper.crop(picture, x, y, width, height, { width: 32, height: 64 }, into);
      for (let row = 4; row < 60; row++)
        for (let col = 2; col < 30; col++) {
          const expected =
            (x + ((col + 0.5) * width) / 32 - 0.5) / 4 + (y + ((row + 0.5) * height) / 64 - 0.5) / 4;
          const found = into[0][row * 32 + col];
          assert.ok(Math.abs(found - expected) <= 1.5, `${found} at ${col},${row}, expected ${expected}`);
        }
    }
  });

  it('sees every pixel when it reduces: stripes become grey, not stripes', () => {
    const picture = painted(512, 512, (x) => (x % 2 === 0 ? 0 : 120));
    const into = planesOf(32 * 32);
    new Cropper().crop(picture, 100, 100, 400, 400, { width: 32, height: 32 }, into);
    for (const value of into[0]) assert.ok(Math.abs(value - 60) <= 8, `${value}`);
  });

  it('reads nothing beyond the picture', () => {
    const picture = painted(40, 30, () => 100);
    for (const plane of picture.planes)
      for (let y = 0; y < 30; y++) plane.fill(255, y * picture.stride + 40, (y + 1) * picture.stride);
    const into = planesOf(16 * 16);
    const cropper = new Cropper();
    for (const [x, y, width, height] of [
      [0, 0, 40, 30],
      [35, 20, 5, 10],
      [39.5, 29.5, 0.5, 0.5],
    ]) {
      cropper.crop(picture, x, y, width, height, { width: 16, height: 16 }, into);
      assert.ok(into[0].every((value) => value === 100));
    }
  });
});

describe('WorkingPicture', () => {
  it('gives planes B, G, R at most as large as it is told, through changes of size', () => {
    const working = new WorkingPicture(192, 108);
    for (const [width, height, expected] of [
      [384, 216, [192, 108]],
      [100, 80, [100, 80]],
      [100, 1080, [10, 108]],
    ] as const) {
      const picture = new AvFrame();
      picture.alloc();
      picture.width = width;
      picture.height = height;
      picture.format = AV_PIX_FMT_YUV420P;
      picture.allocBuffer();
      const red = [81, 90, 240]; // BT.601
      for (const [i, value] of red.entries()) picture.data?.[i].fill(value);
      const { planes, stride, ...size } = working.take(picture);
      assert.deepEqual([size.width, size.height], expected);
      const at = stride * (size.height - 1) + size.width - 1;
      assert.ok(
        planes[0][at] < 5 && planes[1][at] < 5 && planes[2][at] > 250,
        planes.map((p) => p[at]).join(),
      );
      picture.free();
    }
    working.close();
  });
});
