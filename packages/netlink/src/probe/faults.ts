import type { Family, NewFlow, Tuple } from '@conntrack/flow';
import { familyNumber } from '@conntrack/flow/codec';
import type { KernelFault } from '../change/capabilities.js';
import { writePartialTuple } from '../change/tuple.js';
import { EntryCursor } from '../entry/cursor.js';
import { dumpSlabs } from '../socket/dump.js';
import type { Native } from '../socket/native.js';
import { openSocket } from '../socket/socket.js';
import { NetlinkError } from '../wire/error.js';
import * as U from '../wire/uapi.js';
import { MessageWriter } from '../wire/writer.js';
import type { ProbedClient } from './client.js';

interface Trial {
  readonly entries: readonly NewFlow[];
  readonly family: Family;
  readonly protonum: number;
  readonly original: Partial<Tuple>;
  readonly flags: number;
  /** Number of entries that the filter should match. */
  readonly meant: number;
}

const v6 = (src: string): NewFlow => ({
  family: 'ipv6',
  protonum: 17,
  original: { src, dst: '2001:db8::ff', sport: 1, dport: 2 },
  timeout: 60,
});
const sctp: NewFlow = {
  family: 'ipv4',
  protonum: 132,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 7, dport: 8 },
  timeout: 60,
  state: 'ESTABLISHED',
  protoinfo: { vtag: { original: 1, reply: 2 } },
};

const TRIALS: Readonly<Record<KernelFault, Trial>> = {
  'ipv6-address-inverted': {
    entries: [v6('2001:db8::a'), v6('2001:db8::b'), v6('2001:db8::c')],
    family: 'ipv6',
    protonum: 17,
    original: { src: '2001:db8::a' },
    flags: U.CTA_FILTER_F_CTA_IP_SRC | U.CTA_FILTER_F_CTA_PROTO_NUM,
    meant: 1,
  },
  'port-ignored': {
    entries: [sctp],
    family: 'ipv4',
    protonum: 132,
    original: { dport: 9999 },
    flags: U.CTA_FILTER_F_CTA_PROTO_DST_PORT | U.CTA_FILTER_F_CTA_PROTO_NUM,
    meant: 0,
  },
};

/** Writes the filter of a dump that {@link writeKernelFilter} refuses to write. Only for dumps, which change nothing. */
function writeTrial(writer: MessageWriter, { family, protonum, original, flags }: Trial): void {
  const dump = U.NLM_F_REQUEST | U.NLM_F_DUMP;
  writer.begin(U.NFNL_SUBSYS_CTNETLINK, U.IPCTNL_MSG_CT_GET, dump, 1, familyNumber(family));
  writePartialTuple(writer, U.CTA_TUPLE_ORIG, 'dump', family, protonum, original);
  writer.nest(U.CTA_FILTER, () =>
    writer.u32Native(U.CTA_FILTER_ORIG_FLAGS, flags).u32Native(U.CTA_FILTER_REPLY_FLAGS, 0),
  );
  writer.end();
}

/** Finds the kernel's faults in a namespace made for it. A trial that the kernel refuses shows no fault. */
export async function faultsOf(addon: Native, netns: number, conntrack: ProbedClient): Promise<Set<KernelFault>> {
  const faults = new Set<KernelFault>();
  for (const [fault, trial] of Object.entries(TRIALS) as [KernelFault, Trial][])
    try {
      for (const entry of trial.entries) await conntrack.create(entry, { drops: 'allow' });
      const writer = new MessageWriter();
      writeTrial(writer, trial);
      let shown = 0;
      for await (const { buffer, length } of dumpSlabs(
        addon,
        openSocket(addon, netns),
        writer.bytes(),
        'dump',
        undefined,
      ))
        for (const cursor = new EntryCursor(buffer, length); cursor.next(); )
          if (cursor.protonum() === trial.protonum) shown++;
      if (shown !== trial.meant) faults.add(fault);
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
    }
  return faults;
}
