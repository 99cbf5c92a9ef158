import {
  type Flow,
  type FlowEventType,
  type FlowTuple,
  familyNumber,
  parseNanoseconds,
  statusMask,
} from '@conntrack/flow';
import { labelBytes, writeAdjustments, writeProtoInfo } from '../change/flow.js';
import { writePartialTuple } from '../change/tuple.js';
import * as U from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';

function writeCounters(writer: MessageWriter, attribute: number, { packets, bytes }: FlowTuple): void {
  if (packets === undefined && bytes === undefined) return;
  writer.nest(attribute, () => {
    if (packets !== undefined) writer.u64(U.CTA_COUNTERS_PACKETS, packets);
    if (bytes !== undefined) writer.u64(U.CTA_COUNTERS_BYTES, bytes);
  });
}

function writeTimes(writer: MessageWriter, { start, stop }: Flow): void {
  if (start === undefined && stop === undefined) return;
  const time = (attribute: number, text: string | undefined): void => {
    const nanoseconds = text === undefined ? undefined : parseNanoseconds(text);
    if (nanoseconds !== undefined) writer.u64(attribute, nanoseconds);
  };
  writer.nest(U.CTA_TIMESTAMP, () => {
    time(U.CTA_TIMESTAMP_START, start);
    time(U.CTA_TIMESTAMP_STOP, stop);
  });
}

const FLAGS: Readonly<Record<FlowEventType, number>> = {
  new: U.NLM_F_CREATE | U.NLM_F_EXCL,
  update: 0,
  destroy: 0,
};

/** A flow as the kernel sends it: in a dump, or (with `event`) as an event. Names of labels and text formats' own fields have no place in it. */
export function writeFlow(writer: MessageWriter, sequence: number, flow: Flow, event?: FlowEventType): void {
  const { family, protonum, original, reply } = flow;
  const message = event === 'destroy' ? U.IPCTNL_MSG_CT_DELETE : U.IPCTNL_MSG_CT_NEW;
  const flags = event === undefined ? U.NLM_F_MULTI : FLAGS[event];
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, message, flags, sequence, familyNumber(family), flow.portid ?? 0);
  writePartialTuple(writer, U.CTA_TUPLE_ORIG, 'encode', family, protonum, original);
  writePartialTuple(writer, U.CTA_TUPLE_REPLY, 'encode', family, protonum, reply);
  if (flow.zone !== undefined) writer.u16(U.CTA_ZONE, flow.zone);
  if (flow.status !== undefined) writer.u32(U.CTA_STATUS, statusMask(flow.status));
  if (flow.timeout !== undefined) writer.u32(U.CTA_TIMEOUT, flow.timeout);
  writeCounters(writer, U.CTA_COUNTERS_ORIG, original);
  writeCounters(writer, U.CTA_COUNTERS_REPLY, reply);
  writeTimes(writer, flow);
  writeProtoInfo(writer, 'encode', protonum, flow);
  const { helper, secctx, master } = flow;
  if (helper !== undefined) writer.nest(U.CTA_HELP, () => writer.string(U.CTA_HELP_NAME, helper));
  if (flow.mark !== undefined) writer.u32(U.CTA_MARK, flow.mark);
  if (flow.secmark !== undefined) writer.u32(U.CTA_SECMARK, flow.secmark);
  if (secctx !== undefined) writer.nest(U.CTA_SECCTX, () => writer.string(U.CTA_SECCTX_NAME, secctx));
  if (flow.labels !== undefined) writer.raw(U.CTA_LABELS, labelBytes('encode', flow.labels));
  if (flow.id !== undefined) writer.u32(U.CTA_ID, flow.id);
  if (flow.use !== undefined) writer.u32(U.CTA_USE, flow.use);
  if (master !== undefined)
    writePartialTuple(
      writer,
      U.CTA_TUPLE_MASTER,
      'encode',
      master.family ?? family,
      master.protonum ?? protonum,
      master,
    );
  writeAdjustments(writer, flow);
  for (const [number, hex] of Object.entries(flow.unknown ?? {})) writer.raw(Number(number), Buffer.from(hex, 'hex'));
  writer.end();
}
