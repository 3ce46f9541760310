import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { letterbox, tightInput } from '../../src/pipeline/letterbox.ts';

const SQUARE = { width: 416, height: 416 };

describe('letterbox', () => {
  it('fills the square with the larger side and keeps the aspect', () => {
    const sizes = (
      [
        [1280, 720],
        [720, 1280],
        [854, 480],
        [416, 416],
        [100, 50],
      ] as const
    ).map(([width, height]) => {
      const { scaledWidth, scaledHeight } = letterbox(width, height, { width: 416, height: 416 });
      return [scaledWidth, scaledHeight];
    });
    assert.deepEqual(sizes, [
      [416, 234],
      [234, 416],
      [416, 234],
      [416, 416],
      [416, 208],
    ]);
  });

  it('scales each axis by what its rounded size really is, so that the far edges come back exactly', () => {
    const side = fc.integer({ min: 1, max: 8192 });
    fc.assert(
      fc.property(side, side, fc.constantFrom(192, 416, 640), (width, height, inputSize) => {
        const fitted = letterbox(width, height, { width: inputSize, height: inputSize });
        for (const size of [fitted.scaledWidth, fitted.scaledHeight]) {
          assert.ok(Number.isInteger(size) && size >= 1 && size <= inputSize, `${size}`);
        }
        assert.equal(Math.max(fitted.scaledWidth, fitted.scaledHeight), inputSize);
        assert.ok(Math.abs(fitted.scaledWidth / fitted.scaleX - width) < 1e-9 * width);
        assert.ok(Math.abs(fitted.scaledHeight / fitted.scaleY - height) < 1e-9 * height);
      }),
    );
  });

  it('has an inverse, wherever the picture lies', () => {
    const side = fc.integer({ min: 1, max: 8192 });
    const cells = fc.integer({ min: 1, max: 20 });
    const at = fc.constantFrom('top-left', 'centre', 'stretch');
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        side,
        side,
        cells,
        cells,
        at,
        fraction,
        fraction,
        (width, height, across, down, placing, u, v) => {
          const input = { width: across * 32, height: down * 32 };
          const box = letterbox(width, height, input, placing);
          const { offsetX, offsetY, scaleX, scaleY, scaledWidth, scaledHeight } = box;
          for (const number of [offsetX, offsetY, scaledWidth, scaledHeight])
            assert.ok(Number.isInteger(number));
          assert.ok(offsetX >= 0 && offsetX + scaledWidth <= input.width, 'inside the input');
          assert.ok(offsetY >= 0 && offsetY + scaledHeight <= input.height, 'inside the input');
          // the corners of the frame are the corners of the picture; any point comes back
          assert.ok(Math.abs(width * scaleX - scaledWidth) < 1e-6);
          const [x, y] = [u * width, v * height];
          assert.ok(
            Math.abs((x * scaleX + offsetX - offsetX) / scaleX - x) <=
              1e-9 * Math.max(width, input.width / scaleX),
          );
          assert.ok(
            Math.abs((y * scaleY + offsetY - offsetY) / scaleY - y) <=
              1e-9 * Math.max(height, input.height / scaleY),
          );
          if (placing === 'stretch')
            assert.deepEqual([scaledWidth, scaledHeight], [input.width, input.height]);
          if (placing === 'centre') {
            const right = input.width - offsetX - scaledWidth;
            const bottom = input.height - offsetY - scaledHeight;
            assert.ok(
              right - offsetX >= 0 && right - offsetX <= 1 && bottom - offsetY >= 0 && bottom - offsetY <= 1,
            );
          }
        },
      ),
    );
  });

  it('leaves out the padding that no cell of the stride needs, at the same scale', () => {
    assert.deepEqual(tightInput(1280, 720, SQUARE, 32), { width: 416, height: 256 });
    assert.deepEqual(tightInput(720, 1280, SQUARE, 32), { width: 256, height: 416 });
    assert.deepEqual(tightInput(640, 480, SQUARE, 32), { width: 416, height: 320 });
    assert.deepEqual(tightInput(500, 500, SQUARE, 32), { width: 416, height: 416 });
    assert.deepEqual(tightInput(8000, 10, SQUARE, 32), { width: 416, height: 32 });
    const side = fc.integer({ min: 1, max: 8192 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const square = letterbox(width, height, { width: 416, height: 416 });
        const tight = letterbox(width, height, tightInput(width, height, SQUARE, 32));
        assert.deepEqual(
          [tight.scaledWidth, tight.scaledHeight, tight.scaleX, tight.scaleY],
          [square.scaledWidth, square.scaledHeight, square.scaleX, square.scaleY],
        );
      }),
    );
  });
});
