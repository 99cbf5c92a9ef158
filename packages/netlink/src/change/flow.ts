import {
  type Family,
  type FlowChange,
  type FlowRef,
  invertTuple,
  type NatRange,
  type NewFlow,
  type ProtoInfo,
  STATUS,
  stateNumber,
  statusMask,
  type Tuple,
} from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import { RARE_ATTRIBUTES } from '../wire/attributes.js';
import { NetlinkError, type Operation } from '../wire/error.js';
import { fieldsWriter } from '../wire/fields.js';
import { inRange, labelBytes, tcpFlagBytes } from '../wire/types.js';
import * as U from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';
import { checkTuple, writeAddress, writeTuple } from './tuple.js';

const U32 = 0xffffffff;

/** Writes CTA_ZONE: the zone of both directions, or of one direction (then inside its tuple). */
function writeZone(writer: MessageWriter, operation: Operation, zone: number | undefined): void {
  if (zone !== undefined && zone !== 0) writer.u16(U.CTA_ZONE, inRange(operation, 'zone', zone, 0xffff));
}

/**
 * Checks a reference that names its entry by the original tuple. The kernel does not compare the zone of the reply direction, so the id is
 * required with it.
 */
function checkReplyZone(operation: Operation, { replyZone, id }: FlowRef): void {
  if (replyZone !== undefined && replyZone !== 0 && id === undefined)
    throw new NetlinkError(
      'NOT_ENCODABLE',
      operation,
      `${operation} refused: the kernel does not compare the zone of a reply; the id of the entry must be given`,
    );
}

function stateOf(operation: Operation, protonum: number, state: string): number {
  const number = stateNumber(protonum, state);
  if (number < 0) throw new NetlinkError('NOT_ENCODABLE', operation, `protocol ${protonum} has no state '${state}'`);
  return number;
}

const NONE: ProtoInfo = {};

/** Writes CTA_PROTOINFO: the state and the other values of the protocol's tracker. */
export function writeProtoInfo(
  writer: MessageWriter,
  operation: Operation,
  protonum: number,
  flow: Pick<NewFlow, 'state' | 'protoinfo'>,
): void {
  const { state, protoinfo = NONE } = flow;
  if (state === undefined && Object.keys(protoinfo).length === 0) return;
  const number = state === undefined ? undefined : stateOf(operation, protonum, state);
  const { wscale, flags, vtag, role, handshakeSeq } = protoinfo;
  const tcpFlags = (attribute: number, names: readonly string[] | undefined): void => {
    // The kernel ignores window scales without the flags of both directions.
    const scaled = wscale !== undefined && operation !== 'encode';
    if (names === undefined && !scaled) return;
    if (scaled && names !== undefined && !names.includes('WINDOW_SCALE'))
      throw new NetlinkError(
        'NOT_ENCODABLE',
        operation,
        'a window scale requires the flag WINDOW_SCALE in both directions',
      );
    writer.raw(attribute, tcpFlagBytes(operation, names ?? ['WINDOW_SCALE']));
  };
  const optional = (attribute: number, value: number | undefined, bits: 8 | 32): void => {
    if (value === undefined) return;
    if (bits === 8) writer.u8(attribute, inRange(operation, 'protoinfo', value, 255));
    else writer.u32(attribute, inRange(operation, 'protoinfo', value, U32));
  };
  const nest = (protocol: number, content: () => void): void => {
    writer.nest(U.CTA_PROTOINFO, () => writer.nest(protocol, content));
  };
  if (protonum === 6)
    nest(U.CTA_PROTOINFO_TCP, () => {
      optional(U.CTA_PROTOINFO_TCP_STATE, number, 8);
      optional(U.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, wscale?.original, 8);
      optional(U.CTA_PROTOINFO_TCP_WSCALE_REPLY, wscale?.reply, 8);
      tcpFlags(U.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, flags?.original);
      tcpFlags(U.CTA_PROTOINFO_TCP_FLAGS_REPLY, flags?.reply);
    });
  else if (protonum === 132) {
    // The kernel requires all three attributes, and an update would set the tags to 0.
    if (operation === 'update')
      throw new NetlinkError(
        'NOT_ENCODABLE',
        operation,
        "SCTP's state cannot be changed without the verification tags of both directions",
      );
    const { original, reply } = operation === 'encode' ? (vtag ?? {}) : { original: 0, reply: 0, ...vtag };
    nest(U.CTA_PROTOINFO_SCTP, () => {
      optional(U.CTA_PROTOINFO_SCTP_STATE, number, 8);
      optional(U.CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, original, 32);
      optional(U.CTA_PROTOINFO_SCTP_VTAG_REPLY, reply, 32);
    });
  } else if (protonum === 33) {
    // The tracker accepts both attributes or neither, and otherwise returns EINVAL.
    if (operation === 'update')
      throw new NetlinkError(
        'NOT_ENCODABLE',
        operation,
        "DCCP's state cannot be changed: the kernel requires the role too",
      );
    if (operation === 'create' && (number === undefined) !== (role === undefined))
      throw new NetlinkError(
        'NOT_ENCODABLE',
        operation,
        "DCCP's state and role must be given together (role: 'client' or 'server')",
      );
    nest(U.CTA_PROTOINFO_DCCP, () => {
      optional(U.CTA_PROTOINFO_DCCP_STATE, number, 8);
      if (role !== undefined) writer.u8(U.CTA_PROTOINFO_DCCP_ROLE, role === 'client' ? 0 : 1);
      if (handshakeSeq !== undefined) writer.u64(U.CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, handshakeSeq);
    });
  }
}

function writeNat(writer: MessageWriter, attribute: number, family: Family, range: NatRange): void {
  writer.nest(attribute, () => {
    writeAddress(writer, 'create', family, [U.CTA_NAT_V4_MINIP, U.CTA_NAT_V6_MINIP], range.address);
    const last = range.lastAddress ?? range.address;
    writeAddress(writer, 'create', family, [U.CTA_NAT_V4_MAXIP, U.CTA_NAT_V6_MAXIP], last);
    const { port } = range;
    if (port !== undefined)
      writer.nest(U.CTA_NAT_PROTO, () => {
        writer.u16(U.CTA_PROTONAT_PORT_MIN, inRange('create', 'port', port, 0xffff));
        writer.u16(U.CTA_PROTONAT_PORT_MAX, inRange('create', 'port', range.lastPort ?? port, 0xffff));
      });
  });
}

/** NF_CT_HELPER_NAME_LEN (net/netfilter/nf_conntrack_helper.h), without the terminating zero. */
const HELPER_NAME = 15;

const writeHelper = (writer: MessageWriter, name: string): MessageWriter =>
  writer.nest(U.CTA_HELP, () => writer.string(U.CTA_HELP_NAME, name));

/** Checks the name of the helper of a new entry. */
function helperName(name: string): string {
  if (name.length <= HELPER_NAME) return name;
  const why = `helper '${name.slice(0, 40)}' is longer than the kernel's ${HELPER_NAME} bytes`;
  throw new NetlinkError('NOT_ENCODABLE', 'create', why);
}

/** Writes the sequence adjustment of NAT helpers and SYNPROXY's state. */
const writeAdjustments = fieldsWriter(
  RARE_ATTRIBUTES.filter(({ field }) => field === 'synproxy' || field?.startsWith('seqadj.')),
);

/** Writes IPCTNL_MSG_CT_NEW to create an entry. With `replace`, an existing entry is changed. */
export function writeCreate(
  writer: MessageWriter,
  sequence: number,
  flow: NewFlow,
  replace: boolean,
  acknowledge: number = U.NLM_F_ACK,
): void {
  const { family, protonum, original } = flow;
  const flags = U.NLM_F_REQUEST | acknowledge | U.NLM_F_CREATE | (replace ? 0 : U.NLM_F_EXCL);
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_NEW, flags, sequence, familyNumber(family));
  writeTuple(writer, U.CTA_TUPLE_ORIG, 'create', family, protonum, original);
  writeTuple(writer, U.CTA_TUPLE_REPLY, 'create', family, protonum, flow.reply ?? invertTuple(original, protonum));
  writeZone(writer, 'create', flow.zone);
  writer.u32(U.CTA_TIMEOUT, inRange('create', 'timeout', flow.timeout, U32));
  // Some kernels do not add CONFIRMED themselves, and some of them refuse an entry without it. For an existing entry the status would be
  // its whole new word, and the kernel refuses to clear SEEN_REPLY and ASSURED.
  if (!replace || flow.status !== undefined)
    writer.u32(U.CTA_STATUS, ((flow.status ? statusMask(flow.status) : 0) | STATUS.CONFIRMED) >>> 0);
  writeProtoInfo(writer, 'create', protonum, flow);
  if (flow.mark !== undefined) writer.u32(U.CTA_MARK, inRange('create', 'mark', flow.mark, U32));
  if (flow.labels !== undefined) writer.raw(U.CTA_LABELS, labelBytes('create', flow.labels));
  const { helper, master } = flow;
  if (helper) writeHelper(writer, helperName(helper));
  if (flow.nat?.src) writeNat(writer, U.CTA_NAT_SRC, family, flow.nat.src);
  if (flow.nat?.dst) writeNat(writer, U.CTA_NAT_DST, family, flow.nat.dst);
  if (master)
    writeTuple(writer, U.CTA_TUPLE_MASTER, 'create', master.family ?? family, master.protonum ?? protonum, master);
  writeAdjustments(writer, 'create', flow);
  writer.end();
}

/**
 * Writes IPCTNL_MSG_CT_NEW to change an entry. `status` is the whole new word: the entry's bits and those to set, because the kernel
 * refuses to clear bits.
 */
export function writeUpdate(
  writer: MessageWriter,
  sequence: number,
  flags: number,
  ref: FlowRef,
  change: FlowChange,
  status: number | undefined,
): void {
  const { family, protonum } = ref;
  checkReplyZone('update', ref);
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_NEW, U.NLM_F_REQUEST | flags, sequence, familyNumber(family));
  writeTuple(writer, U.CTA_TUPLE_ORIG, 'update', family, protonum, ref.original);
  writeZone(writer, 'update', ref.zone);
  if (change.timeout !== undefined) writer.u32(U.CTA_TIMEOUT, inRange('update', 'timeout', change.timeout, U32));
  if (status !== undefined) writer.u32(U.CTA_STATUS, status);
  if (change.mark !== undefined) {
    writer.u32(U.CTA_MARK, inRange('update', 'mark', change.mark, U32));
    if (change.markMask !== undefined)
      writer.u32(U.CTA_MARK_MASK, inRange('update', 'mark mask', change.markMask, U32));
  }
  if (change.labels !== undefined) {
    const labels = labelBytes('update', change.labels);
    const mask = change.labelsMask && labelBytes('update', change.labelsMask);
    // The kernel would invert labels outside of the mask.
    writer.raw(U.CTA_LABELS, mask === undefined ? labels : labels.map((byte, i) => byte & mask[i]!));
    if (mask !== undefined) writer.raw(U.CTA_LABELS_MASK, mask);
  }
  if (change.helper !== undefined) {
    if (change.helper !== '')
      throw new NetlinkError(
        'NOT_ENCODABLE',
        'update',
        "the helper of an existing entry can only be removed (''), not set",
      );
    writeHelper(writer, '');
  }
  writeProtoInfo(writer, 'update', protonum, change);
  writer.end();
}

/**
 * Writes IPCTNL_MSG_CT_DELETE for one entry: tuple, zone and, if known, id. A delete without a complete tuple cannot be written.
 *
 * If reply tuple and id are known, the reply tuple is sent and not the original one. The id is made from the original tuple and the place
 * in memory. So a successor with another address translation often has the same id, but never the same reply tuple. Without an id, the
 * reply tuple could name a connection with any original tuple.
 */
export function writeDelete(writer: MessageWriter, sequence: number, flags: number, ref: FlowRef): void {
  checkReplyZone('delete', ref);
  writer.begin(
    U.NFNL_SUBSYS_CTNETLINK,
    U.IPCTNL_MSG_CT_DELETE,
    U.NLM_F_REQUEST | flags,
    sequence,
    familyNumber(ref.family),
  );
  const { family, protonum, original, reply, replyZone, id } = ref;
  if (reply === undefined || id === undefined)
    writeTuple(writer, U.CTA_TUPLE_ORIG, 'delete', family, protonum, original);
  else {
    checkTuple('delete', family, protonum, original);
    const zoned = { ...reply, zone: reply?.zone ?? replyZone };
    writeTuple(writer, U.CTA_TUPLE_REPLY, 'delete', family, protonum, zoned as Tuple);
  }
  writeZone(writer, 'delete', ref.zone);
  if (id !== undefined) writer.u32(U.CTA_ID, inRange('delete', 'id', id, U32));
  writer.end();
}

/** Writes IPCTNL_MSG_CT_GET for one entry, by the tuple of either direction. */
export function writeGet(writer: MessageWriter, sequence: number, ref: FlowRef): void {
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET, U.NLM_F_REQUEST, sequence, familyNumber(ref.family));
  writeTuple(writer, U.CTA_TUPLE_ORIG, 'get', ref.family, ref.protonum, ref.original);
  writeZone(writer, 'get', ref.zone);
  writer.end();
}
