import type { Direction, End, FlowCursor } from '@conntrack/flow';
import { type Protocol, protocolOf } from '@conntrack/flow';
import { AF_INET, AF_INET6, MAPPED_WORD, ORIGINAL } from '@conntrack/flow/codec';
import { millisecondsOf } from '@conntrack/flow/text';
import type { ColumnClock } from '../clock.js';
import { UNKNOWN_8, UNKNOWN_32, USE } from '../storage/columns.js';
import { MARK, PARTS, RARE, V6, ZONE_ORIGINAL, ZONE_REPLY } from '../storage/flags.js';
import type { RareFields } from '../storage/rare.js';
import type { RowStore } from '../storage/row-store.js';

/** Reads the fields of one row. Negative numbers mean that a field is unknown. */
export class RowReader implements FlowCursor {
  /** The number of the row. */
  row = 0;
  protected readonly store: RowStore;
  protected readonly clock: ColumnClock;

  constructor(store: RowStore, clock: ColumnClock) {
    this.store = store;
    this.clock = clock;
  }

  get #flags(): number {
    return this.store.columns.flags[this.row]!;
  }
  protected get rare(): RareFields | undefined {
    return (this.#flags & RARE) === 0 ? undefined : this.store.rare.get(this.row);
  }

  family(): number {
    return (this.#flags & V6) === 0 ? AF_INET : AF_INET6;
  }
  protonum(): number {
    return this.store.columns.protonum[this.row]!;
  }
  word(end: End, index: 0 | 1 | 2 | 3): number {
    const isV6 = (this.#flags & V6) !== 0;
    if (!isV6 && index !== 3) return index === 2 ? MAPPED_WORD : 0;
    const { columns, pool } = this.store;
    const column = end === 0 ? columns.src : end === 1 ? columns.dst : end === 2 ? columns.replySrc : columns.replyDst;
    const value = column[this.row]!;
    return isV6 ? pool.word(value, index) : value;
  }
  #parts(direction: number, kind: Protocol['kind']): number {
    if ((this.#flags & PARTS) === 0 || protocolOf(this.protonum()).kind !== kind) return -1;
    const { columns } = this.store;
    return (direction === ORIGINAL ? columns.parts : columns.replyParts)[this.row]!;
  }
  #half(end: End, kind: Protocol['kind']): number {
    const parts = this.#parts(end >> 1, kind);
    return parts < 0 ? -1 : (end & 1) === 0 ? parts >>> 16 : parts & 0xffff;
  }
  port(end: End): number {
    return this.#half(end, 'ports');
  }
  greKey(end: End): number {
    return this.#half(end, 'keys');
  }
  icmpType(direction: Direction): number {
    const parts = this.#parts(direction, 'icmp');
    return parts < 0 ? -1 : parts >>> 24;
  }
  icmpCode(direction: Direction): number {
    const parts = this.#parts(direction, 'icmp');
    return parts < 0 ? -1 : (parts >>> 16) & 0xff;
  }
  icmpId(direction: Direction): number {
    const parts = this.#parts(direction, 'icmp');
    return parts < 0 ? -1 : parts & 0xffff;
  }
  zone(): number {
    return (this.#flags & (ZONE_ORIGINAL | ZONE_REPLY)) !== 0 ? 0 : this.store.columns.zone[this.row]!;
  }
  directionZone(direction: Direction): number {
    const only = direction === ORIGINAL ? ZONE_ORIGINAL : ZONE_REPLY;
    return (this.#flags & only) === 0 ? 0 : this.store.columns.zone[this.row]!;
  }
  state(): number {
    const state = this.store.columns.state[this.row]!;
    return state === UNKNOWN_8 ? -1 : state;
  }
  status(): number {
    return known(this.store.columns.status[this.row]!);
  }
  timeout(): number {
    const deadline = this.store.columns.deadline[this.row]!;
    return deadline === UNKNOWN_32 ? -1 : this.clock.remaining(deadline);
  }
  mark(): number {
    return (this.#flags & MARK) === 0 ? -1 : this.store.columns.mark[this.row]!;
  }
  secmark(): number {
    return this.rare?.secmark ?? -1;
  }
  use(): number {
    const use = this.store.columns.use[this.row]! & USE;
    return use === USE ? -1 : use;
  }
  id(): number {
    return this.store.columns.id[this.row]!;
  }
  packets(direction: Direction): number {
    const packets = this.store.columns.counters?.packets[direction][this.row] ?? UNKNOWN_32;
    return packets === UNKNOWN_32 ? (this.rare?.packets?.[direction] ?? -1) : packets;
  }
  bytes(direction: Direction): number {
    return this.store.columns.counters?.bytes[direction][this.row] ?? -1;
  }
  hasLabel(label: number | string): boolean {
    return this.rare?.labels?.includes(label) ?? false;
  }
  labelCount(): number {
    return this.rare?.labels?.length ?? -1;
  }
  helper(): string | undefined {
    return this.rare?.helper;
  }
  secctx(): string | undefined {
    return this.rare?.secctx;
  }
  start(): number {
    const { starts } = this.store.columns;
    if (starts !== undefined && (starts.high[this.row] !== 0 || starts.low[this.row] !== 0))
      return (starts.high[this.row]! * 4294967296 + starts.low[this.row]!) / 1e6;
    const text = this.rare?.start;
    return text === undefined ? -1 : millisecondsOf(text);
  }
  stop(): number {
    return -1;
  }
  vtag(direction: Direction): number {
    const vtag = this.rare?.protoinfo?.vtag;
    return (direction === ORIGINAL ? vtag?.original : vtag?.reply) ?? -1;
  }
  role(): number {
    const role = this.rare?.protoinfo?.role;
    return role === undefined ? -1 : role === 'client' ? 0 : 1;
  }
  portid(): number {
    return -1;
  }
  event(): number {
    return -1;
  }
  /** Whole bytes a second of a direction, between the last two readings of the counters. */
  rate(direction: Direction): number {
    return Math.round(this.store.columns.rates?.rate[direction][this.row] ?? -1);
  }
  /** When the index first saw the entry, in milliseconds since 1970. */
  firstSeen(): number {
    return this.store.columns.firstSeen[this.row]! * 1000;
  }
}

const known = (word: number): number => (word === UNKNOWN_32 ? -1 : word);
