import type { Family } from '../address/family.js';
import type { StatusName } from '../status/status.js';

/** The addresses of one direction, and the parts that the protocol adds to them (see `TupleKind`). */
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
  /** Conntrack zone of this direction only, 1–65535. See `Flow.zone` for a zone of both directions. */
  zone?: number;
}

/** A tuple with the counters of its direction. Counters are absent while the sysctl `nf_conntrack_acct` is 0; they are exact up to 2^53 − 1. */
export interface FlowTuple extends Tuple {
  /** Number of packets. */
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
/** The name of a TCP tracking flag. */
export type TcpFlag = (typeof TCP_FLAGS)[number];

/** One value for each direction. */
export interface Directions<T> {
  readonly original?: T;
  readonly reply?: T;
}

/** What a protocol's tracker stores beside the state. Flows of one table share these frozen objects: copy one to change it. */
export interface ProtoInfo {
  /** TCP window scale shift, 0–14. */
  readonly wscale?: Directions<number>;
  /** TCP tracking flags. */
  readonly flags?: Directions<readonly TcpFlag[]>;
  /** SCTP verification tags, 32 bits. */
  readonly vtag?: Directions<number>;
  /** DCCP: the role of the original direction's source. */
  readonly role?: 'client' | 'server';
  /** DCCP handshake sequence number, 48 bits. */
  readonly handshakeSeq?: number;
}

/** TCP sequence adjustment of one direction, for NAT helpers that change the length of payloads. */
export interface SeqAdj {
  /** Sequence number of the last adjustment. */
  correctionPos: number;
  /** Offset of sequence numbers before that position. */
  offsetBefore: number;
  /** Offset of sequence numbers after that position. */
  offsetAfter: number;
}

/** SYNPROXY's state: initial sequence number, initial timestamp, timestamp offset. */
export interface SynProxy {
  /** Initial sequence number. */
  isn: number;
  /** Initial timestamp. */
  its: number;
  /** Timestamp offset. */
  tsoff: number;
}

/** A token of a text line that no format describes, kept unchanged. */
export interface ExtraToken {
  /** The token, as it was in the text. */
  text: string;
  /**
   * The known token before this one: a key (`use`), a flag (`[ASSURED]`), a tuple's key with its direction (`original.src`, `reply.bytes`),
   * or a column (`protonum`, `timeout`, `state`). `protocol` if the token stands in place of the protocol's name.
   */
  after: string;
}

/**
 * One tracked connection, as a plain object: `JSON.stringify(flow)` is the wire format of the HTTP API and of NDJSON files.
 *
 * If a field is absent, its source did not give it. An unknown value is never 0 or null.
 */
export interface Flow {
  /** The kernel's `CTA_ID`, 32 bits. It does not identify a flow alone: see `key`. */
  id?: number;
  /**
   * Identifies the flow: opaque and safe in URLs. Made from zone, family, protocol, original tuple and id (see `encodeKey`). Absent if the
   * source gives no id.
   */
  key?: string;
  /** The host of a fleet that tracks the flow. Absent in the table of one host. */
  node?: string;
  /** Address family. */
  family: Family;
  /** Name of the layer 4 protocol, or its number as text: `tcp`, `esp`, `253`. */
  protocol: string;
  /** IANA protocol number. */
  protonum: number;
  /** The tuple and counters of the original direction. */
  original: FlowTuple;
  /** The tuple and counters of the reply direction. */
  reply: FlowTuple;
  /** TCP, SCTP or DCCP state. A state without a name is its number as text. */
  state?: string;
  /** The status bits that are set, lowest first. Text formats show only SEEN_REPLY (as the absence of `[UNREPLIED]`), ASSURED and offload. */
  status?: readonly StatusName[];
  /** Seconds until the entry expires without traffic. Absent for offloaded flows and in DESTROY events. */
  timeout?: number;
  /** Connection mark, 32 bits. */
  mark?: number;
  /** Number of references that the kernel holds to the entry. */
  use?: number;
  /** Zone of both directions, 1–65535. Absent for zone 0, except if the source prints it (/proc/net/nf_conntrack prints `zone=0`). */
  zone?: number;
  /** Connection labels: bit numbers 0–127, or names if the source is text with names. */
  labels?: readonly (number | string)[];
  /** SELinux context. */
  secctx?: string;
  /** Obsolete security mark of old kernels, 32 bits. */
  secmark?: number;
  /** Connection tracking helper: `ftp`, `sip`. */
  helper?: string;
  /** When tracking of the flow began: RFC 3339, UTC, nanoseconds. Absent while the sysctl `nf_conntrack_timestamp` is 0. */
  start?: string;
  /** When tracking of the flow ended: RFC 3339, UTC, nanoseconds. Only in `destroy` events and ending entries. */
  stop?: string;
  /** Whole seconds since `start`, as text formats print them. Negative if the clock of the printing host was behind `start`. */
  deltaTime?: number;
  /**
   * Bytes a second of each direction, as an index measured them between the last two refreshes of its counters. Absent before the second one,
   * and after counters were reset.
   */
  rate?: Directions<number>;
  /** When an index first saw the flow: RFC 3339, UTC, seconds. */
  firstSeen?: string;
  /** What the protocol's tracker stores beside the state. */
  protoinfo?: ProtoInfo;
  /** TCP sequence adjustment of each direction. */
  seqadj?: Directions<SeqAdj>;
  /** SYNPROXY's state. */
  synproxy?: SynProxy;
  /** The original tuple of the connection whose helper expected this flow. */
  master?: Tuple & { family?: Family; protonum?: number };
  /** Netlink port id of the program whose request caused an event. */
  portid?: number;
  /** Name of that program (`portid`), if the text gave it. */
  progname?: string;
  /** Tokens of a text line that no other member holds. */
  extra?: readonly ExtraToken[];
  /** Attributes of a kernel newer than this library: from the attribute's number (or path of numbers) to its bytes in hexadecimal. */
  unknown?: Readonly<Record<string, string>>;
}

/** The type of a flow event. */
export type FlowEventType = 'new' | 'update' | 'destroy';

/** One event of the kernel or of a `conntrack -E` log. */
export interface FlowEvent {
  type: FlowEventType;
  flow: Flow;
  /** Time of the event in RFC 3339, if the source gave it. */
  time?: string;
  /**
   * Why this library made a `destroy` event that the source did not send. `unmatched`: the flow still exists, but no longer matches the filter.
   * `missed`: the flow ended without an event, and a look-up no longer found it. The flow then has only the members that identify it.
   */
  reason?: 'unmatched' | 'missed';
}
