import { type Direction, type FlowRef, parseAddress, protocolOf, type Tuple } from '@conntrack/flow';
import { AF_INET6, familyNumber, ORIGINAL, PART_BITS, type PackedEntry, TUPLE_FIELDS } from '@conntrack/flow/codec';
import type { AddressPool } from './address-pool.js';
import { PARTS, V6, ZONE_ORIGINAL, ZONE_REPLY } from './flags.js';
import { finish, mix } from './hash.js';

/** Hashes one tuple of a connection. Zones are rare and only compared. */
export function tupleHash(protonum: number, src: number, dst: number, parts: number): number {
  return finish(mix(mix(mix(mix(0, src), dst), parts), protonum));
}

/** Packs the parts of a tuple in an object. */
function partsOfTuple(tuple: Tuple, protonum: number): number {
  let word = 0;
  for (const part of TUPLE_FIELDS[protocolOf(protonum).kind]) word = (word << PART_BITS[part]) | (tuple[part] ?? 0);
  return word >>> 0;
}

/** What identifies a connection, as numbers: read from a cursor or a reference, and compared with rows. One object is used again and again. */
export class Identity {
  protonum = 0;
  /** {@link V6}, {@link ZONE_ORIGINAL}, {@link ZONE_REPLY} and {@link PARTS}. */
  flags = 0;
  zone = 0;
  id = 0;
  parts = 0;
  replyParts = 0;
  /** The hash of the original tuple. */
  hash = 0;
  /** Whether addresses were removed from the pool since it was searched. */
  stale = false;
  /** The four words of each of the four IPv6 addresses. */
  readonly words = new Uint32Array(16);
  /** The values of the address columns; for IPv6 they are places in the pool, and 0 if the pool does not have the address. */
  readonly ends = new Uint32Array(4);

  /** Reads the identity of an entry. Addresses are not added to the pool. */
  read(entry: PackedEntry, pool: AddressPool): void {
    const { v6, originalZone, replyZone, addresses } = entry;
    this.flags =
      (v6 ? V6 : 0) |
      (originalZone > 0 ? ZONE_ORIGINAL : replyZone > 0 ? ZONE_REPLY : 0) |
      (entry.hasParts ? PARTS : 0);
    this.zone = originalZone || replyZone || entry.zone;
    this.protonum = entry.protonum;
    this.id = entry.id;
    this.parts = entry.parts;
    this.replyParts = entry.replyParts;
    if (v6) {
      this.words.set(addresses);
      this.locate(pool);
      return;
    }
    this.stale = false;
    for (let end = 0; end < 4; end++) this.ends[end] = addresses[end * 4 + 3]!;
    this.#setHash();
  }

  #setHash(): void {
    this.hash = tupleHash(this.protonum, this.ends[0]!, this.ends[1]!, this.parts);
  }

  /** Finds the IPv6 addresses in the pool. Required again after addresses were removed from it, see {@link stale}. */
  locate(pool: AddressPool): void {
    this.stale = false;
    if ((this.flags & V6) === 0) return;
    const { ends } = this;
    for (let end = 0; end < 4; end++) {
      // Without address translation, the reply has the same two addresses.
      const same = 3 - end;
      if (same < end && this.#isSame(end, same)) ends[end] = ends[same]!;
      else this.#place(end, true, pool);
    }
    this.#setHash();
  }

  #isSame(end: number, other: number): boolean {
    const { words } = this;
    for (let i = 0; i < 4; i++) if (words[end * 4 + i] !== words[other * 4 + i]) return false;
    return true;
  }

  /** Reads a tuple of a reference as the tuple of a direction. Returns false if the pool shows that no row can have it. */
  readTuple(ref: Pick<FlowRef, 'family' | 'protonum'>, tuple: Tuple, direction: Direction, pool: AddressPool): boolean {
    const v6 = familyNumber(ref.family) === AF_INET6;
    this.protonum = ref.protonum;
    this.flags = v6 ? V6 : 0;
    const parts = partsOfTuple(tuple, ref.protonum);
    if (direction === ORIGINAL) this.parts = parts;
    else this.replyParts = parts;
    for (const [i, text] of [tuple.src, tuple.dst].entries()) {
      const words = parseAddress(text)?.words;
      if (words === undefined) return false;
      const end = direction * 2 + i;
      this.words.set(words, end * 4);
      if (!this.#place(end, v6, pool)) return false;
    }
    return true;
  }

  #place(end: number, v6: boolean, pool: AddressPool): boolean {
    const { words, ends } = this;
    const at = end * 4;
    ends[end] = v6 ? pool.find(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!) : words[at + 3]!;
    return !v6 || ends[end] !== 0;
  }

  /** Returns the identity as text. */
  text(): string {
    const { flags, protonum, zone, id, parts, words, ends } = this;
    const addresses = (flags & V6) === 0 ? ends.subarray(0, 2) : words.subarray(0, 8);
    return `${flags} ${protonum} ${zone} ${id} ${parts} ${addresses}`;
  }

  /** Takes a place in the pool for each IPv6 address. */
  intern(pool: AddressPool): void {
    if ((this.flags & V6) === 0) return;
    const { words, ends } = this;
    for (let end = 0; end < 4; end++) {
      const at = end * 4;
      // Another end of the same connection may have added the address meanwhile.
      ends[end] ||= pool.find(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
      ends[end] ||= pool.add(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
      pool.use(ends[end]!);
    }
  }
}
