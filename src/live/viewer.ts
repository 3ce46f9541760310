import type { Socket } from 'socket.io';
import type { Overlay } from '../vision-protocol.ts';

/** Frames of one camera on their way to one viewer; more would be delay, not smoothness. */
const MAX_PICTURES_UNDER_WAY = 2;
const MAX_OVERLAYS_UNDER_WAY = 16;
/** A viewer that has not acknowledged by then has lost the message. */
const ACKNOWLEDGE_WITHIN_MS = 2_000;

/**
 * One connected viewer, sent no more than it acknowledges: who cannot keep up gets newer frames, not an ever
 * longer queue.
 *
 * Socket.IO's own `volatile` will not do: it drops whenever the transport has anything still to write, so of
 * four cameras whose frames come in the same tick three would never be seen.
 */
export class Viewer {
  /** The cameras it watches. */
  readonly cameras = new Set<string>();
  readonly #socket: Socket;
  readonly #pictures = new Map<string, number>();
  readonly #overlays = new Map<string, number>();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Sends a frame's boxes, with its picture if the viewer has room for one; else drops it. */
  show(overlay: Overlay, jpeg: Uint8Array | null): void {
    const { cameraId } = overlay;
    if (jpeg && underWay(this.#pictures, cameraId) < MAX_PICTURES_UNDER_WAY) {
      this.#send(this.#pictures, overlay, jpeg);
    } else if (underWay(this.#overlays, cameraId) < MAX_OVERLAYS_UNDER_WAY) {
      this.#send(this.#overlays, overlay, null);
    }
  }

  #send(counts: Map<string, number>, overlay: Overlay, jpeg: Uint8Array | null): void {
    const { cameraId } = overlay;
    counts.set(cameraId, underWay(counts, cameraId) + 1);
    this.#socket.timeout(ACKNOWLEDGE_WITHIN_MS).emit('overlay', overlay, jpeg, () => {
      const left = underWay(counts, cameraId) - 1;
      if (left > 0) counts.set(cameraId, left);
      else counts.delete(cameraId);
    });
  }
}

function underWay(counts: ReadonlyMap<string, number>, cameraId: string): number {
  return counts.get(cameraId) ?? 0;
}
