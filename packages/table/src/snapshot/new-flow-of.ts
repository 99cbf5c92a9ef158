import { type Flow, invertTuple, type NewFlow, type StatusName, type Tuple } from '@conntrack/flow';

/** Status bits that a new entry can be given; all others are the kernel's own doing. */
const GIVEN: readonly StatusName[] = ['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT'];
/** Seconds that an entry lives whose source gave no timeout: an offloaded one, say. */
const TIMEOUT = 120;

/** What of a flow no new entry can be given: the field, and whether a flow has it. Ids, keys and reference counts are nobody's loss. */
const LOST: readonly (readonly [string, (flow: Flow) => boolean])[] = [
  ['counters', ({ original, reply }) => [original, reply].some(({ packets, bytes }) => !!packets || !!bytes)],
  ['start', flow => flow.start !== undefined],
  ['timeout', flow => flow.timeout === undefined],
  ['secctx', flow => flow.secctx !== undefined || flow.secmark !== undefined],
  ['label names', flow => flow.labels?.some(label => typeof label === 'string') ?? false],
  ['offload', flow => flow.status?.some(name => name.includes('OFFLOAD')) ?? false],
  ['unknown attributes', flow => flow.unknown !== undefined],
];

/** The fields of a flow that are lost when it is made again. */
export const lostOf = (flow: Flow): string[] => LOST.filter(([, has]) => has(flow)).map(([field]) => field);

const tupleOf = ({ packets: _, bytes: __, zone, ...tuple }: Flow['original']): Tuple => ({
  ...tuple,
  ...(zone !== undefined && zone !== 0 && { zone }),
});

/** What address translation counts as a port: that of ICMP is its id. */
const portOf = (tuple: Tuple, end: 'sport' | 'dport'): number | undefined => tuple[end] ?? tuple.id;

/** The translation that made the reply tuple what it is; `undefined` where there is none. Text formats show it by the tuples alone. */
function natOf({ status, protonum, ...flow }: Flow): NewFlow['nat'] {
  const plain = invertTuple(flow.original, protonum);
  const { reply } = flow;
  // Only the kernel tells CONFIRMED, and with it every other bit.
  const whole = status?.includes('CONFIRMED') ?? false;
  const translated = (name: StatusName, isOther: boolean): boolean =>
    isOther && (!whole || (status?.includes(name) ?? false));
  const ranged = (address: string, port: number | undefined) => ({ address, ...(port !== undefined && { port }) });
  // What a source did not give of the reply (ICMP's fields in a save) differs from nothing.
  const differs = (...fields: (keyof Tuple)[]): boolean =>
    fields.some(field => reply[field] !== undefined && reply[field] !== plain[field]);
  const src = translated('SRC_NAT', differs('dst', 'dport', 'id'));
  const dst = translated('DST_NAT', differs('src', 'sport'));
  if (!src && !dst) return undefined;
  return {
    ...(src && { src: ranged(reply.dst, portOf(reply, 'dport')) }),
    ...(dst && { dst: ranged(reply.src, portOf(reply, 'sport')) }),
  };
}

/** What the tracker holds, as far as it can be given: a window scale counts only where both sides agreed on it. */
function protoinfoOf({ protoinfo }: Flow): NewFlow['protoinfo'] {
  if (protoinfo?.wscale === undefined) return protoinfo;
  const { wscale: _, ...rest } = protoinfo;
  const agreed = (['original', 'reply'] as const).every(side => protoinfo.flags?.[side]?.includes('WINDOW_SCALE'));
  return agreed ? protoinfo : rest;
}

/** The reply tuple, whole: what a source did not give of it is the original's turned round. */
const replyOf = ({ original, reply, protonum }: Flow): Tuple => {
  const { zone: _, ...plain } = tupleOf(invertTuple(original, protonum));
  return { ...plain, ...tupleOf(reply) };
};

/** The entry to be made so that a flow is there again. See {@link lostOf} for what cannot be. */
export function newFlowOf(flow: Flow): NewFlow {
  const nat = natOf(flow);
  const { state, mark, zone, helper, seqadj, synproxy, master } = flow;
  const protoinfo = protoinfoOf(flow);
  const labels = flow.labels?.filter(label => typeof label === 'number');
  const status = flow.status?.filter(name => GIVEN.includes(name));
  return {
    family: flow.family,
    protonum: flow.protonum,
    original: tupleOf(flow.original),
    // With a translation to be set up, the reply tuple is what that makes of it.
    ...(nat === undefined ? { reply: replyOf(flow) } : { nat }),
    timeout: flow.timeout ?? TIMEOUT,
    ...(status !== undefined && { status }),
    ...(state !== undefined && { state }),
    ...(mark !== undefined && { mark }),
    ...(zone !== undefined && zone !== 0 && { zone }),
    ...(labels !== undefined && labels.length > 0 && { labels }),
    ...(helper !== undefined && { helper }),
    ...(protoinfo !== undefined && { protoinfo }),
    ...(seqadj !== undefined && { seqadj }),
    // The kernel shows one of zeros where there is none.
    ...(synproxy !== undefined && synproxy.isn !== 0 && { synproxy }),
    ...(master !== undefined && { master }),
  };
}
