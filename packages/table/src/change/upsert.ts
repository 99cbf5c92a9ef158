import {
  type Flow,
  type FlowChange,
  FlowObjectCursor,
  invertTuple,
  type NewFlow,
  sameConnection,
  type Tuple,
} from '@conntrack/flow';

/** Members that only a creation can set: an existing entry would stay without them. */
const ONLY_CREATED = ['nat', 'helper', 'master', 'protoinfo', 'seqadj', 'synproxy'] as const;

/** Explains why a flow cannot be upserted: the member that prevents it, and a sentence. Returns `undefined` if it can. */
export function upsertFault(flow: NewFlow): { member: keyof NewFlow; message: string } | undefined {
  const member = ONLY_CREATED.find(name => flow[name] !== undefined);
  if (member !== undefined)
    return { member, message: `the ${member} of an existing entry cannot be changed: create the flow instead` };
  if (flow.timeout === 0)
    return { member: 'timeout', message: 'a timeout of 0 would end the existing entry: delete it instead' };
  return undefined;
}

/** Returns the change that an upsert makes to an existing entry. */
export const upsertChange = ({ timeout, mark, status, labels, state }: NewFlow): FlowChange => ({
  timeout,
  ...(mark !== undefined && { mark }),
  ...(status !== undefined && { status: [...status] }),
  ...(labels !== undefined && { labels: labels as number[] }),
  ...(state !== undefined && { state }),
});

/** Returns the reply tuple of a new flow without address translation. */
export function replyOf({ original, reply, protonum }: NewFlow): Tuple {
  if (reply !== undefined) return reply;
  const { zone: _, ...plain } = invertTuple(original, protonum);
  return plain;
}

/** Whether an entry is the connection that a new flow describes: both tuples are equal. */
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
