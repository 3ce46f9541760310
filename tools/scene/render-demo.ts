/**
 * Renders the clips of the demo cameras: `node tools/scene/render-demo.ts [--out demo] [--clip junction ...]`. Some ten
 * minutes a clip and core; the same files on every machine.
 */
import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DEMO_DIR } from '../../src/demo/clips.ts';
import { DEMO_SPECS } from './demo-clips.ts';
import { renderInProcesses } from './render-processes.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: DEMO_DIR },
    clip: { type: 'string', multiple: true, default: DEMO_SPECS.map(({ name }) => name) },
  },
});
const unknown = values.clip.filter((name) => DEMO_SPECS.every((spec) => spec.name !== name));
if (unknown.length > 0) throw new Error(`no clip ${unknown}: ${DEMO_SPECS.map(({ name }) => name)}`);
const specs = DEMO_SPECS.filter(({ name }) => values.clip.includes(name));
const frames = specs.reduce((sum, spec) => sum + spec.frames, 0);
let told = 0;
const rendered = await renderInProcesses(specs, values.out, {
  onFrames: (done) => {
    if (done < told + 100 && done < frames) return;
    told = done;
    console.error(`${done} of ${frames} frames`);
  },
});
for (const path of rendered.flatMap(({ video, truth }) => [video, truth]))
  console.log(`${path} ${(await stat(path)).size} bytes`);
