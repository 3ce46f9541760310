/** A list of small integers (track slots, detection indices) that keeps its memory. */
export class SlotList {
  items = new Int32Array(64);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  push(item: number): void {
    if (this.count === this.items.length) {
      const grown = new Int32Array(2 * this.items.length);
      grown.set(this.items);
      this.items = grown;
    }
    this.items[this.count++] = item;
  }

  /** Keeps, in order, only the slots whose state is among `wanted` (states are bits). */
  retain(states: Uint8Array, wanted: number): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if ((states[this.items[i]] & wanted) !== 0) this.items[kept++] = this.items[i];
    }
    this.count = kept;
  }

  /** Keeps, in order, only the places whose `partners` entry is -1, as an assignment leaves them. */
  retainUnpaired(partners: Int32Array): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (partners[i] === -1) this.items[kept++] = this.items[i];
    }
    this.count = kept;
  }
}
