import type { FlowCursor } from '@conntrack/flow';
import { ORIGINAL, ORIGINAL_DST, ORIGINAL_SRC, REPLY } from '@conntrack/flow/codec';

const FIRST_SLOTS = 64;
/** Bytes of a slot: the two halves of a fingerprint. */
const SLOT = 8;

/**
 * A set of connections, by a fingerprint of 64 bits over tuple, zone, id and node. It takes 11 to 22 bytes for each, without objects. The
 * probability that two of a million connections have the same fingerprint is 1 in 30 million.
 */
export class FlowSet {
  #size = 0;
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  /** The fingerprint of the last connection. */
  #h = 0;
  #l = 0;

  /** Number of connections. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory. */
  get bytes(): number {
    return this.#high.length * SLOT;
  }

  /** Whether the set contains the connection that the cursor stands on. */
  has(cursor: FlowCursor): boolean {
    this.#take(cursor);
    return this.#find() >= 0;
  }

  /** Adds the connection; returns false if it was in the set already. */
  add(cursor: FlowCursor): boolean {
    this.#take(cursor);
    const place = this.#find();
    if (place >= 0) return false;
    this.#put(~place);
    return true;
  }

  /** Removes the connection; returns false if it was not in the set. */
  delete(cursor: FlowCursor): boolean {
    this.#take(cursor);
    const place = this.#find();
    if (place < 0) return false;
    this.#remove(place);
    return true;
  }

  clear(): void {
    this.#size = 0;
    this.#high = new Uint32Array(FIRST_SLOTS);
    this.#low = new Uint32Array(FIRST_SLOTS);
  }

  #mix(value: number): void {
    this.#h = Math.imul(this.#h ^ value, 0x85ebca6b);
    this.#h ^= this.#h >>> 15;
    this.#l = Math.imul(this.#l ^ value, 0xc2b2ae35);
    this.#l ^= this.#l >>> 13;
  }

  #take(cursor: FlowCursor): void {
    this.#h = 0x9e3779b9;
    this.#l = 0x7f4a7c15;
    this.#mix((cursor.protonum() << 8) | cursor.family());
    const zone = cursor.directionZone(ORIGINAL) || cursor.directionZone(REPLY) || cursor.zone();
    this.#mix(zone);
    for (const end of [ORIGINAL_SRC, ORIGINAL_DST] as const) {
      for (const word of [0, 1, 2, 3] as const) this.#mix(cursor.word(end, word));
      this.#mix((cursor.port(end) << 16) ^ cursor.greKey(end));
    }
    this.#mix((cursor.icmpType(ORIGINAL) << 24) ^ (cursor.icmpCode(ORIGINAL) << 16) ^ cursor.icmpId(ORIGINAL));
    this.#mix(cursor.id());
    const node = cursor.node?.();
    if (node !== undefined) for (let i = 0; i < node.length; i++) this.#mix(node.charCodeAt(i));
    // Spreads the last value over all bits. No fingerprint is 0, which marks a free slot.
    this.#mix(0x27d4eb2f);
    this.#mix(this.#h ^ this.#l);
    if (this.#h === 0 && this.#l === 0) this.#l = 1;
    this.#h >>>= 0;
    this.#l >>>= 0;
  }

  /** Returns the slot of the fingerprint, or the complement of the free slot where it belongs. */
  #find(): number {
    const mask = this.#high.length - 1;
    for (let slot = this.#l & mask; ; slot = (slot + 1) & mask) {
      const high = this.#high[slot]!;
      const low = this.#low[slot]!;
      if (high === this.#h && low === this.#l) return slot;
      if (high === 0 && low === 0) return ~slot;
    }
  }

  #put(slot: number): void {
    this.#high[slot] = this.#h;
    this.#low[slot] = this.#l;
    if (++this.#size * 4 > this.#high.length * 3) this.#resize(this.#high.length * 2);
  }

  /** Frees a slot. Later slots move up, so that no search ends too early. */
  #remove(at: number): void {
    const high = this.#high;
    const low = this.#low;
    const mask = high.length - 1;
    let free = at;
    for (let slot = (free + 1) & mask; high[slot] !== 0 || low[slot] !== 0; slot = (slot + 1) & mask) {
      const home = low[slot]! & mask;
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      high[free] = high[slot]!;
      low[free] = low[slot]!;
      free = slot;
    }
    high[free] = 0;
    low[free] = 0;
    if (--this.#size * 8 < high.length && high.length > FIRST_SLOTS) this.#resize(high.length / 2);
  }

  #resize(slots: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    const mask = slots - 1;
    for (let i = 0; i < high.length; i++) {
      if (high[i] === 0 && low[i] === 0) continue;
      let slot = low[i]! & mask;
      while (this.#high[slot] !== 0 || this.#low[slot] !== 0) slot = (slot + 1) & mask;
      this.#high[slot] = high[i]!;
      this.#low[slot] = low[i]!;
    }
  }
}
