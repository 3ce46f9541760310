/**
 * Renders the clips of the demo cameras: `node tools/scene/render-demo.ts [--out demo] [--clip junction ...]`. About a
 * quarter of an hour a clip on one core; the same files on every machine.
 */
import { mkdir, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DEMO_DIR } from '../../src/demo/clips.ts';
import { DEMO_SPECS } from './demo-clips.ts';
import { renderClip } from './render-clip.ts';
import { trafficOf } from './render-clips.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: DEMO_DIR },
    clip: { type: 'string', multiple: true, default: DEMO_SPECS.map(({ name }) => name) },
  },
});
const unknown = values.clip.filter((name) => DEMO_SPECS.every((spec) => spec.name !== name));
if (unknown.length > 0) throw new Error(`no clip ${unknown}: ${DEMO_SPECS.map(({ name }) => name)}`);
await mkdir(values.out, { recursive: true });
for (const spec of DEMO_SPECS.filter(({ name }) => values.clip.includes(name))) {
  const started = performance.now();
  const { video, truth } = await renderClip(spec, trafficOf(spec), values.out, (frames) => {
    if (frames % 100 > 0) return;
    const seconds = (performance.now() - started) / 1000;
    console.error(`${spec.name}: ${frames} of ${spec.frames} frames, ${seconds.toFixed()} s`);
  });
  for (const path of [video, truth]) console.log(`${path} ${(await stat(path)).size} bytes`);
}
