import type { Packet } from 'node-av/lib';

/** A still picture's packets are small; more than this is no still picture. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_PACKETS = 600;

/** Packets kept undecoded, in decoding order: copies of the reference, not of the bytes. */
export class HeldPackets {
  readonly #packets: Packet[] = [];
  #bytes = 0;

  get count(): number {
    return this.#packets.length;
  }

  get full(): boolean {
    return this.#packets.length >= MAX_PACKETS || this.#bytes >= MAX_BYTES;
  }

  /** False when there is no memory. */
  push(packet: Packet): boolean {
    const held = packet.clone();
    if (!held) return false;
    this.#packets.push(held);
    this.#bytes += held.size;
    return true;
  }

  /** The oldest, no longer held here: the caller frees it. */
  shift(): Packet | undefined {
    const packet = this.#packets.shift();
    if (packet) this.#bytes -= packet.size;
    return packet;
  }

  /** Frees all; how many they were. */
  clear(): number {
    const { count } = this;
    for (const packet of this.#packets.splice(0)) packet.free();
    this.#bytes = 0;
    return count;
  }
}
