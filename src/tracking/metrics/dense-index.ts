/** Numbers ids from 0 in the order in which they appear. */
export class DenseIndex {
  readonly #known = new Map<number, number>();

  get size(): number {
    return this.#known.size;
  }

  of(id: number): number {
    let index = this.#known.get(id);
    if (index === undefined) this.#known.set(id, (index = this.#known.size));
    return index;
  }
}

/** The objects and tracks that overlap in at least one frame; few of all that could be. */
export interface Pairs {
  readonly count: number;
  /** Dense indices. */
  readonly truth: Int32Array;
  readonly tracks: Int32Array;
}

/** More tracks than any result has; what is above is the object's index. */
const TRACK_LIMIT = 2 ** 26;

/** Numbers the pairs of object and track that overlap: a table of all would be mostly empty, and too large. */
export class PairIndex {
  readonly #index = new DenseIndex();
  readonly #truth: number[] = [];
  readonly #tracks: number[] = [];

  /** For each entry of a frame's `similarity` its pair; -1 where it is 0. */
  ofFrame(truth: Int32Array, tracks: Int32Array, similarity: Float64Array): Int32Array {
    const pairs = new Int32Array(similarity.length).fill(-1);
    let at = 0;
    for (const object of truth) {
      for (const track of tracks) {
        if (similarity[at] > 0) pairs[at] = this.#of(object, track);
        at++;
      }
    }
    return pairs;
  }

  pairs(): Pairs {
    return {
      count: this.#index.size,
      truth: Int32Array.from(this.#truth),
      tracks: Int32Array.from(this.#tracks),
    };
  }

  #of(object: number, track: number): number {
    const pair = this.#index.of(object * TRACK_LIMIT + track);
    if (pair === this.#truth.length) {
      this.#truth.push(object);
      this.#tracks.push(track);
    }
    return pair;
  }
}
