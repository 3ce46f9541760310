/**
 * Hands the one thing that all cameras of a worker need, its inference, to one camera at a time.
 *
 * First come, first served. As a camera asks again only after its turn has ended, this is round robin:
 * nobody waits for more than one turn of each of the others, however fast their streams are.
 */
export class Turns {
  readonly #waiting: Array<() => void> = [];
  #taken = false;

  /** How many callers wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Calls `granted` when the turn is free: at once, or after the turns asked for before it. The holder
   * passes the turn on by calling `end` once. Returns a function that withdraws a request not yet granted.
   */
  ask(granted: (end: () => void) => void): () => void {
    const grant = (): void => {
      let held = true;
      granted(() => {
        if (!held) return;
        held = false;
        this.#next();
      });
    };
    if (!this.#taken) {
      this.#taken = true;
      grant();
      return () => undefined;
    }
    this.#waiting.push(grant);
    return () => {
      const at = this.#waiting.indexOf(grant);
      if (at >= 0) this.#waiting.splice(at, 1);
    };
  }

  #next(): void {
    const grant = this.#waiting.shift();
    if (grant) grant();
    else this.#taken = false;
  }
}
