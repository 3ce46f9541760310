import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readPicture } from '../../../src/models/eval/read-picture.ts';
import { toRgb } from '../../../src/models/eval/to-rgb.ts';
import { PictureEncoder } from '../../../src/pipeline/picture-encoder.ts';
import { png } from './pictures.ts';

const dir = mkdtempSync(join(tmpdir(), 'sightline-pictures-'));
after(() => rmSync(dir, { recursive: true }));
const ORANGE = [240, 120, 30];

function file(name: string, content: Uint8Array | string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

/** Size, and the colour of the middle in RGB. */
async function look(path: string): Promise<{ width: number; height: number; middle: number[] }> {
  using picture = await readPicture(path);
  using rgb = toRgb(picture, path);
  const { width, height, linesize, data } = rgb;
  const at = (height >> 1) * linesize[0] + (width >> 1) * 3;
  return { width, height, middle: [...(data as Buffer[])[0].subarray(at, at + 3)] };
}

async function jpegOf(path: string): Promise<Uint8Array> {
  const encoder = new PictureEncoder({ maxWidth: 4096, quality: 100 });
  using picture = await readPicture(path);
  const jpeg = encoder.encode(picture);
  encoder.close();
  return jpeg;
}

describe('a picture file', () => {
  it('is decoded, PNG exactly', async () => {
    const path = file('orange.png', png(37, 21, ORANGE));
    assert.deepEqual(await look(path), { width: 37, height: 21, middle: ORANGE });
  });

  it('is decoded, JPEG with its full range', async () => {
    for (const colour of [ORANGE, [255, 255, 255], [0, 0, 0]]) {
      const source = file('colour.png', png(64, 48, colour));
      const { width, height, middle } = await look(file('colour.jpg', await jpegOf(source)));
      assert.deepEqual([width, height], [64, 48]);
      for (const [i, value] of middle.entries())
        assert.ok(Math.abs(value - colour[i]) <= 4, `${middle} is not ${colour}`);
    }
  });

  it('goes by what is in it, not by its name', async () => {
    assert.equal((await look(file('really-a-png.jpg', png(8, 8, ORANGE)))).width, 8);
  });

  it('is refused by name when it is missing, something else, cut short, damaged or too large', async () => {
    const whole = png(64, 64, ORANGE);
    const jpeg = await jpegOf(file('source.png', whole));
    const huge = Buffer.from(whole);
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    const damaged = Buffer.from(whole);
    damaged[25] = 99; // a colour type that does not exist
    const refused: [string, Uint8Array | string, RegExp][] = [
      ['text.jpg', 'not a picture', /text\.jpg is neither a JPEG nor a PNG file/],
      ['empty.jpg', '', /empty\.jpg is neither/],
      ['short.png', whole.subarray(0, whole.length - 6), /short\.png is cut short after \d+ bytes/],
      ['short.jpg', jpeg.subarray(0, jpeg.length - 20), /short\.jpg is cut short/],
      ['huge.png', huge, /huge\.png has 60000x60000 pixels; up to 100 megapixels/],
      ['damaged.png', damaged, /damaged\.png is a damaged PNG file/],
    ];
    for (const [name, content, message] of refused) {
      await assert.rejects(readPicture(file(name, content)), { code: 'PICTURE_INVALID', message });
    }
    await assert.rejects(readPicture(join(dir, 'none.jpg')), {
      code: 'FILE_NOT_FOUND',
      message: /none\.jpg/,
    });
  });
});
