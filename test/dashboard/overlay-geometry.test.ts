import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  boxOnCanvas,
  type CanvasRect,
  containRect,
  drawingOrder,
  labelTexts,
  type PlacedLabel,
  placeLabels,
  trackHue,
} from '../../dashboards/web/src/live/overlay-geometry.ts';
import { firstTrackId } from '../../src/track.ts';

const WHOLE: CanvasRect = { x: 0, y: 0, w: 400, h: 300 };

describe('containRect', () => {
  it('fills a canvas of the same shape', () => {
    const rect = containRect({ width: 1280, height: 720 }, { width: 640, height: 360 });
    assert.deepEqual(rect, { x: 0, y: 0, w: 640, h: 360 });
  });

  it('centres a taller picture between bars left and right', () => {
    const rect = containRect({ width: 480, height: 640 }, { width: 640, height: 360 });
    assert.deepEqual(rect, { x: 185, y: 0, w: 270, h: 360 });
  });

  it('centres a wider picture between bars above and below', () => {
    const rect = containRect({ width: 2000, height: 500 }, { width: 400, height: 300 });
    assert.deepEqual(rect, { x: 0, y: 100, w: 400, h: 100 });
  });

  it('keeps the shape within one pixel at any size, and stays inside the canvas', () => {
    for (let width = 7; width < 900; width += 37) {
      const canvas = { width, height: 211 };
      const { x, y, w, h } = containRect({ width: 1920, height: 1080 }, canvas);
      assert.ok(x >= 0 && y >= 0 && x + w <= width && y + h <= 211, `width ${width}`);
      assert.ok(Math.abs(w - (h * 16) / 9) <= 1.5, `width ${width}: ${w}x${h}`);
      assert.ok(w === width || h === 211, `width ${width} is not used`);
    }
  });

  it('is empty while a size is unknown', () => {
    assert.deepEqual(containRect({ width: 0, height: 0 }, { width: 100, height: 100 }), {
      x: 0,
      y: 0,
      w: 0,
      h: 0,
    });
  });
});

describe('boxOnCanvas', () => {
  const picture = { x: 185, y: 0, w: 270, h: 360 };

  it('maps fractions of the frame to the picture, not to the canvas around it', () => {
    assert.deepEqual(boxOnCanvas([0, 0, 1, 1], picture), picture);
    assert.deepEqual(boxOnCanvas([0.5, 0.25, 0.2, 0.5], picture), { x: 320, y: 90, w: 54, h: 180 });
  });

  it('gives touching boxes touching edges on whole pixels', () => {
    const left = boxOnCanvas([0, 0, 1 / 3, 1], picture)!;
    const right = boxOnCanvas([1 / 3, 0, 1 / 3, 1], picture)!;
    assert.equal(left.x + left.w, right.x);
    for (const n of Object.values(right)) assert.ok(Number.isInteger(n));
  });

  it('cuts off what reaches over the border of the frame', () => {
    assert.deepEqual(boxOnCanvas([-0.1, 0.9, 0.3, 0.4], picture), { x: 185, y: 324, w: 54, h: 36 });
  });

  it('has nothing to show of a box outside, empty or not a number', () => {
    assert.equal(boxOnCanvas([1.1, 0.2, 0.3, 0.3], picture), null);
    assert.equal(boxOnCanvas([0.5, 0.5, 0, 0.2], picture), null);
    assert.equal(boxOnCanvas([Number.NaN, 0.5, 0.2, 0.2], picture), null);
  });
});

describe('labels', () => {
  const track = firstTrackId(1_800_000_000_000) + 11;

  it('say the class, the confidence and the number that people know the track by', () => {
    assert.deepEqual(labelTexts({ label: 'person', confidence: 0.874, track }), ['person 87% #12', '#12']);
    assert.deepEqual(labelTexts({ label: 'car', confidence: 0.3 }), ['car 30%', 'car']);
  });

  const widthOf = (text: string): number => text.length * 8;
  const box = (x: number, y: number): CanvasRect => ({ x, y, w: 40, h: 100 });
  const place = (boxes: readonly CanvasRect[], isOptional = false): (PlacedLabel | null)[] =>
    placeLabels(
      boxes.map((at) => ({ box: at, texts: ['person 87% #12', '#12'], isOptional })),
      WHOLE,
      16,
      widthOf,
    );

  it('stand above their box', () => {
    assert.deepEqual(place([box(50, 120)]), [{ text: 'person 87% #12', x: 50, y: 104, w: 112, h: 16 }]);
  });

  it('move inside at the top of the picture and to the left at its right edge', () => {
    assert.deepEqual(place([box(380, 5)]), [{ text: 'person 87% #12', x: 288, y: 5, w: 112, h: 16 }]);
  });

  it('do not cover each other while there is room', () => {
    const placed = place([box(50, 120), box(60, 122), box(70, 124)]);
    assert.deepEqual(
      placed.map((label) => label?.y),
      [104, 122, 224],
    );
  });

  it('shrink to the track number when the long text is in the way everywhere', () => {
    // three long ones fill every place of a fourth that begins 80 pixels further right
    const placed = place([box(50, 120), box(50, 120), box(50, 120), box(130, 120)]);
    assert.equal(placed[2]?.text, 'person 87% #12');
    assert.deepEqual(placed[3], { text: '#12', x: 130, y: 104, w: 24, h: 16 });
  });

  it('are never lost, save those that may be left out', () => {
    const boxes = Array.from({ length: 6 }, () => box(50, 120));
    const placed = place(boxes);
    assert.ok(placed.every((label) => label !== null));
    assert.deepEqual(
      placed.slice(3).map((label) => label?.text),
      ['#12', '#12', '#12'],
    );
    assert.deepEqual(place(boxes, true).slice(3), [null, null, null]);
  });

  it('do not depend on the order in which a frame lists its objects', () => {
    const object = (t: number | undefined, confidence: number) => ({
      label: 'person',
      confidence,
      box: [0, 0, 0.1, 0.1] as [number, number, number, number],
      track: t,
    });
    const ordered = drawingOrder([
      object(undefined, 0.4),
      object(9, 0.5),
      object(undefined, 0.6),
      object(3, 0.9),
    ]);
    assert.deepEqual(
      ordered.map(({ track: t, confidence }) => t ?? confidence),
      [3, 9, 0.6, 0.4],
    );
  });
});

describe('trackHue', () => {
  it('stays with a track and tells the tracks of a scene apart', () => {
    const first = firstTrackId(1_800_000_000_000);
    const hues = Array.from({ length: 12 }, (_, i) => trackHue(first + i));
    assert.equal(trackHue(first + 3), hues[3]);
    const sorted = [...hues].sort((a, b) => a - b);
    const gaps = sorted.map((hue, i) => (i ? hue - sorted[i - 1]! : hue + 360 - sorted.at(-1)!));
    assert.ok(Math.min(...gaps) > 15, `two of twelve tracks are ${Math.min(...gaps)} degrees apart`);
    assert.ok(hues.every((hue) => hue >= 0 && hue < 360));
  });
});
