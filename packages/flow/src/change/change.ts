import type { Family } from '../address/family.js';
import type { Flow, Tuple } from '../flow/flow.js';
import type { StatusName } from '../status/status.js';

/**
 * A reference to one connection: its original tuple, its zone and its id. With the id, a change never hits a successor on the same tuple.
 * Every `FlowKey` and every `Flow` is a reference.
 */
export interface FlowRef {
  /** The host of a fleet. Absent: the table of one host. */
  node?: string;
  family: Family;
  /** IANA protocol number. */
  protonum: number;
  /** The original tuple. */
  original: Tuple;
  /** Zone of both directions. The zone of one direction is in `original.zone` or `replyZone`. */
  zone?: number;
  /** Zone of the reply direction only. */
  replyZone?: number;
  /**
   * The reply tuple, where it is known; a `Flow` has it. With an id, a delete names the entry by this tuple and not by the original one: a
   * successor often gets the id of the connection that it replaced, but not the same address translation.
   */
  reply?: Tuple;
  /** The kernel's `CTA_ID`, 32 bits. Without it, the reference means any connection with the tuple, in either direction: the kernel looks up both. */
  id?: number;
}

/** The addresses and ports that NAT may choose from. With one address and no port, NAT keeps the port if it can. */
export interface NatRange {
  /** First address of the range. */
  address: string;
  /** Last address of the range. Default: `address`. */
  lastAddress?: string;
  /** First port of the range. */
  port?: number;
  /** Last port of the range. Default: `port`. */
  lastPort?: number;
}

/** A connection to create. The kernel chooses what is absent. Default of `reply`: the inverse of `original`. */
export interface NewFlow
  extends Pick<
    Flow,
    | 'family'
    | 'protonum'
    | 'state'
    | 'mark'
    | 'zone'
    | 'labels'
    | 'helper'
    | 'protoinfo'
    | 'seqadj'
    | 'synproxy'
    | 'master'
  > {
  original: Tuple;
  reply?: Tuple;
  /** Seconds until the entry expires without traffic. */
  timeout: number;
  /**
   * ASSURED, SEEN_REPLY, FIXED_TIMEOUT or CONFIRMED (the kernel always sets CONFIRMED). Bits that follow from `nat`, `helper`, `seqadj` and
   * `master` are accepted with those members, and refused without them.
   */
  status?: readonly StatusName[];
  /** Address translation: `src` of the source, `dst` of the destination. Possible only when an entry is created. */
  nat?: { src?: NatRange; dst?: NatRange };
}

/** A change to one connection. Members that are absent stay as they are. */
export interface FlowChange {
  /** The new mark is `(old & ~markMask) ^ mark`. */
  mark?: number;
  /** Bits of the mark that are cleared first. Default: all. */
  markMask?: number;
  /** New timeout, in seconds from now. */
  timeout?: number;
  /**
   * Status bits to set in addition. The kernel never clears SEEN_REPLY or ASSURED. Bits that only the kernel sets (NAT, HELPER, OFFLOAD …)
   * are refused.
   */
  status?: readonly StatusName[];
  /** Label bits after the change, within `labelsMask`. The kernel stores labels only where a firewall rule uses labels. */
  labels?: readonly number[];
  /** Label bits that may change. Default: all. */
  labelsMask?: readonly number[];
  /** `''` detaches the helper. An existing connection cannot get another helper. */
  helper?: '';
  /** New TCP state, by name. The kernel cannot change the state of SCTP or DCCP alone. */
  state?: string;
}

/** Makes a reference to a flow: its tuples, its zones and, if it has one, its id. */
export const refOf = (flow: Flow): FlowRef => ({
  ...(flow.node !== undefined && { node: flow.node }),
  family: flow.family,
  protonum: flow.protonum,
  original: flow.original,
  ...(flow.zone !== undefined && { zone: flow.zone }),
  ...(flow.reply.zone !== undefined && { replyZone: flow.reply.zone }),
  // A line of text may show one direction only.
  ...(flow.reply.src !== '' && { reply: flow.reply }),
  ...(flow.id !== undefined && { id: flow.id }),
});
