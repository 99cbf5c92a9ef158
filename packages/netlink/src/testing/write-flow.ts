import type { Flow, FlowEventType } from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import { writeProtoInfo } from '../change/flow.js';
import { writePartialTuple } from '../change/tuple.js';
import { CONNTRACK_ATTRIBUTES } from '../wire/attributes.js';
import { fieldWriter } from '../wire/fields.js';
import * as U from '../wire/uapi.js';
import type { MessageWriter } from '../wire/writer.js';

const FLAGS: Readonly<Record<FlowEventType, number>> = {
  new: U.NLM_F_CREATE | U.NLM_F_EXCL,
  update: 0,
  destroy: 0,
};

const WRITERS = CONNTRACK_ATTRIBUTES.map(row => ({ number: row.number, write: fieldWriter(row) }));

/** Writes a flow as the kernel sends it: in a dump or, with `event`, as an event. Label names and fields that only text formats have are left out. */
export function writeFlow(writer: MessageWriter, sequence: number, flow: Flow, event?: FlowEventType): void {
  const { family, protonum, original, reply } = flow;
  const message = event === 'destroy' ? U.IPCTNL_MSG_CT_DELETE : U.IPCTNL_MSG_CT_NEW;
  const flags = event === undefined ? U.NLM_F_MULTI : FLAGS[event];
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, message, flags, sequence, familyNumber(family), flow.portid ?? 0);
  writePartialTuple(writer, U.CTA_TUPLE_ORIG, 'encode', family, protonum, original);
  writePartialTuple(writer, U.CTA_TUPLE_REPLY, 'encode', family, protonum, reply);
  for (const { number, write } of WRITERS)
    if (number === U.CTA_PROTOINFO) writeProtoInfo(writer, 'encode', protonum, flow);
    else write(writer, 'encode', flow);
  const { master } = flow;
  if (master !== undefined) {
    const { family: own = family, protonum: number = protonum } = master;
    writePartialTuple(writer, U.CTA_TUPLE_MASTER, 'encode', own, number, master);
  }
  for (const [number, hex] of Object.entries(flow.unknown ?? {})) writer.raw(Number(number), Buffer.from(hex, 'hex'));
  writer.end();
}
