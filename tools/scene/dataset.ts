/**
 * Renders labelled pictures for training: `node tools/scene/dataset.ts --out DIR [--from 0] [--to 200] [--pictures 30]
 * [--views pole]`.
 *
 * Every seed is a junction, a light and a camera of its own, with `--pictures` different scatterings of road users.
 * DIR/images/*.jpg (640x360) and DIR/labels-FROM.jsonl, one line a picture.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame, Rational } from 'node-av/lib';
import type { Condition } from '../../src/demo/truth.ts';
import { PictureEncoder } from '../../src/pipeline/picture-encoder.ts';
import { labelOf } from './label.ts';
import { Random } from './random.ts';
import { Batch } from './render/batch.ts';
import { Developer } from './render/develop.ts';
import { PictureRenderer } from './render/picture.ts';
import { randomFurniture, randomLayout, scatter } from './scatter.ts';
import { Scene } from './scene.ts';
import { furniture } from './traffic/furniture.ts';
import { toI420 } from './video-writer.ts';
import { poleView, randomView } from './views.ts';

const WIDTH = 640;
const HEIGHT = 360;
const RAYS = 4;
/** A pole's camera sees less of the street: its road users are put down closer together. */
const NEAR = 0.6;
const CONDITIONS: readonly Condition[] = [
  'day',
  'day',
  'day',
  'dusk',
  'night',
  'rain',
  'day',
  'dusk',
  'night',
  'rain',
];

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: '200' },
    pictures: { type: 'string', default: '30' },
    views: { type: 'string', default: 'any' },
  },
});
if (!values.out) throw new Error('say where the pictures go: --out DIR');
const pole = values.views === 'pole';
const images = join(values.out, 'images');
mkdirSync(images, { recursive: true });
const labels = join(values.out, `labels-${values.from}.jsonl`);
writeFileSync(labels, '');
const encoders = [45, 62, 76, 88].map((quality) => new PictureEncoder({ maxWidth: WIDTH, quality }));
const planes = Buffer.alloc((WIDTH * HEIGHT * 3) / 2);
const rgb = new Uint8Array(WIDTH * HEIGHT * 3);
const batch = new Batch();
for (let seed = Number(values.from); seed < Number(values.to); seed++) {
  const started = performance.now();
  const random = new Random(seed);
  // the tens, so that the seeds ending in 9, which are for validation, see every light
  const condition = CONDITIONS[Math.floor(seed / 10 + (seed % 10)) % CONDITIONS.length]!;
  const layout = randomLayout(random);
  const traffic = scatter(layout, [0, 0], random);
  const items = pole ? furniture(layout) : randomFurniture(layout, random);
  const scene = new Scene({ layout, traffic, furniture: items, condition, seed });
  const view = pole ? poleView(layout, items, random) : randomView(layout, scene.still, random);
  const background = scene.background(view, WIDTH, HEIGHT, RAYS);
  const renderer = new PictureRenderer(background);
  const developer = new Developer(WIDTH, HEIGHT, scene.light, random);
  const bakedMs = performance.now() - started;
  for (let n = 0; n < Number(values.pictures); n++) {
    scene.traffic = scatter(layout, [view.target[0], view.target[1]], random, pole ? NEAR : 1);
    const present = scene.at(0);
    scene.draw(batch, present, random.between(0, 5000));
    const sightings = renderer.render(batch, present);
    developer.develop(renderer.light, 0, 0, n, random.whole(0, 1e6), rgb);
    toI420(rgb, WIDTH, HEIGHT, planes);
    using frame = Frame.fromVideoBuffer(planes, {
      width: WIDTH,
      height: HEIGHT,
      format: AV_PIX_FMT_YUV420P,
      timeBase: new Rational(1, 25),
      pts: 0n,
    });
    const name = `${String(seed).padStart(5, '0')}-${String(n).padStart(3, '0')}.jpg`;
    writeFileSync(join(images, name), random.pick(encoders).encode(frame));
    const objects = present.flatMap((one, i) => {
      const { whole, visible } = sightings[i]!;
      if (visible <= 0 || whole.w < 1 || whole.h < 1) return [];
      const box = [whole.x, whole.y, whole.w, whole.h].map((v) => Math.round(v * 100) / 100);
      return [{ label: labelOf(one.agent.kind), box, visible: Math.round(visible * 1000) / 1000 }];
    });
    const line = { file: `images/${name}`, width: WIDTH, height: HEIGHT, seed, condition, objects };
    appendFileSync(labels, `${JSON.stringify(line)}\n`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.error(`seed ${seed} ${condition}: ${seconds} s (still picture ${(bakedMs / 1000).toFixed(1)} s)`);
}
