import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Decoder, Demuxer } from 'node-av/api';
import {
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
} from 'node-av/constants';
import { Frame as AvFrame } from 'node-av/lib';
import type { Placement } from '../../src/pipeline/letterbox.ts';
import { TensorInput } from '../../src/pipeline/tensor-input.ts';
import { missingSharedData, sharedData, TOWN_CENTRE } from '../support/shared-data.ts';

type Yuv = readonly [y: number, u: number, v: number];

function plain(width: number, height: number, colour: Yuv): AvFrame {
  const picture = new AvFrame();
  picture.alloc();
  picture.width = width;
  picture.height = height;
  picture.format = AV_PIX_FMT_YUV420P;
  picture.allocBuffer();
  for (const [i, value] of colour.entries()) picture.data?.[i].fill(value);
  return picture;
}

/** ITU-R BT.601 and BT.709: luma weights of red and blue. */
const WEIGHTS = { 601: [0.299, 0.114], 709: [0.2126, 0.0722] } as const;

/** Red, green, blue by the definition of the standard. */
function rgb([y, u, v]: Yuv, matrix: 601 | 709, full: boolean): number[] {
  const [kr, kb] = WEIGHTS[matrix];
  const luma = full ? y : ((y - 16) * 255) / 219;
  const [cb, cr] = [u, v].map((chroma) => (chroma - 128) * (full ? 1 : 255 / 224));
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  const green = (luma - kr * red - kb * blue) / (1 - kr - kb);
  return [red, green, blue].map((value) => Math.max(0, Math.min(255, value)));
}

describe('TensorInput', () => {
  for (const [name, matrix, full, space] of [
    ['BT.601', 601, false, AVCOL_SPC_BT470BG],
    ['BT.709, as HD streams have it', 709, false, AVCOL_SPC_BT709],
    ['BT.601 in full range, as JPEG has it', 601, true, AVCOL_SPC_BT470BG],
    ['BT.709 in full range', 709, true, AVCOL_SPC_BT709],
  ] as const) {
    it(`takes colours as the frame marks them: ${name}`, () => {
      const input = new TensorInput();
      for (const colour of [
        [81, 90, 200],
        [150, 54, 100],
        [60, 180, 120],
        [200, 128, 128],
      ] as const) {
        const picture = plain(640, 360, colour);
        picture.colorSpace = space;
        picture.colorRange = full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
        const { planes } = input.fill(picture, { width: 416, height: 256 });
        const got = [2, 1, 0].map((channel) => planes[channel][100 * 416 + 200]);
        const expected = rgb(colour, matrix, full);
        for (const [i, value] of expected.entries())
          assert.ok(Math.abs(got[i] - value) <= 2, `${got} for ${expected}`);
        picture.free();
      }
      input.close();
    });
  }

  it('takes up other marks in mid-stream', () => {
    const input = new TensorInput();
    const colour = [81, 90, 200] as const;
    for (const [space, matrix] of [
      [AVCOL_SPC_BT709, 709],
      [AVCOL_SPC_BT470BG, 601],
    ] as const) {
      const picture = plain(640, 360, colour);
      picture.colorSpace = space;
      picture.colorRange = AVCOL_RANGE_MPEG;
      const { planes } = input.fill(picture, { width: 416, height: 256 });
      assert.ok(Math.abs(planes[1][1000] - rgb(colour, matrix, false)[1]) <= 2);
      picture.free();
    }
    input.close();
  });

  const real = { skip: missingSharedData(TOWN_CENTRE) };
  it('puts the same pixels of a real frame wherever they belong, with padding around', real, async () => {
    const picture = await firstPicture(sharedData(TOWN_CENTRE));
    // the frame says so itself, so its greens are not those of an initialised scaler, which knows BT.601 only
    assert.equal(picture.colorSpace, AVCOL_SPC_BT709);
    const reference = new TensorInput();
    const input = new TensorInput();
    for (const [width, height] of [
      [416, 416],
      [416, 256],
      [320, 640],
      [640, 192], // wider than the picture: padding on the left and the right
      [72, 40], // rows that libswscale would leave gaps between
    ]) {
      const size = { width, height };
      const topLeft = reference.fill(picture, size, { at: 'top-left', padding: 7 });
      for (const at of ['centre', 'top-left'] as const) {
        const placement: Placement = { at, padding: 7 };
        for (let frame = 0; frame < 2; frame++) {
          const { planes, fitted, sourceWidth, sourceHeight } = input.fill(picture, size, placement);
          assert.deepEqual([sourceWidth, sourceHeight, planes[0].length], [854, 480, width * height]);
          const { offsetX, offsetY, scaledWidth, scaledHeight } = fitted;
          assert.deepEqual(
            [scaledWidth, scaledHeight],
            [topLeft.fitted.scaledWidth, topLeft.fitted.scaledHeight],
          );
          for (let channel = 0; channel < 3; channel++) {
            const expected = new Uint8Array(width * height).fill(7);
            for (let row = 0; row < scaledHeight; row++) {
              const line = topLeft.planes[channel].subarray(row * width, row * width + scaledWidth);
              expected.set(line, (row + offsetY) * width + offsetX);
            }
            assert.deepEqual(
              Buffer.from(planes[channel]),
              Buffer.from(expected),
              `${at} in ${width}x${height}`,
            );
          }
        }
      }
    }
    const { fitted, planes } = input.fill(
      picture,
      { width: 416, height: 416 },
      { at: 'stretch', padding: 7 },
    );
    assert.deepEqual([fitted.scaledWidth, fitted.scaledHeight], [416, 416]);
    assert.ok(new Set(planes[0].subarray(-416)).size > 3, 'the picture reaches the last row');
    for (const one of [input, reference]) one.close();
    picture.free();
  });
});

async function firstPicture(path: string): Promise<AvFrame> {
  await using demuxer = await Demuxer.open(path);
  const video = demuxer.video();
  assert.ok(video);
  using decoder = await Decoder.create(video);
  for await (const packet of demuxer.packets(video.index)) {
    using _ = packet;
    const [picture, ...rest] = await decoder.decodeAll(packet);
    for (const other of rest) other.free();
    if (picture) return picture;
  }
  throw new Error(`no picture in ${path}`);
}
