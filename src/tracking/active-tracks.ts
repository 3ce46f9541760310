/**
 * The confirmed tracks that were seen in the current frame, with their filtered boxes.
 *
 * Overwritten by the tracker's next update; the arrays grow as needed, so take them anew after it.
 */
export class ActiveTracks {
  count = 0;
  ids = new Float64Array(64);
  /** x, y of the top-left corner, width, height; pixels of the source frame, not clipped to it. */
  boxes = new Float64Array(64 * 4);
  classIds = new Uint16Array(64);
  /** Index of the matched detection in the frame's batch. */
  detections = new Int32Array(64);

  /** Empties it and makes room for `count` tracks. */
  reset(count: number): void {
    this.count = 0;
    if (this.ids.length >= count) return;
    const size = Math.max(count, 2 * this.ids.length);
    this.ids = new Float64Array(size);
    this.boxes = new Float64Array(size * 4);
    this.classIds = new Uint16Array(size);
    this.detections = new Int32Array(size);
  }
}
