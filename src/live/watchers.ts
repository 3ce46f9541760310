/** Counts who looks at each camera, so that pictures are encoded only while somebody does. */
export class Watchers {
  readonly #counts = new Map<string, number>();
  readonly #changed: (cameraId: string, watching: boolean) => void;

  constructor(changed: (cameraId: string, watching: boolean) => void) {
    this.#changed = changed;
  }

  add(cameraId: string): void {
    const count = (this.#counts.get(cameraId) ?? 0) + 1;
    this.#counts.set(cameraId, count);
    if (count === 1) this.#changed(cameraId, true);
  }

  remove(cameraId: string): void {
    const count = (this.#counts.get(cameraId) ?? 0) - 1;
    if (count > 0) {
      this.#counts.set(cameraId, count);
      return;
    }
    if (this.#counts.delete(cameraId)) this.#changed(cameraId, false);
  }

  /** The cameras that somebody looks at now. */
  watched(): string[] {
    return [...this.#counts.keys()];
  }

  has(cameraId: string): boolean {
    return this.#counts.has(cameraId);
  }
}
