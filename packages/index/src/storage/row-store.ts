import { type Direction, type FlowRef, protocolOf, type Tuple } from '@conntrack/flow';
import { ORIGINAL } from '@conntrack/flow/codec';
import { AddressPool } from './address-pool.js';
import { Columns, UNKNOWN_8, UNKNOWN_32, USE } from './columns.js';
import { ALIVE, DEAD, PARTS, RARE, V6, ZONE_ORIGINAL, ZONE_REPLY } from './flags.js';
import { Identity, tupleHash } from './identity.js';
import { PostingList } from './posting-list.js';
import type { RareFields } from './rare.js';
import { TupleHash } from './tuple-hash.js';

/** The flags that belong to a connection's identity. */
const SAME = V6 | ZONE_ORIGINAL | ZONE_REPLY | PARTS;

/** The columns with a list of the rows of each value. */
export type ListName = 'src' | 'dst' | 'replySrc' | 'replyDst' | 'dport';
const ADDRESS_LISTS = ['src', 'dst', 'replySrc', 'replyDst'] as const;
const LISTS: readonly ListName[] = [...ADDRESS_LISTS, 'dport'];

/** Whether a protocol's tuples have ports, by its number. */
const PORTS = Uint8Array.from({ length: 256 }, (_, protonum) => (protocolOf(protonum).kind === 'ports' ? 1 : 0));
const hasPort = (protonum: number, flags: number): boolean => (flags & PARTS) !== 0 && PORTS[protonum] === 1;

/** Rows with their hashes and lists: finds, adds and removes connections by their identity. */
export class RowStore {
  readonly columns: Columns;
  readonly pool = new AddressPool();
  readonly rare = new Map<number, RareFields>();
  readonly lists: Readonly<Record<ListName, PostingList>>;
  readonly #originals: TupleHash;
  readonly #replies: TupleHash;
  /** The identity of the connection that was read last. */
  readonly now = new Identity();
  /** Number of living rows. */
  size = 0;
  /** The rows are below this one. */
  high = 1;
  /** The rows below this one are in hashes and lists. Only rows of an unfinished {@link append} are not. */
  #linked = 1;
  #free = 0;

  constructor(capacity: number) {
    this.columns = new Columns(capacity);
    this.#originals = new TupleHash(capacity);
    this.#replies = new TupleHash(capacity);
    this.lists = Object.fromEntries(LISTS.map(name => [name, new PostingList(capacity)])) as Record<
      ListName,
      PostingList
    >;
  }

  /** Bytes of memory in use: the rows that were ever used, the buckets, the address pool, and rare fields (estimated). */
  get bytes(): number {
    const { columns, lists } = this;
    const links = 2 * TupleHash.rowBytes + LISTS.length * PostingList.rowBytes;
    const buckets =
      this.#originals.bucketBytes +
      this.#replies.bucketBytes +
      LISTS.reduce((sum, name) => sum + lists[name].bucketBytes, 0);
    return this.high * (columns.rowBytes + links) + buckets + this.pool.bytes + this.rare.size * 300;
  }

  /** Returns the living or dead row of the identity that was read last; 0 if there is none. With `ignoreId`, any other living row of the tuple. */
  find(ignoreId = false): number {
    const { now, columns } = this;
    if (now.stale) now.locate(this.pool);
    for (let row = this.#originals.first(now.hash); row !== 0; row = this.#originals.after(row))
      if (
        columns.parts[row] === now.parts &&
        columns.src[row] === now.ends[0] &&
        columns.dst[row] === now.ends[1] &&
        (ignoreId ? columns.id[row] !== now.id && (columns.flags[row]! & ALIVE) !== 0 : columns.id[row] === now.id) &&
        columns.protonum[row] === now.protonum &&
        columns.zone[row] === now.zone &&
        (columns.flags[row]! & SAME) === now.flags
      )
        return row;
    return 0;
  }

  /** Whether a row has the reply tuple that was read last. */
  hasReply(row: number): boolean {
    const { now, columns } = this;
    return (
      columns.replyParts[row] === now.replyParts &&
      columns.replySrc[row] === now.ends[2] &&
      columns.replyDst[row] === now.ends[3]
    );
  }

  /** Returns the living rows that have a tuple in a direction. `zone`: that of the direction. */
  findTuple(ref: Pick<FlowRef, 'family' | 'protonum'>, tuple: Tuple, direction: Direction, zone: number): number[] {
    const { now, columns } = this;
    if (!now.readTuple(ref, tuple, direction, this.pool)) return [];
    const original = direction === ORIGINAL;
    const [src, dst] = original ? [columns.src, columns.dst] : [columns.replySrc, columns.replyDst];
    const parts = original ? columns.parts : columns.replyParts;
    const wanted = original ? now.parts : now.replyParts;
    const one = now.ends[direction * 2]!;
    const other = now.ends[direction * 2 + 1]!;
    const hash = original ? this.#originals : this.#replies;
    const foreign = original ? ZONE_REPLY : ZONE_ORIGINAL;
    const found: number[] = [];
    for (let row = hash.first(tupleHash(now.protonum, one, other, wanted)); row !== 0; row = hash.after(row)) {
      const flags = columns.flags[row]!;
      if (
        parts[row] === wanted &&
        src[row] === one &&
        dst[row] === other &&
        columns.protonum[row] === now.protonum &&
        (flags & ALIVE) !== 0 &&
        (flags & V6) === now.flags &&
        ((flags & foreign) !== 0 ? 0 : columns.zone[row]) === zone
      )
        found.push(row);
    }
    return found;
  }

  /** Adds a row with the identity that was read last, and no other field. */
  add(): number {
    const row = this.#place();
    this.#write(row);
    this.#forget(row);
    this.#linked = this.high;
    this.#link(row);
    return row;
  }

  /**
   * Adds a row with the identity that was read last, behind all others. It cannot be found before {@link linkAppended}. The caller writes every
   * field.
   */
  append(): number {
    if (this.high === this.columns.capacity) this.#grow();
    const row = this.high++;
    this.#write(row);
    return row;
  }

  #write(row: number): void {
    const { now, columns } = this;
    if (now.stale) now.locate(this.pool);
    now.intern(this.pool);
    columns.src[row] = now.ends[0]!;
    columns.dst[row] = now.ends[1]!;
    columns.replySrc[row] = now.ends[2]!;
    columns.replyDst[row] = now.ends[3]!;
    columns.parts[row] = now.parts;
    columns.replyParts[row] = now.replyParts;
    columns.protonum[row] = now.protonum;
    columns.zone[row] = now.zone;
    columns.id[row] = now.id;
    columns.flags[row] = now.flags | ALIVE;
    this.size++;
  }

  /**
   * Makes appended rows findable. An appended row whose identity another row had already is removed: `double` is called with the other row, and
   * whether its reply tuple is the same. One short loop for each hash and list waits less for memory than one loop for all of them.
   */
  linkAppended(double: (row: number, sameReply: boolean) => void): void {
    const { flags } = this.columns;
    const from = this.#linked;
    this.#linked = this.high;
    for (let row = from; row < this.high; row++) {
      const hash = this.#hashOf(row, true);
      const other = this.#sameIdentity(row, hash);
      if (other === 0) {
        this.#originals.add(row, hash);
        continue;
      }
      double(other, this.#sameReply(row, other));
      if ((flags[row]! & RARE) !== 0) this.rare.delete(row);
      this.#recycle(row);
      this.size--;
    }
    this.#linkRest(from, this.high);
  }

  #sameReply(row: number, other: number): boolean {
    const { replyParts, replySrc, replyDst } = this.columns;
    return (
      replyParts[row] === replyParts[other] && replySrc[row] === replySrc[other] && replyDst[row] === replyDst[other]
    );
  }

  /** Returns another row with the identity of a row; 0 if there is none. */
  #sameIdentity(row: number, hash: number): number {
    const { id, parts, src, dst, protonum, zone, flags } = this.columns;
    for (let other = this.#originals.first(hash); other !== 0; other = this.#originals.after(other))
      if (
        id[other] === id[row] &&
        parts[other] === parts[row] &&
        src[other] === src[row] &&
        dst[other] === dst[row] &&
        protonum[other] === protonum[row] &&
        zone[other] === zone[row] &&
        ((flags[other]! ^ flags[row]!) & SAME) === 0
      )
        return other;
    return 0;
  }

  /** Sets every field beside the identity to unknown. */
  #forget(row: number): void {
    const { columns } = this;
    columns.status[row] = UNKNOWN_32;
    columns.deadline[row] = UNKNOWN_32;
    columns.tcp[row] = UNKNOWN_32;
    columns.use[row] = USE;
    columns.state[row] = UNKNOWN_8;
    const { counters, rates, starts } = columns;
    if (counters)
      for (const direction of [0, 1] as const) {
        counters.bytes[direction][row] = -1;
        counters.packets[direction][row] = UNKNOWN_32;
      }
    if (rates) {
      for (const direction of [0, 1] as const) {
        rates.rate[direction][row] = -1;
        rates.base[direction][row] = -1;
      }
      rates.readAt[row] = 0;
    }
    if (starts) {
      starts.high[row] = 0;
      starts.low[row] = 0;
    }
  }

  /** Marks a living row as ended. It stays findable by its identity until {@link free}. */
  kill(row: number): void {
    const { columns } = this;
    this.#unlinkLists(row);
    if ((columns.flags[row]! & RARE) !== 0) this.rare.delete(row);
    columns.flags[row] = (columns.flags[row]! & SAME) | DEAD;
    this.size--;
  }

  /** Makes a dead row free for another connection. */
  free(row: number): void {
    this.#originals.remove(row, this.#hashOf(row, true));
    this.#replies.remove(row, this.#hashOf(row, false));
    this.#recycle(row);
  }

  #recycle(row: number): void {
    const { columns, pool, now } = this;
    if ((columns.flags[row]! & V6) !== 0) {
      for (const column of [columns.src, columns.dst, columns.replySrc, columns.replyDst]) pool.release(column[row]!);
      now.stale = true;
    }
    columns.flags[row] = 0;
    columns.id[row] = this.#free;
    this.#free = row;
  }

  #hashOf(row: number, original: boolean): number {
    const { columns } = this;
    return original
      ? tupleHash(columns.protonum[row]!, columns.src[row]!, columns.dst[row]!, columns.parts[row]!)
      : tupleHash(columns.protonum[row]!, columns.replySrc[row]!, columns.replyDst[row]!, columns.replyParts[row]!);
  }

  #link(row: number): void {
    this.#originals.add(row, this.#hashOf(row, true));
    this.#linkRest(row, row + 1);
  }

  /** Adds a range of rows to the hash of reply tuples and, if they are alive, to the lists. */
  #linkRest(from: number, end: number): void {
    const { columns, lists } = this;
    const { flags, protonum } = columns;
    for (let row = from; row < end; row++)
      if ((flags[row]! & (ALIVE | DEAD)) !== 0) this.#replies.add(row, this.#hashOf(row, false));
    for (const name of ADDRESS_LISTS) {
      const column = columns[name];
      const list = lists[name];
      for (let row = from; row < end; row++) if ((flags[row]! & ALIVE) !== 0) list.add(row, column[row]!);
    }
    for (let row = from; row < end; row++)
      if ((flags[row]! & ALIVE) !== 0 && hasPort(protonum[row]!, flags[row]!))
        lists.dport.add(row, columns.parts[row]! & 0xffff);
  }

  #unlinkLists(row: number): void {
    const { columns, lists } = this;
    lists.src.remove(row, columns.src[row]!);
    lists.dst.remove(row, columns.dst[row]!);
    lists.replySrc.remove(row, columns.replySrc[row]!);
    lists.replyDst.remove(row, columns.replyDst[row]!);
    if (hasPort(columns.protonum[row]!, columns.flags[row]!)) lists.dport.remove(row, columns.parts[row]! & 0xffff);
  }

  #place(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.columns.id[free]!;
      return free;
    }
    if (this.high === this.columns.capacity) this.#grow();
    return this.high++;
  }

  /** Doubles the room. */
  #grow(): void {
    const capacity = this.columns.capacity * 2;
    this.columns.grow(capacity);
    for (const hash of [this.#originals, this.#replies]) hash.reset(capacity);
    for (const name of LISTS) this.lists[name].reset(capacity);
    const { flags } = this.columns;
    for (let row = 1; row < this.#linked; row++)
      if ((flags[row]! & (ALIVE | DEAD)) !== 0) this.#originals.add(row, this.#hashOf(row, true));
    this.#linkRest(1, this.#linked);
  }
}
