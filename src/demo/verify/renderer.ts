import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../errors.ts';
import type { Condition } from '../truth.ts';

export const CONDITIONS: readonly Condition[] = ['day', 'dusk', 'night', 'rain'];

export interface RenderOptions {
  readonly seed: number;
  /** Where the files go; made when it is not there. */
  readonly directory: string;
  readonly seconds: number;
  readonly conditions: readonly Condition[];
  readonly signal?: AbortSignal;
  /** Frames rendered so far, and of all clips. */
  onProgress?(done: number, total: number): void;
}

export interface RenderedClip {
  readonly name: string;
  readonly condition: Condition;
  /** Paths of the files. */
  readonly video: string;
  readonly truth: string;
}

/** Loaded when it is asked for: an installation may come without `tools`. */
const RENDERER = new URL('../../../tools/scene/render-clips.ts', import.meta.url);

/**
 * Renders one clip for each condition, and its truth.
 *
 * @throws EngineError RENDERER_MISSING
 */
export async function renderScene(options: RenderOptions): Promise<RenderedClip[]> {
  if (!existsSync(RENDERER)) {
    throw new EngineError(
      'RENDERER_MISSING',
      `this installation has no renderer (${fileURLToPath(RENDERER)}): run the command in a checkout of the project`,
    );
  }
  const { renderClips } = (await import(RENDERER.href)) as {
    renderClips(options: RenderOptions): Promise<RenderedClip[]>;
  };
  return renderClips(options);
}
