import { FoundDetections } from './found-detections.ts';
import type { Appearance } from './tracker.ts';

const NO_VECTORS = new Float32Array(0);

/** One frame's detections with what they look like. */
export class AppearanceDetections extends FoundDetections {
  /** Of the frame that is taken next; absent where nothing was looked at. */
  appearance: Appearance | undefined;

  /** Numbers of this frame's vectors; 0 when it has none. */
  get size(): number {
    return this.appearance?.size ?? 0;
  }

  get vectors(): Float32Array {
    return this.appearance?.vectors ?? NO_VECTORS;
  }

  /** Whether detection `i` has a vector. */
  seen(i: number): boolean {
    return this.appearance?.present[i] === 1;
  }
}
