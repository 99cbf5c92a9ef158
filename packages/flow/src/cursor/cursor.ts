import { MAPPED_WORD, parseIPv4, parseIPv6Into } from '../address/address.js';
import { familyNumber } from '../address/family.js';
import type { Flow, FlowEventType, FlowTuple } from '../flow/flow.js';
import { stateNumber } from '../protocol/state.js';
import { statusMask } from '../status/status.js';
import { millisecondsOf } from '../text/time.js';

/** The original direction of a flow, as a number for cursor methods. */
export const ORIGINAL = 0;
/** The reply direction of a flow, as a number for cursor methods. */
export const REPLY = 1;
/** The direction that a cursor method is asked about. */
export type Direction = typeof ORIGINAL | typeof REPLY;

/** The source of the original direction. An end is direction times two, plus one for the destination. */
export const ORIGINAL_SRC = 0;
/** The destination of the original direction. */
export const ORIGINAL_DST = 1;
/** The source of the reply direction. */
export const REPLY_SRC = 2;
/** The destination of the reply direction. */
export const REPLY_DST = 3;
/** One of the four ends of a flow: an address with its port or GRE key. */
export type End = typeof ORIGINAL_SRC | typeof ORIGINAL_DST | typeof REPLY_SRC | typeof REPLY_DST;

/** Event types by number, as {@link FlowCursor.event} returns them. */
export const EVENT_TYPES: readonly FlowEventType[] = ['new', 'update', 'destroy'];

/**
 * Reads the fields of a flow one at a time, for filters. Raw netlink bytes (nothing else is decoded) and `Flow` objects both offer a
 * cursor.
 *
 * Numbers are the kernel's own. **−1 means that the source did not give the field.** A cursor stands on one flow at a time and is moved to
 * the next one: keep only the numbers and strings that it returned.
 */
export interface FlowCursor {
  /** `AF_INET` (2) or `AF_INET6` (10). */
  family(): number;
  /** IANA protocol number. */
  protonum(): number;
  /** One of the four words of an address in the shared 128-bit space (see `Address`), unsigned; −1 if the address is absent. */
  word(end: End, index: 0 | 1 | 2 | 3): number;
  /** Port of an end. */
  port(end: End): number;
  /** ICMP or ICMPv6 type of a direction. */
  icmpType(direction: Direction): number;
  /** ICMP or ICMPv6 code of a direction. */
  icmpCode(direction: Direction): number;
  /** ICMP or ICMPv6 identifier of a direction. */
  icmpId(direction: Direction): number;
  /** GRE key of an end. */
  greKey(end: End): number;
  /** Zone of both directions; 0 if the source gives none. */
  zone(): number;
  /** Zone of one direction only; 0 if the source gives none. See {@link entryZone} for the entry's zone. */
  directionZone(direction: Direction): number;
  /** State, as the kernel's number in the state table of the flow's protocol. */
  state(): number;
  /** Status bits, as an unsigned 32-bit word. */
  status(): number;
  /** Seconds until the entry expires without traffic. */
  timeout(): number;
  /** Connection mark, unsigned. */
  mark(): number;
  /** Obsolete security mark, unsigned. */
  secmark(): number;
  /** Number of references that the kernel holds to the entry. */
  use(): number;
  /** The kernel's `CTA_ID`, unsigned. */
  id(): number;
  /** Packets of a direction. */
  packets(direction: Direction): number;
  /** Bytes of a direction, IP headers included. */
  bytes(direction: Direction): number;
  /** Whether a label is set, by its bit number or, in text sources, by its name. */
  hasLabel(label: number | string): boolean;
  /** The number of labels that are set; −1 if the source gives none. */
  labelCount(): number;
  /** Name of the helper; `undefined` if the entry has none or the source does not say. */
  helper(): string | undefined;
  /** SELinux context; `undefined` if absent. */
  secctx(): string | undefined;
  /** Start time, in milliseconds since 1970, with fractions. */
  start(): number;
  /** End time, in milliseconds since 1970, with fractions. */
  stop(): number;
  /**
   * Seconds between the start of the flow and its capture, for sources that give this (`delta-time` in text). Other sources return −1, or
   * lack this method.
   */
  age?(): number;
  /** Bytes a second of a direction, for sources that measure them. Other sources return −1, or lack this method. */
  rate?(direction: Direction): number;
  /** When the source first saw the flow, in milliseconds since 1970. Sources that do not note it return −1, or lack this method. */
  firstSeen?(): number;
  /** SCTP verification tag of a direction, unsigned. */
  vtag(direction: Direction): number;
  /** DCCP role: 0 client, 1 server. */
  role(): number;
  /** Netlink port id of the program whose request caused an event. */
  portid(): number;
  /** Position in {@link EVENT_TYPES}; −1 for flows that are not part of an event. */
  event(): number;
  /** The host of a fleet; `undefined`, or no method, in the table of one host. */
  node?(): string | undefined;
}

/**
 * The zone of an entry, as the kernel compares it in dumps and flushes: one number, whether the zone is that of both directions or of one.
 * 0 if the entry has no zone.
 */
export const entryZone = (cursor: FlowCursor): number =>
  cursor.zone() || cursor.directionZone(ORIGINAL) || cursor.directionZone(REPLY);

/** A {@link FlowCursor} over `Flow` objects. */
export class FlowObjectCursor implements FlowCursor {
  #flow!: Flow;
  #event = -1;
  readonly #words = new Uint32Array(16);
  // The addresses that #words holds: bit N is set once end N is parsed, bit N + 4 if its text was not an address.
  #parsed = 0;

  constructor(flow?: Flow) {
    if (flow !== undefined) this.move(flow);
  }

  /** Moves the cursor to another flow. */
  move(flow: Flow, event?: FlowEventType): this {
    this.#flow = flow;
    this.#parsed = 0;
    this.#event = event === undefined ? -1 : EVENT_TYPES.indexOf(event);
    return this;
  }

  /** The flow that the cursor stands on. */
  flow(): Flow {
    return this.#flow;
  }

  #tuple(direction: number): FlowTuple {
    return direction === ORIGINAL ? this.#flow.original : this.#flow.reply;
  }

  #parse(end: End): void {
    const tuple = this.#tuple(end >> 1);
    const text = (end & 1) === 0 ? tuple.src : tuple.dst;
    const at = end * 4;
    const v4 = parseIPv4(text);
    let valid = true;
    if (v4 >= 0) {
      this.#words[at] = 0;
      this.#words[at + 1] = 0;
      this.#words[at + 2] = MAPPED_WORD;
      this.#words[at + 3] = v4;
    } else valid = parseIPv6Into(this.#words, at, text);
    this.#parsed |= (valid ? 1 : 0x11) << end;
  }

  word(end: End, index: 0 | 1 | 2 | 3): number {
    if ((this.#parsed & (1 << end)) === 0) this.#parse(end);
    return (this.#parsed & (0x10 << end)) !== 0 ? -1 : this.#words[end * 4 + index]!;
  }

  family(): number {
    return familyNumber(this.#flow.family);
  }
  protonum(): number {
    return this.#flow.protonum;
  }
  port(end: End): number {
    const tuple = this.#tuple(end >> 1);
    return ((end & 1) === 0 ? tuple.sport : tuple.dport) ?? -1;
  }
  icmpType(direction: Direction): number {
    return this.#tuple(direction).type ?? -1;
  }
  icmpCode(direction: Direction): number {
    return this.#tuple(direction).code ?? -1;
  }
  icmpId(direction: Direction): number {
    return this.#tuple(direction).id ?? -1;
  }
  greKey(end: End): number {
    const tuple = this.#tuple(end >> 1);
    return ((end & 1) === 0 ? tuple.srckey : tuple.dstkey) ?? -1;
  }
  zone(): number {
    return this.#flow.zone ?? 0;
  }
  directionZone(direction: Direction): number {
    return this.#tuple(direction).zone ?? 0;
  }
  state(): number {
    return this.#flow.state === undefined ? -1 : stateNumber(this.#flow.protonum, this.#flow.state);
  }
  status(): number {
    return this.#flow.status === undefined ? -1 : statusMask(this.#flow.status);
  }
  timeout(): number {
    return this.#flow.timeout ?? -1;
  }
  mark(): number {
    return this.#flow.mark ?? -1;
  }
  secmark(): number {
    return this.#flow.secmark ?? -1;
  }
  use(): number {
    return this.#flow.use ?? -1;
  }
  id(): number {
    return this.#flow.id ?? -1;
  }
  packets(direction: Direction): number {
    return this.#tuple(direction).packets ?? -1;
  }
  bytes(direction: Direction): number {
    return this.#tuple(direction).bytes ?? -1;
  }
  hasLabel(label: number | string): boolean {
    return this.#flow.labels?.includes(label) ?? false;
  }
  labelCount(): number {
    return this.#flow.labels?.length ?? -1;
  }
  helper(): string | undefined {
    return this.#flow.helper;
  }
  secctx(): string | undefined {
    return this.#flow.secctx;
  }
  start(): number {
    return this.#flow.start === undefined ? -1 : millisecondsOf(this.#flow.start);
  }
  stop(): number {
    return this.#flow.stop === undefined ? -1 : millisecondsOf(this.#flow.stop);
  }
  age(): number {
    const { deltaTime } = this.#flow;
    return deltaTime === undefined ? -1 : Math.max(0, deltaTime);
  }
  rate(direction: Direction): number {
    const { rate } = this.#flow;
    return (direction === ORIGINAL ? rate?.original : rate?.reply) ?? -1;
  }
  firstSeen(): number {
    return this.#flow.firstSeen === undefined ? -1 : millisecondsOf(this.#flow.firstSeen);
  }
  vtag(direction: Direction): number {
    const vtag = this.#flow.protoinfo?.vtag;
    return (direction === ORIGINAL ? vtag?.original : vtag?.reply) ?? -1;
  }
  role(): number {
    const role = this.#flow.protoinfo?.role;
    return role === undefined ? -1 : role === 'client' ? 0 : 1;
  }
  portid(): number {
    return this.#flow.portid ?? -1;
  }
  event(): number {
    return this.#event;
  }
  node(): string | undefined {
    return this.#flow.node;
  }
}
