/**
 * Counts the frames of one source that nobody has released yet.
 *
 * A file played once must lose no frame, so its decoder waits here: backpressure without a queue.
 */
export class FrameSlots {
  readonly #max: number;
  #taken = 0;
  #wake: (() => void) | undefined;

  /** @param max frames that may be unreleased at once. */
  constructor(max: number) {
    this.#max = max;
  }

  take(): void {
    this.#taken++;
  }

  give(): void {
    this.#taken--;
    this.#wake?.();
  }

  /** Resolves when one more frame may be decoded, or when `signal` aborts. */
  async free(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#taken < this.#max, signal);
  }

  /** Resolves when every frame was released, or when `signal` aborts. */
  async empty(signal: AbortSignal): Promise<void> {
    await this.#until(() => this.#taken === 0, signal);
  }

  async #until(reached: () => boolean, signal: AbortSignal): Promise<void> {
    if (reached() || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (reached() || signal.aborted) resolve();
    };
    this.#wake = check;
    signal.addEventListener('abort', check);
    await promise;
    signal.removeEventListener('abort', check);
    this.#wake = undefined;
  }
}
