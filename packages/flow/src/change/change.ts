import type { Family } from '../address/family.js';
import type { Flow, Tuple } from '../flow/flow.js';
import type { StatusName } from '../status/status.js';

/** What finds one connection: its original tuple, zone and – so that a successor on the same tuple is never hit – its id. A `FlowKey` is one. */
export interface FlowRef {
  family: Family;
  protonum: number;
  original: Tuple;
  /** Zone of both directions; a zone of one direction stands in `original.zone` or `replyZone`. */
  zone?: number;
  replyZone?: number;
  /**
   * The reply tuple, where it is known. With an id, a delete names the entry by this tuple instead of the original one: a successor often gets
   * the id of the connection it replaced, but not its address translation. A `Flow` has it.
   */
  reply?: Tuple;
  /** The kernel's `CTA_ID`. Without it, whatever connection has the tuple is meant, in either direction: the kernel looks for both. */
  id?: number;
}

/** An address and port range that NAT may choose from. One address and no port keeps the port where it can. */
export interface NatRange {
  address: string;
  /** Last address of the range; `address` when absent. */
  lastAddress?: string;
  port?: number;
  lastPort?: number;
}

/** A connection to be made. What is absent is left to the kernel; default of `reply`: the inverse of `original`. */
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
  /** Seconds until it expires without traffic. */
  timeout: number;
  /** ASSURED, SEEN_REPLY, FIXED_TIMEOUT; CONFIRMED is the kernel's. Other bits follow from `nat`, `helper`, `seqadj` and `master`, and are refused without them. */
  status?: readonly StatusName[];
  /** NAT to be applied, `src` to the source and `dst` to the destination. Only at creation. */
  nat?: { src?: NatRange; dst?: NatRange };
}

/** A change to one connection; what is absent stays. */
export interface FlowChange {
  /** The new mark is `(old & ~markMask) ^ mark`. */
  mark?: number;
  /** Bits that are cleared first; all of them when absent. */
  markMask?: number;
  /** Seconds from now. */
  timeout?: number;
  /** Bits to set as well. The kernel never clears SEEN_REPLY or ASSURED. Bits that only the kernel sets (NAT, HELPER, OFFLOAD …) are refused. */
  status?: readonly StatusName[];
  /** Label bits after the change, within `labelsMask`. Only where some rule uses labels. */
  labels?: readonly number[];
  /** Label bits that may change; all of them when absent. */
  labelsMask?: readonly number[];
  /** `''` detaches the helper; nothing else is possible on an existing connection. */
  helper?: '';
  state?: string;
}

/** What finds a flow again: its tuples, zones and, where it has one, its id. */
export const refOf = (flow: Flow): FlowRef => ({
  family: flow.family,
  protonum: flow.protonum,
  original: flow.original,
  ...(flow.zone !== undefined && { zone: flow.zone }),
  ...(flow.reply.zone !== undefined && { replyZone: flow.reply.zone }),
  // A text format may show one direction alone.
  ...(flow.reply.src !== '' && { reply: flow.reply }),
  ...(flow.id !== undefined && { id: flow.id }),
});
