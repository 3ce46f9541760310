/** Renders the one clip that its parent sends; see render-processes.ts. */
import { type ClipSpec, renderClip } from './render-clip.ts';
import type { FromRenderProcess } from './render-processes.ts';
import { trafficOf } from './traffic/traffic-of.ts';

const TOLD_EVERY = 5;

const tell = (message: FromRenderProcess): unknown => process.send?.(message);
process.once('message', async ({ spec, directory }: { spec: ClipSpec; directory: string }) => {
  const files = await renderClip(spec, trafficOf(spec), directory, (frames) => {
    if (frames % TOLD_EVERY === 0 || frames === spec.frames) tell({ frames });
  });
  tell({ files });
  process.disconnect();
});
