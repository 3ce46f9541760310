/** One camera's place among those that share a worker's inference. */
export interface TurnMember {
  /**
   * Calls `granted` when it is this member's turn, at once where there is one free. The holder gives the turn back
   * by calling `end` once; `end(false)` says that it was not used, and costs nothing. Returns a function that
   * withdraws a request not yet granted. A member has one request or turn at a time.
   */
  ask(granted: (end: (used?: boolean) => void) => void): () => void;
}

interface Request {
  readonly grant: () => void;
  /** Virtual time at which the turn would begin. */
  readonly start: number;
}

/**
 * Hands out what all cameras of a worker need, its inference: to `capacity` of them at a time.
 *
 * Start-time fair queueing (Goyal, Vin, Cheng 1996): a turn moves its camera's virtual time ahead by
 * 1 / weight, and the camera that is furthest behind comes next. So those that always wait get turns in
 * proportion to their weights, equal ones go round in circles, and nobody starves: no more than
 * `weight of the other / own weight + 1` turns of each other camera come before a request. Who comes late or was
 * quiet begins at the present; time without a request earns nothing.
 */
export class Turns {
  readonly #capacity: number;
  readonly #waiting: Request[] = [];
  /** Virtual times at which the turns that are held began. */
  readonly #held: number[] = [];
  /** The present in virtual time: where the turn furthest behind, held or waited for, begins. */
  #now = 0;

  constructor(capacity = 1) {
    this.#capacity = capacity;
  }

  /** How many requests wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param weight positive; read at every request, so it may change. Equal weights: equal shares. */
  member(weight: () => number = () => 1): TurnMember {
    /** Virtual time up to which this member has had its share. */
    let served = 0;
    return {
      ask: (granted) => {
        const start = Math.max(this.#present(), served);
        const grant = (): void => {
          this.#held.push(start);
          served = start + 1 / weight();
          let held = true;
          granted((used = true) => {
            if (!held) return;
            held = false;
            if (!used) served = start;
            // not at once: who asks again right away may be owed the next turn too
            queueMicrotask(() => {
              this.#held.splice(this.#held.indexOf(start), 1);
              this.#next();
            });
          });
        };
        const request = { grant, start };
        this.#enqueue(request);
        this.#next();
        return () => {
          const at = this.#waiting.indexOf(request);
          if (at >= 0) this.#waiting.splice(at, 1);
        };
      },
    };
  }

  /** Behind all that start no later: equals are served in the order in which they asked. */
  #enqueue(request: Request): void {
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1].start > request.start) at--;
    this.#waiting.splice(at, 0, request);
  }

  #present(): number {
    const behind = Math.min(this.#waiting[0]?.start ?? Number.POSITIVE_INFINITY, ...this.#held);
    if (behind > this.#now && behind < Number.POSITIVE_INFINITY) this.#now = behind;
    return this.#now;
  }

  #next(): void {
    while (this.#held.length < this.#capacity) {
      const request = this.#waiting.shift();
      if (!request) return;
      request.grant();
    }
  }
}
