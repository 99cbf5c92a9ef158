import type { Expectation, Family, Tuple } from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import { writeTuple } from '../change/tuple.js';
import { EXPECTATION_ATTRIBUTES } from '../wire/attributes.js';
import type { Operation } from '../wire/error.js';
import { fieldsWriter } from '../wire/fields.js';
import { inRange } from '../wire/types.js';
import * as U from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';

const U32 = 0xffffffff;
/** Writes all attributes except tuples and the address translation, which contains a tuple. */
const writeScalars = fieldsWriter(EXPECTATION_ATTRIBUTES.filter(({ nested }) => nested === undefined));

/** A reference to one expectation: its tuple, zone and id. With the id, a successor is never hit. Every `Expectation` is a reference. */
export interface ExpectationRef {
  family: Family;
  protonum: number;
  tuple: Tuple;
  zone?: number;
  /** The kernel's `CTA_EXPECT_ID`. Without it, the reference means any expectation that covers the tuple. */
  id?: number;
}

/** An expectation to create. The kernel requires a tuple, a mask, and a master with a helper. */
export interface NewExpectation
  extends Pick<Expectation, 'family' | 'protonum' | 'tuple' | 'helper' | 'zone' | 'flags' | 'class' | 'nat' | 'fn'> {
  /** The bits of `tuple` that are compared: addresses and ports of all ones (`255.255.255.255`, `65535`), or of zeros to match any value. */
  mask: Tuple;
  /** The original tuple of the connection that the expectation belongs to. Default of its family and protocol: those of the expectation. */
  master: Tuple & { protonum?: number };
  /** Seconds until it expires. The helper's own policy may override it. */
  timeout: number;
}

function begin(writer: MessageWriter, sequence: number, message: number, flags: number, family: number): void {
  writer.begin(U.NFNL_SUBSYS_CTNETLINK_EXP, message, U.NLM_F_REQUEST | flags, sequence, family);
}

function writeRef(writer: MessageWriter, operation: Operation, ref: ExpectationRef): void {
  writeTuple(writer, U.CTA_EXPECT_TUPLE, operation, ref.family, ref.protonum, ref.tuple);
  if (ref.zone) writer.u16(U.CTA_EXPECT_ZONE, inRange(operation, 'zone', ref.zone, 0xffff));
  if (ref.id !== undefined) writer.u32(U.CTA_EXPECT_ID, inRange(operation, 'id', ref.id, U32));
}

/** Writes IPCTNL_MSG_EXP_GET for one expectation. @throws NetlinkError TUPLE_INCOMPLETE */
export function writeExpectationGet(writer: MessageWriter, sequence: number, ref: ExpectationRef): void {
  begin(writer, sequence, U.IPCTNL_MSG_EXP_GET, 0, familyNumber(ref.family));
  writeRef(writer, 'getExpectation', ref);
  writer.end();
}

/** Writes IPCTNL_MSG_EXP_DELETE for one expectation. Without a tuple it would be a flush. @throws NetlinkError TUPLE_INCOMPLETE */
export function writeExpectationDelete(writer: MessageWriter, sequence: number, ref: ExpectationRef): void {
  begin(writer, sequence, U.IPCTNL_MSG_EXP_DELETE, U.NLM_F_ACK, familyNumber(ref.family));
  writeRef(writer, 'deleteExpectation', ref);
  writer.end();
}

/** Writes IPCTNL_MSG_EXP_DELETE for all expectations, or for those of one helper. */
export function writeExpectationFlush(writer: MessageWriter, sequence: number, helper: string | undefined): void {
  begin(writer, sequence, U.IPCTNL_MSG_EXP_DELETE, U.NLM_F_ACK, 0);
  if (helper !== undefined) writer.string(U.CTA_EXPECT_HELP_NAME, helper);
  writer.end();
}

/** Writes IPCTNL_MSG_EXP_NEW. @throws NetlinkError TUPLE_INCOMPLETE, NOT_ENCODABLE */
export function writeExpectationCreate(writer: MessageWriter, sequence: number, expectation: NewExpectation): void {
  const operation = 'createExpectation';
  const { family, protonum, master, nat } = expectation;
  begin(writer, sequence, U.IPCTNL_MSG_EXP_NEW, U.NLM_F_ACK | U.NLM_F_CREATE | U.NLM_F_EXCL, familyNumber(family));
  writeTuple(writer, U.CTA_EXPECT_MASTER, operation, family, master?.protonum ?? protonum, master);
  writeTuple(writer, U.CTA_EXPECT_TUPLE, operation, family, protonum, expectation.tuple);
  writeTuple(writer, U.CTA_EXPECT_MASK, operation, family, protonum, expectation.mask);
  const { id: _, zone, helper, fn, ...others } = expectation as NewExpectation & { id?: number };
  writeScalars(writer, operation, {
    ...others,
    // Zone 0 is written as no zone.
    ...(zone && { zone }),
    ...(helper && { helper }),
    ...(fn && { fn }),
  });
  if (nat !== undefined)
    writer.nest(U.CTA_EXPECT_NAT, () => {
      writer.u32(U.CTA_EXPECT_NAT_DIR, nat.direction === 'original' ? 0 : 1);
      writeTuple(writer, U.CTA_EXPECT_NAT_TUPLE, operation, family, protonum, nat.tuple);
    });
  writer.end();
}

/** Writes IPCTNL_MSG_EXP_GET for all expectations, or for those of one connection. */
export function writeExpectationDump(
  writer: MessageWriter,
  sequence: number,
  master: { family: Family; protonum: number; original: Tuple } | undefined,
): void {
  begin(writer, sequence, U.IPCTNL_MSG_EXP_GET, U.NLM_F_DUMP, master === undefined ? 0 : familyNumber(master.family));
  if (master !== undefined)
    writeTuple(writer, U.CTA_EXPECT_MASTER, 'dumpExpectations', master.family, master.protonum, master.original);
  writer.end();
}
