import {
  AF_INET,
  type End,
  type FlowCursor,
  type FlowRef,
  formatIPv4,
  formatIPv6,
  ORIGINAL,
  ORIGINAL_DST,
  ORIGINAL_SRC,
  protocolOf,
  REPLY,
  type Tuple,
} from '@conntrack/flow';

/** Bytes to a block. Blocks are never copied: a store of a million targets grows by one of these at a time. */
const BLOCK = 64 * 1024;
/** A first block for plans of a few flows: most of them are. */
const FIRST_BLOCK = 1024;

// A record: flags, protocol, zone (2), the 4 bytes that the protocol adds, id (4), then both addresses in 8 or 32 bytes.
const PROTONUM = 1;
const ZONE = 2;
const HALVES = 4;
const ID = 8;
const ADDRESSES = 12;
const SIZE_V4 = ADDRESSES + 8;
const SIZE_V6 = ADDRESSES + 32;

const FLAG_V6 = 1;
const FLAG_ID = 2;
const FLAG_ORIGINAL_ZONE = 4;
const FLAG_REPLY_ZONE = 8;
/** The change was made: set as outcomes come in. */
const FLAG_CHANGED = 16;
/** Those flags that are part of which connection is meant. */
const IDENTITY = FLAG_V6 | FLAG_ORIGINAL_ZONE | FLAG_REPLY_ZONE;

const sizeOf = (flags: number): number => ((flags & FLAG_V6) === 0 ? SIZE_V4 : SIZE_V6);

interface Block {
  readonly view: DataView;
  used: number;
  records: number;
}

function putAddress(view: DataView, at: number, cursor: FlowCursor, end: End, v6: boolean): void {
  if (!v6) view.setUint32(at, cursor.word(end, 3));
  else for (const i of [0, 1, 2, 3] as const) view.setUint32(at + i * 4, cursor.word(end, i));
}

function halves(cursor: FlowCursor): number {
  switch (protocolOf(Math.max(0, cursor.protonum())).kind) {
    case 'ports':
      return (Math.max(0, cursor.port(ORIGINAL_SRC)) << 16) | Math.max(0, cursor.port(ORIGINAL_DST));
    case 'icmp':
      return (
        (Math.max(0, cursor.icmpType(ORIGINAL)) << 24) |
        (Math.max(0, cursor.icmpCode(ORIGINAL)) << 16) |
        Math.max(0, cursor.icmpId(ORIGINAL))
      );
    case 'keys':
      return (Math.max(0, cursor.greKey(ORIGINAL_SRC)) << 16) | Math.max(0, cursor.greKey(ORIGINAL_DST));
    default:
      return 0;
  }
}

/** The record of the row that a cursor stands on; answers its size. */
function write(view: DataView, at: number, cursor: FlowCursor): number {
  const v6 = cursor.family() !== AF_INET;
  const id = cursor.id();
  const original = cursor.directionZone(ORIGINAL);
  const reply = cursor.directionZone(REPLY);
  const flags =
    (v6 ? FLAG_V6 : 0) |
    (id >= 0 ? FLAG_ID : 0) |
    (original !== 0 ? FLAG_ORIGINAL_ZONE : reply !== 0 ? FLAG_REPLY_ZONE : 0);
  view.setUint8(at, flags);
  view.setUint8(at + PROTONUM, Math.max(0, cursor.protonum()));
  view.setUint16(at + ZONE, original || reply || cursor.zone());
  view.setUint32(at + HALVES, halves(cursor) >>> 0);
  view.setUint32(at + ID, Math.max(0, id));
  putAddress(view, at + ADDRESSES, cursor, ORIGINAL_SRC, v6);
  putAddress(view, at + ADDRESSES + (v6 ? 16 : 4), cursor, ORIGINAL_DST, v6);
  return sizeOf(flags);
}

const address = (view: DataView, at: number, v6: boolean): string =>
  v6
    ? formatIPv6(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12))
    : formatIPv4(view.getUint32(at));

/** The reference that a record holds. */
function read(view: DataView, at: number): FlowRef {
  const flags = view.getUint8(at);
  const v6 = (flags & FLAG_V6) !== 0;
  const protonum = view.getUint8(at + PROTONUM);
  const zone = view.getUint16(at + ZONE);
  const high = view.getUint16(at + HALVES);
  const low = view.getUint16(at + HALVES + 2);
  const original: Tuple = {
    src: address(view, at + ADDRESSES, v6),
    dst: address(view, at + ADDRESSES + (v6 ? 16 : 4), v6),
  };
  const { kind } = protocolOf(protonum);
  if (kind === 'ports') Object.assign(original, { sport: high, dport: low });
  else if (kind === 'icmp') Object.assign(original, { type: high >>> 8, code: high & 255, id: low });
  else if (kind === 'keys') Object.assign(original, { srckey: high, dstkey: low });
  if ((flags & FLAG_ORIGINAL_ZONE) !== 0) original.zone = zone;
  return {
    family: v6 ? 'ipv6' : 'ipv4',
    protonum,
    original,
    ...((flags & FLAG_ID) !== 0 && { id: view.getUint32(at + ID) }),
    ...((flags & FLAG_REPLY_ZONE) !== 0 && { replyZone: zone }),
    ...((flags & (FLAG_ORIGINAL_ZONE | FLAG_REPLY_ZONE)) === 0 && zone !== 0 && { zone }),
  };
}

/** FNV-1a over a record's words but for the id: equal for entries that follow each other on one tuple. */
function hash(view: DataView, at: number): number {
  const size = sizeOf(view.getUint8(at));
  let value = 0x811c9dc5 ^ (view.getUint8(at) & IDENTITY) ^ (view.getUint16(at + ZONE) << 8) ^ view.getUint8(at + 1);
  value = Math.imul(value ^ view.getUint32(at + HALVES), 0x01000193);
  for (let i = ADDRESSES; i < size; i += 4) {
    value = Math.imul(value ^ view.getUint32(at + i), 0x01000193);
    value ^= value >>> 15;
  }
  return value >>> 0;
}

function sameTuple(one: DataView, at: number, other: DataView, place: number): boolean {
  const flags = one.getUint8(at);
  if (((flags ^ other.getUint8(place)) & IDENTITY) !== 0) return false;
  for (let i = PROTONUM; i < sizeOf(flags); i++)
    if ((i < ID || i >= ADDRESSES) && one.getUint8(at + i) !== other.getUint8(place + i)) return false;
  return true;
}

/**
 * The connections that a plan is for, packed: 20 bytes for an IPv4 entry and 44 for an IPv6 one, in blocks that are never copied. A row is
 * taken from its cursor as numbers; the object that a request needs is built when its turn comes.
 */
export class TargetStore {
  readonly #blocks: Block[] = [];
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** What the store takes up. */
  get bytes(): number {
    return this.#blocks.reduce((sum, { view }) => sum + view.byteLength, 0);
  }

  /** Take the row that the cursor stands on. */
  add(cursor: FlowCursor): void {
    let block = this.#blocks.at(-1);
    if (block === undefined || block.view.byteLength - block.used < SIZE_V6) {
      const size = block === undefined ? FIRST_BLOCK : BLOCK;
      block = { view: new DataView(new ArrayBuffer(size)), used: 0, records: 0 };
      this.#blocks.push(block);
    }
    block.used += write(block.view, block.used, cursor);
    block.records++;
    this.#count++;
  }

  /** Forget all of them. */
  clear(): void {
    this.#blocks.length = 0;
    this.#count = 0;
  }

  /** The references, in the order they came, each built when it is asked for. */
  *refs(): Generator<FlowRef> {
    for (const { view, at } of this.#places()) yield read(view, at);
  }

  /** Notes an outcome for each target, in order: call it once for each, true where the change was made. */
  marker(): (changed: boolean) => void {
    const places = this.#places();
    return changed => {
      const place = places.next().value;
      if (changed && place) place.view.setUint8(place.at, place.view.getUint8(place.at) | FLAG_CHANGED);
    };
  }

  /**
   * A test whether a row has the tuple of a target that was changed, whatever its id; it answers the id that the target had (−1: none).
   * Costs 8 to 16 bytes for each target while it lives.
   */
  finder(): (cursor: FlowCursor) => { id: number } | undefined {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, this.#count * 2)));
    const slots = new Uint32Array(size);
    const views = this.#blocks.map(({ view }) => view);
    // A slot is block × 64 KiB + offset, plus one: 0 is free.
    let index = 0;
    for (const block of this.#blocks) {
      for (let at = 0, n = 0; n < block.records; n++) {
        const flags = block.view.getUint8(at);
        if ((flags & FLAG_CHANGED) !== 0) {
          let slot = hash(block.view, at) & (size - 1);
          while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
          slots[slot] = index * BLOCK + at + 1;
        }
        at += sizeOf(flags);
      }
      index++;
    }
    const scratch = new DataView(new ArrayBuffer(SIZE_V6));
    return cursor => {
      write(scratch, 0, cursor);
      for (let slot = hash(scratch, 0) & (size - 1); slots[slot] !== 0; slot = (slot + 1) & (size - 1)) {
        const place = slots[slot]! - 1;
        const view = views[Math.floor(place / BLOCK)]!;
        const at = place % BLOCK;
        if (sameTuple(scratch, 0, view, at))
          return { id: (view.getUint8(at) & FLAG_ID) === 0 ? -1 : view.getUint32(at + ID) };
      }
      return undefined;
    };
  }

  *#places(): Generator<{ view: DataView; at: number }, undefined> {
    for (const { view, records } of this.#blocks)
      for (let at = 0, n = 0; n < records; n++) {
        const size = sizeOf(view.getUint8(at));
        yield { view, at };
        at += size;
      }
  }
}
