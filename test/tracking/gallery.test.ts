import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppearanceMean } from '../../src/tracking/appearance-mean.ts';
import { Gallery } from '../../src/tracking/gallery.ts';
import { seeded } from '../support/seeded.ts';

const SIZE = 4;

/** Unit vectors, one a row. */
function rows(count: number, seed: number, size = SIZE): Float32Array {
  const random = seeded(seed);
  const all = Float32Array.from({ length: count * size }, () => random() - 0.5);
  for (let i = 0; i < count; i++) {
    const row = all.subarray(i * size, (i + 1) * size);
    const length = Math.hypot(...row);
    row.forEach((value, k) => {
      row[k] = value / length;
    });
  }
  return all;
}

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, k) => sum + value * b[k], 0) / (Math.hypot(...a) * Math.hypot(...b));
const row = (vectors: Float32Array, i: number): number[] => [...vectors.subarray(i * SIZE, (i + 1) * SIZE)];

function distance(of: Gallery | AppearanceMean, slot: number, vectors: Float32Array, i: number): number {
  const into = new Float64Array(3);
  of.distanceInto(into, 1, slot, vectors, i);
  return into[1];
}

describe('Gallery', () => {
  it('tells the least distance to the last vectors of each track, like plain lists', () => {
    const vectors = rows(50, 1);
    const action = fc.record({
      slot: fc.nat({ max: 40 }),
      row: fc.nat({ max: 49 }),
      what: fc.constantFrom('add', 'add', 'add', 'clear'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 1, max: 6 }), (actions, depth) => {
        const gallery = new Gallery(depth);
        gallery.adopt(SIZE);
        const lists = new Map<number, number[]>();
        for (const { slot, row: added, what } of actions) {
          const list = lists.get(slot) ?? [];
          lists.set(slot, list);
          if (what === 'add') {
            gallery.add(slot, vectors, added);
            list.push(added);
            if (list.length > depth) list.shift();
          } else {
            gallery.clear(slot);
            list.length = 0;
          }
        }
        for (let slot = 0; slot <= 41; slot++) {
          const list = lists.get(slot) ?? [];
          assert.equal(gallery.count(slot), list.length);
          const least = Math.min(...list.map((held) => 1 - cosine(row(vectors, held), row(vectors, 7))));
          const told = distance(gallery, slot, vectors, 7);
          assert.ok(told === least || Math.abs(told - least) < 1e-6, `${told}, expected ${least}`);
        }
      }),
    );
  });

  it('takes no more memory the longer tracks live, nor for slots used again', () => {
    const gallery = new Gallery(30);
    gallery.adopt(SIZE);
    const vectors = rows(20, 2);
    const live = () => {
      for (let i = 0; i < 2000; i++) gallery.add(i % 20, vectors, i % 20);
      for (let slot = 0; slot < 20; slot++) gallery.clear(slot);
    };
    live();
    const { bytes } = gallery;
    for (let i = 0; i < 10; i++) live();
    assert.equal(gallery.bytes, bytes);
    assert.ok(bytes <= 32 * (30 * SIZE * 4 + 8), `${bytes} bytes for 32 slots`);
  });

  it('forgets the vectors of another network', () => {
    const gallery = new Gallery(3);
    gallery.adopt(SIZE);
    gallery.add(2, rows(1, 3), 0);
    gallery.adopt(SIZE);
    assert.equal(gallery.count(2), 1, 'the same size keeps them');
    gallery.adopt(8);
    assert.equal(gallery.count(2), 0);
    assert.equal(distance(gallery, 2, rows(1, 3, 8), 0), Infinity);
    gallery.add(2, rows(1, 3, 8), 0);
    assert.ok(Math.abs(distance(gallery, 2, rows(1, 3, 8), 0)) < 1e-6);
  });
});

describe('AppearanceMean', () => {
  it('is the moving average, of length 1', () => {
    const vectors = rows(200, 4);
    const looks = new AppearanceMean(0.9);
    looks.adopt(SIZE);
    assert.equal(distance(looks, 33, vectors, 0), Infinity);
    looks.add(33, vectors, 0);
    let mean = row(vectors, 0);
    for (let i = 1; i < 200; i++) {
      looks.add(33, vectors, i);
      mean = mean.map((value, k) => 0.9 * value + 0.1 * vectors[i * SIZE + k]);
      const length = Math.hypot(...mean);
      mean = mean.map((value) => value / length);
    }
    for (let i = 0; i < 200; i += 20) {
      const expected = 1 - cosine(mean, row(vectors, i));
      assert.ok(Math.abs(distance(looks, 33, vectors, i) - expected) < 1e-5);
    }
    looks.clear(33);
    assert.equal(looks.has(33), false);
  });

  it('takes the newest where old and new cancel out', () => {
    const looks = new AppearanceMean(0.5);
    looks.adopt(2);
    looks.add(0, Float32Array.of(1, 0), 0);
    looks.add(0, Float32Array.of(-1, 0), 0);
    assert.equal(distance(looks, 0, Float32Array.of(-1, 0), 0), 0);
  });
});
