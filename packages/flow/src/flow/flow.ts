import type { Family } from '../address/family.js';
import type { StatusName } from '../status/status.js';

/** One direction's addresses, and what the protocol adds to them: which of the fields stand depends on the protocol (see `TupleKind`). */
export interface Tuple {
  /** Source address, as inet_ntop(3) writes it. */
  src: string;
  /** Destination address. */
  dst: string;
  /** Source port, 0–65535 (TCP, UDP, UDP-Lite, SCTP, DCCP). */
  sport?: number;
  /** Destination port. */
  dport?: number;
  /** ICMP or ICMPv6 type, 0–255. */
  type?: number;
  /** ICMP or ICMPv6 code, 0–255. */
  code?: number;
  /** ICMP or ICMPv6 identifier, 0–65535. */
  id?: number;
  /** GRE key of the source, 0–65535. */
  srckey?: number;
  /** GRE key of the destination. */
  dstkey?: number;
  /** Conntrack zone of this direction alone, 1–65535; see `Flow.zone` for both. */
  zone?: number;
}

/** A tuple with what has been counted in its direction. Counters are absent while `nf_conntrack_acct` is 0; exact to 2^53 − 1. */
export interface FlowTuple extends Tuple {
  packets?: number;
  /** Bytes, IP headers included. */
  bytes?: number;
}

/** `nf_ct_tcp_flags` bits by position (linux/netfilter/nf_conntrack_tcp.h). */
export const TCP_FLAGS = [
  'WINDOW_SCALE',
  'SACK_PERM',
  'CLOSE_INIT',
  'BE_LIBERAL',
  'DATA_UNACKNOWLEDGED',
  'MAXACK_SET',
  'CHALLENGE_ACK',
  'SIMULTANEOUS_OPEN',
] as const;
/** A TCP tracking flag's name. */
export type TcpFlag = (typeof TCP_FLAGS)[number];

/** A value for each direction. */
export interface Directions<T> {
  readonly original?: T;
  readonly reply?: T;
}

/** What a protocol's tracker adds beyond its state. Flows of one table share these objects, which are frozen: copy one to change it. */
export interface ProtoInfo {
  /** TCP window scale shift, 0–14. */
  readonly wscale?: Directions<number>;
  /** TCP tracking flags. */
  readonly flags?: Directions<readonly TcpFlag[]>;
  /** SCTP verification tags, 32 bits. */
  readonly vtag?: Directions<number>;
  /** DCCP: which side the original direction's source is. */
  readonly role?: 'client' | 'server';
  /** DCCP handshake sequence number, 48 bits. */
  readonly handshakeSeq?: number;
}

/** TCP sequence adjustment of one direction (NAT helpers change payload lengths). */
export interface SeqAdj {
  correctionPos: number;
  offsetBefore: number;
  offsetAfter: number;
}

/** SYNPROXY's state: initial sequence number, initial timestamp, timestamp offset. */
export interface SynProxy {
  isn: number;
  its: number;
  tsoff: number;
}

/** A token of a text line that no format describes, kept as it stood. */
export interface ExtraToken {
  text: string;
  /**
   * The described token that it followed: a key (`use`), a flag (`[ASSURED]`), a tuple's key with its direction (`original.src`,
   * `reply.bytes`), or a column (`protonum`, `timeout`, `state`). `protocol` when the token stands in place of the protocol's name.
   */
  after: string;
}

/**
 * One tracked connection. Plain and JSON-friendly: `JSON.stringify(flow)` is the wire format of the API and of NDJSON.
 * A field that is absent was not given by its source; it is never 0 or null for unknown.
 */
export interface Flow {
  /** The kernel's `CTA_ID`, 32 bits. Not a handle alone: see `key`. */
  id?: number;
  /** Opaque and URL-safe: zone, family, protocol, original tuple and id (see `encodeKey`). Absent where the source gives no id. */
  key?: string;
  family: Family;
  /** Layer 4 protocol's name, or its number in text: `tcp`, `esp`, `253`. */
  protocol: string;
  /** IANA protocol number. */
  protonum: number;
  original: FlowTuple;
  reply: FlowTuple;
  /** TCP, SCTP or DCCP state; a number in text for one without a name. */
  state?: string;
  /** Status bits set, lowest first. Text formats only show SEEN_REPLY (by the absence of `[UNREPLIED]`), ASSURED and offload. */
  status?: readonly StatusName[];
  /** Seconds until the entry expires without traffic. Absent for offloaded flows and in DESTROY events. */
  timeout?: number;
  /** Connection mark, 32 bits. */
  mark?: number;
  /** References the kernel holds. */
  use?: number;
  /** Zone of both directions, 1–65535; absent for zone 0, unless the source says it (/proc/net/nf_conntrack prints `zone=0`). */
  zone?: number;
  /** Connection labels: bit numbers 0–127, or names where the source is text that had names. */
  labels?: readonly (number | string)[];
  /** SELinux context. */
  secctx?: string;
  /** Obsolete security mark of old kernels, 32 bits. */
  secmark?: number;
  /** Connection tracking helper: `ftp`, `sip`. */
  helper?: string;
  /** When tracking began and ended: RFC 3339, UTC, nanoseconds. Absent while `nf_conntrack_timestamp` is 0. */
  start?: string;
  stop?: string;
  /** Whole seconds since `start`, as text formats print it. Negative in text that was printed by a clock behind the start. */
  deltaTime?: number;
  protoinfo?: ProtoInfo;
  seqadj?: Directions<SeqAdj>;
  synproxy?: SynProxy;
  /** The original tuple of the connection whose helper expected this one. */
  master?: Tuple & { family?: Family; protonum?: number };
  /** Netlink port of the program whose request caused an event. */
  portid?: number;
  /** That program's name, where text gave it. */
  progname?: string;
  /** Tokens of a text line that are none of the above. */
  extra?: readonly ExtraToken[];
  /** Attributes of a kernel newer than this library: number (and path of numbers) to their bytes in hexadecimal. */
  unknown?: Readonly<Record<string, string>>;
}

/** What happened to a flow. */
export type FlowEventType = 'new' | 'update' | 'destroy';

/** One event of the kernel's or of a `conntrack -E` log. */
export interface FlowEvent {
  type: FlowEventType;
  flow: Flow;
  /** When: RFC 3339, where the source gave it. */
  time?: string;
  /**
   * Why a `destroy` comes that the source did not send. `left`: the flow lives on, and no longer matches the filter. `unseen`: the flow ended
   * without an event, and a look-up found it gone. The flow then has what identifies it, and nothing else.
   */
  reason?: 'left' | 'unseen';
}
