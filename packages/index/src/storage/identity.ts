import {
  type Direction,
  type End,
  type FlowCursor,
  type FlowRef,
  parseAddress,
  protocolOf,
  type Tuple,
} from '@conntrack/flow';
import { AF_INET6, familyNumber, ORIGINAL, PART_BITS, packedParts, REPLY, TUPLE_FIELDS } from '@conntrack/flow/codec';
import type { AddressPool } from './address-pool.js';
import { PARTS, V6, ZONE_ORIGINAL, ZONE_REPLY } from './flags.js';
import { finish, mix } from './hash.js';

/** Hashes one tuple of a connection. Zones are rare and only compared. */
export function tupleHash(protonum: number, src: number, dst: number, parts: number): number {
  return finish(mix(mix(mix(mix(0, src), dst), parts), protonum));
}

const half = (value: number): number => Math.max(0, value);

function hasParts(cursor: FlowCursor, protonum: number): boolean {
  switch (protocolOf(protonum).kind) {
    case 'ports':
      return cursor.port(0) >= 0;
    case 'icmp':
      return cursor.icmpType(ORIGINAL) >= 0;
    case 'keys':
      return cursor.greKey(0) >= 0;
    default:
      return false;
  }
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
  /** The four words of each of the four addresses. */
  readonly words = new Uint32Array(16);
  /** The values of the address columns; for IPv6 they are places in the pool, and 0 if the pool does not have the address. */
  readonly ends = new Uint32Array(4);

  /** Reads the identity of the entry that a cursor stands on. Addresses are not added to the pool. */
  read(cursor: FlowCursor, pool: AddressPool): void {
    const protonum = half(cursor.protonum());
    const v6 = cursor.family() === AF_INET6;
    let flags = v6 ? V6 : 0;
    const originalZone = cursor.directionZone(ORIGINAL);
    const replyZone = cursor.directionZone(REPLY);
    if (originalZone > 0) flags |= ZONE_ORIGINAL;
    else if (replyZone > 0) flags |= ZONE_REPLY;
    if (hasParts(cursor, protonum)) flags |= PARTS;
    this.flags = flags;
    this.zone = originalZone || replyZone || cursor.zone();
    this.protonum = protonum;
    this.id = half(cursor.id());
    this.parts = packedParts(cursor, ORIGINAL, protonum);
    this.replyParts = packedParts(cursor, REPLY, protonum);
    for (let end = 0; end < 4; end++) {
      const at = end * 4;
      for (let i = v6 ? 0 : 3; i < 4; i++) this.words[at + i] = cursor.word(end as End, i as 0 | 1 | 2 | 3);
      this.#place(end, v6, pool);
    }
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
    const { flags, protonum, zone, id, parts, words } = this;
    const addresses = (flags & V6) === 0 ? [words[3], words[7]] : words.subarray(0, 8).join();
    return `${flags} ${protonum} ${zone} ${id} ${parts} ${addresses}`;
  }

  /** Takes a place in the pool for each IPv6 address. */
  intern(pool: AddressPool): void {
    if ((this.flags & V6) === 0) return;
    const { words, ends } = this;
    for (let end = 0; end < 4; end++) {
      const at = end * 4;
      ends[end] = pool.take(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    }
  }
}
