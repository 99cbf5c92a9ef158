import type { Tuple } from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import { NetlinkError, type Operation } from '../wire/error.js';
import { inRange } from '../wire/types.js';
import {
  CTA_FILTER,
  CTA_FILTER_F_CTA_IP_DST,
  CTA_FILTER_F_CTA_IP_SRC,
  CTA_FILTER_F_CTA_PROTO_NUM,
  CTA_FILTER_ORIG_FLAGS,
  CTA_FILTER_REPLY_FLAGS,
  CTA_MARK,
  CTA_MARK_MASK,
  CTA_STATUS,
  CTA_STATUS_MASK,
  CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY,
  CTA_ZONE,
} from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';
import { FILTER_MEMBERS, flagOf, type KernelFilter } from './push-down.js';
import { writePartialTuple } from './tuple.js';

const refusal = (operation: Operation, why: string): NetlinkError =>
  new NetlinkError('NOT_ENCODABLE', operation, `refused, nothing was sent: ${why}`);

/** Returns the flags of a tuple's parts. @throws NetlinkError NOT_ENCODABLE for parts that are not on the push-down list */
function flagsOf(operation: Operation, filter: KernelFilter, tuple: Partial<Tuple>): number {
  let flags = 0;
  for (const [name, value] of Object.entries(tuple)) {
    if (value === undefined) continue;
    const flag = flagOf(filter, name);
    if (typeof flag === 'string') throw refusal(operation, flag);
    flags |= flag;
  }
  return flags;
}

/**
 * Returns nfgen_family of a dump (or flush) with this filter; 0 means both families. @throws NetlinkError NOT_ENCODABLE, because JavaScript
 * callers can pass anything
 */
export function filterFamily(operation: Operation, { family }: KernelFilter): number {
  if (family === undefined) return 0;
  if (family !== 'ipv4' && family !== 'ipv6')
    throw refusal(operation, `the family must be 'ipv4' or 'ipv6', got '${String(family)}'`);
  return familyNumber(family);
}

/**
 * Writes the filter of a dump or flush. @throws NetlinkError NOT_ENCODABLE, with the reason, for every filter that kernels are known to
 * apply incorrectly
 */
export function writeKernelFilter(writer: MessageWriter, operation: Operation, filter: KernelFilter): void {
  for (const [name, value] of Object.entries(filter))
    if (value !== undefined && !FILTER_MEMBERS.has(name))
      throw refusal(operation, `the kernel has no filter '${name}'`);
  const u32 = (field: string, value: number): number => inRange(operation, field, value, 0xffffffff);
  const original = filter.original ?? {};
  const reply = filter.reply ?? {};
  const proto = filter.protonum === undefined ? 0 : CTA_FILTER_F_CTA_PROTO_NUM;
  const originalFlags = flagsOf(operation, filter, original) | proto;
  const replyFlags = flagsOf(operation, filter, reply);
  // Protocol parts require the protocol number in the same direction, otherwise the kernel returns EINVAL.
  const replyParts = replyFlags & ~(CTA_FILTER_F_CTA_IP_SRC | CTA_FILTER_F_CTA_IP_DST);
  if (originalFlags !== 0 || replyFlags !== 0) {
    const { family } = filter;
    if (family === undefined) throw refusal(operation, 'a tuple filter requires a family');
    if (originalFlags !== 0) writePartialTuple(writer, CTA_TUPLE_ORIG, operation, family, filter.protonum, original);
    if (replyFlags !== 0)
      writePartialTuple(writer, CTA_TUPLE_REPLY, operation, family, replyParts ? filter.protonum : undefined, reply);
    writer.nest(CTA_FILTER, () => {
      writer.u32Native(CTA_FILTER_ORIG_FLAGS, originalFlags);
      writer.u32Native(CTA_FILTER_REPLY_FLAGS, replyFlags | (replyParts ? CTA_FILTER_F_CTA_PROTO_NUM : 0));
    });
  }
  if (filter.mark !== undefined) {
    writer.u32(CTA_MARK, u32('mark', filter.mark));
    writer.u32(CTA_MARK_MASK, u32('mark mask', filter.markMask ?? 0xffffffff));
  } else if (filter.markMask !== undefined) throw refusal(operation, 'a mark mask requires a mark');
  if (filter.status !== undefined) {
    const mask = u32('status mask', filter.statusMask ?? filter.status);
    if (mask === 0) throw refusal(operation, 'a status with mask 0 would match everything');
    writer.u32(CTA_STATUS, u32('status', filter.status));
    writer.u32(CTA_STATUS_MASK, mask);
  } else if (filter.statusMask !== undefined) throw refusal(operation, 'a status mask requires a status');
  if (filter.zone !== undefined) writer.u16(CTA_ZONE, inRange(operation, 'zone', filter.zone, 0xffff));
}
