import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InputEncoding } from '../../../src/pipeline/inference/input-encoding.ts';
import { inputLength, writeInput } from '../../../src/pipeline/inference/write-input.ts';

const SIZE = { width: 16, height: 8 };
const AREA = SIZE.width * SIZE.height;
const planes = [1, 5, 11].map((step) => Uint8Array.from({ length: AREA }, (_, i) => i * step)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/** By the definition: one number after the other. */
function expected({ layout, channels, range, mean = [0, 0, 0], std = [1, 1, 1] }: InputEncoding): number[] {
  const numbers = new Array<number>(3 * AREA);
  for (let i = 0; i < AREA; i++) {
    for (let c = 0; c < 3; c++) {
      const byte = planes[channels === 'BGR' ? c : 2 - c][i];
      numbers[layout === 'NCHW' ? c * AREA + i : 3 * i + c] =
        ((range === '0-1' ? byte / 255 : byte) - mean[c]) / std[c];
    }
  }
  return numbers;
}

describe('writeInput', () => {
  for (const layout of ['NCHW', 'NHWC'] as const) {
    for (const channels of ['BGR', 'RGB'] as const) {
      for (const range of ['0-255', '0-1'] as const) {
        for (const normalised of [false, true]) {
          const more = normalised && {
            mean: [0.485, 0.456, 0.406] as const,
            std: [0.229, 0.224, 0.225] as const,
          };
          for (const type of ['float32', 'float16'] as const) {
            it(`${layout} ${channels} ${range} ${type}${normalised ? ', mean and std' : ''}`, () => {
              const encoding: InputEncoding = { layout, channels, range, type, ...more };
              const length = inputLength(SIZE);
              assert.equal(length, 3 * AREA);
              const numbers = expected(encoding);
              if (type === 'float32') {
                const into = new Float32Array(length + 10).fill(-1);
                writeInput(planes, SIZE, encoding, into, 5);
                assert.deepEqual(into.subarray(5, 5 + length), Float32Array.from(numbers));
                assert.deepEqual([into[4], into[5 + length]], [-1, -1], 'nothing beside it is touched');
              } else {
                const into = new Float16Array(length + 10).fill(-1);
                writeInput(planes, SIZE, encoding, new Uint16Array(into.buffer), 5);
                assert.deepEqual(into.subarray(5, 5 + length), Float16Array.from(Float32Array.from(numbers)));
                assert.deepEqual([into[4], into[5 + length]], [-1, -1], 'nothing beside it is touched');
              }
            });
          }
        }
      }
    }
  }

  it('reads planes at any place and of any length', () => {
    for (const [offset, width, height] of [
      [1, 5, 3],
      [0, 5, 3],
      [4, 7, 1],
    ]) {
      const area = width * height;
      const memory = new Uint8Array(3 * area + 8).map((_, i) => i * 3);
      const parts = [0, 1, 2].map((k) => memory.subarray(offset + k * area, offset + (k + 1) * area)) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const into = new Float32Array(3 * area);
      const encoding: InputEncoding = { layout: 'NCHW', channels: 'BGR', range: '0-1', type: 'float32' };
      writeInput(parts, { width, height }, encoding, into, 0);
      assert.deepEqual(
        into,
        Float32Array.from([...parts[0], ...parts[1], ...parts[2]], (byte) => byte / 255),
      );
    }
  });
});
