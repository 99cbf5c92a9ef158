import type { NewFlow } from '@conntrack/flow';
import { writeCreate, writeGet } from '../change/flow.js';
import { type FlushCondition, type FlushScope, writeFlush } from '../change/flush.js';
import { acknowledged } from '../socket/acknowledged.js';
import type { Native } from '../socket/native.js';
import { triedOnce } from '../socket/netns.js';
import { type Place, Requester } from '../socket/request.js';
import { openSocket } from '../socket/socket.js';
import { NetlinkError } from '../wire/error.js';
import { MessageWriter } from '../wire/writer.js';

/** An entry that must survive every flush whose scope does not contain it. */
const witness: NewFlow = {
  family: 'ipv4',
  protonum: 17,
  original: { src: '192.0.2.1', dst: '192.0.2.2', sport: 1, dport: 2 },
  timeout: 60,
  mark: 1,
};

/** For each condition, a scope that does not contain the witness. A kernel that applies the condition keeps the witness. */
const SCOPES: Readonly<Record<FlushCondition, FlushScope>> = {
  family: { family: 'ipv6' },
  tuple: { family: 'ipv4', original: { src: '192.0.2.9' } },
  zone: { zone: 9 },
  mark: { mark: 2 },
  // ASSURED, which the witness does not have.
  status: { status: 4 },
};

const probed = new WeakMap<Native, Promise<ReadonlySet<FlushCondition>>>();

/**
 * Finds out which conditions of a flush this kernel applies, once, in a network namespace made for it. Kernels ignore attributes that they
 * do not know as a filter (tuples before 6.11, zone before 6.8, status before 5.15, the family before 5.3), and then empty the table. If no
 * namespace can be made (no CAP_SYS_ADMIN), no condition is proven.
 */
export const honoredConditions = (addon: Native): Promise<ReadonlySet<FlushCondition>> =>
  triedOnce<ReadonlySet<FlushCondition>>(
    probed,
    addon,
    netns => probe(addon, netns),
    new Set(),
    ({ size }) => size > 0,
  );

async function probe(addon: Native, netns: number): Promise<Set<FlushCondition>> {
  const honored = new Set<FlushCondition>();
  const fd = openSocket(addon, netns);
  const requester = new Requester(addon, fd);
  let sequence = 0;
  const ask = (write: (writer: MessageWriter, sequence: number) => void): Place | undefined => {
    const writer = new MessageWriter();
    write(writer, ++sequence);
    return requester.ask(writer.bytes(), sequence, 'flush');
  };
  try {
    for (const [condition, scope] of Object.entries(SCOPES) as [FlushCondition, FlushScope][]) {
      try {
        ask((writer, next) => writeCreate(writer, next, witness, true));
        await acknowledged(addon, fd, 'flush', ++sequence, (writer, next) => writeFlush(writer, next, scope));
        if (ask((writer, next) => writeGet(writer, next, witness)) !== undefined) honored.add(condition);
      } catch (error) {
        // The kernel refused the flush, or the witness is gone: the condition is not applied.
        if (!(error instanceof NetlinkError)) throw error;
      }
    }
  } finally {
    requester.close();
  }
  return honored;
}
