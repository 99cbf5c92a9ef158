import {
  type Flow,
  type FlowChange,
  FlowObjectCursor,
  invertTuple,
  type NewFlow,
  sameConnection,
  type Tuple,
} from '@conntrack/flow';

/** What only a creation can set: an existing entry would be left without it. */
const ONLY_CREATED = ['nat', 'helper', 'master', 'protoinfo', 'seqadj', 'synproxy'] as const;

/** Why a flow cannot be upserted: the member that is in the way, and a sentence. */
export function upsertFault(flow: NewFlow): { member: keyof NewFlow; message: string } | undefined {
  const member = ONLY_CREATED.find(name => flow[name] !== undefined);
  if (member !== undefined)
    return { member, message: `the ${member} of an existing entry cannot be changed: create the flow instead` };
  if (flow.timeout === 0)
    return { member: 'timeout', message: 'a timeout of 0 would end the existing entry: delete it instead' };
  return undefined;
}

/** The change that an upsert makes of an entry that exists. */
export const upsertChange = ({ timeout, mark, status, labels, state }: NewFlow): FlowChange => ({
  timeout,
  ...(mark !== undefined && { mark }),
  ...(status !== undefined && { status: [...status] }),
  ...(labels !== undefined && { labels: labels as number[] }),
  ...(state !== undefined && { state }),
});

/** The reply tuple of a new flow without translation. */
export function replyOf({ original, reply, protonum }: NewFlow): Tuple {
  if (reply !== undefined) return reply;
  const { zone: _, ...plain } = invertTuple(original, protonum);
  return plain;
}

/** Whether an entry is the connection that a new flow describes: it has its tuples in both directions. */
export const isSameAsNew = (existing: Flow, flow: NewFlow): boolean => {
  const { family, protonum, original, zone } = flow;
  return sameConnection(new FlowObjectCursor(existing), {
    family,
    protonum,
    original,
    reply: replyOf(flow),
    ...(zone !== undefined && { zone }),
  });
};
