import { DEMO_CLIPS, type DemoSource, type FileSource } from '../camera.ts';
import { clipPath, DEMO_DIR } from '../demo/clips.ts';
import { EngineError } from '../errors.ts';
import { playFile } from './file.ts';
import type { IngestContext } from './run-camera.ts';
import { SharedClip } from './shared-clip.ts';

/** Plays the demo clips of a folder for the cameras of one thread, each decoding for itself or several sharing. */
export class DemoClips {
  readonly #dir: string;
  readonly #shared = new Map<string, SharedClip>();

  constructor(dir = DEMO_DIR) {
    this.#dir = dir;
  }

  /**
   * Plays a clip for ever, as a looped file is.
   *
   * @throws EngineError FILE_NOT_FOUND, FILE_NOT_VIDEO, STREAM_*, or the abort reason
   */
  async play(source: DemoSource, context: IngestContext, onFrame: () => void): Promise<void> {
    const { clip = DEMO_CLIPS[0], decode } = source;
    const file: FileSource = { kind: 'file', path: clipPath(this.#dir, clip), loop: true };
    try {
      if (decode === 'shared') await this.#sharedClip(file).join(context, onFrame);
      else await playFile(file, context, onFrame);
    } catch (err) {
      if (!(err instanceof EngineError) || err.code !== 'FILE_NOT_FOUND') throw err;
      throw new EngineError(
        'FILE_NOT_FOUND',
        `the demo clip ${clip} is not there (${file.path}): restore the folder demo of Sightline, or remove the camera`,
        { cause: err },
      );
    }
  }

  #sharedClip(file: FileSource): SharedClip {
    const playing = this.#shared.get(file.path);
    if (playing && !playing.ended) return playing;
    const begun = new SharedClip(file);
    this.#shared.set(file.path, begun);
    return begun;
  }
}
