import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PictureChange, THUMBNAIL } from '../../src/ingest/picture-change.ts';

const { width, height } = THUMBNAIL;

interface Patch {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly luma: number;
}

/** A sloping grey picture with a patch on it, lit by `light` levels more. */
function picture({ light = 0, patch }: { light?: number; patch?: Patch } = {}): Uint8Array {
  const luma = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) luma[y * width + x] = 60 + x + y + light;
  if (patch) {
    for (let y = patch.top; y < patch.top + patch.height; y++) {
      luma.fill(patch.luma, y * width + patch.left, y * width + patch.left + patch.width);
    }
  }
  return luma;
}

/** As large as a person of 20 x 60 pixels in a picture of 768 x 432. */
const PERSON: Patch = { left: 21, top: 11, width: 2, height: 5, luma: 20 };

function anchoredAt(luma: Uint8Array): PictureChange {
  const change = new PictureChange();
  change.compare(luma, false);
  change.anchor();
  return change;
}

describe('PictureChange', () => {
  it('takes the first picture for a change', () => {
    assert.ok(new PictureChange().compare(picture(), false));
  });

  it('sees none in the same picture, nor in one a little brighter or darker all over', () => {
    const change = anchoredAt(picture());
    for (const light of [0, 1, -1, 5, -5, 11, -11])
      assert.ok(!change.compare(picture({ light }), false), `${light}`);
  });

  it('sees a lamp switched', () => {
    assert.ok(anchoredAt(picture()).compare(picture({ light: 25 }), false));
    assert.ok(anchoredAt(picture()).compare(picture({ light: -25 }), false));
  });

  it('sees a person far away, and that it has gone', () => {
    assert.ok(anchoredAt(picture()).compare(picture({ patch: PERSON }), false));
    assert.ok(anchoredAt(picture({ patch: PERSON })).compare(picture(), false));
  });

  it('sees what creeps: it compares with the anchor, not with the picture before', () => {
    const change = anchoredAt(picture({ patch: PERSON }));
    const steps = Array.from({ length: 20 }, (_, n) =>
      change.compare(picture({ patch: { ...PERSON, luma: PERSON.luma + n } }), false),
    );
    assert.equal(steps[0], false);
    assert.equal(steps.at(-1), true);
  });

  it('learns what flickers, and still sees a person in front of it', () => {
    const screen: Patch = { left: 40, top: 20, width: 8, height: 8, luma: 100 };
    const change = anchoredAt(picture({ patch: screen }));
    const flicker = (n: number) => picture({ patch: { ...screen, luma: 100 + (n % 2 ? 10 : -10) } });
    assert.ok(change.compare(flicker(0), true));
    for (let n = 0; n < 300; n++) change.compare(flicker(n), true);
    assert.ok(!change.compare(flicker(1), false));
    assert.ok(change.compare(picture({ patch: { ...screen, luma: 20 } }), false));
  });
});
