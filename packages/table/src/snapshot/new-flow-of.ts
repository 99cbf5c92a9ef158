import { type Flow, invertTuple, type NewFlow, type StatusName, type Tuple } from '@conntrack/flow';

/** Status bits that a new entry can be given. The kernel sets all others itself. */
const GIVEN: readonly StatusName[] = ['SEEN_REPLY', 'ASSURED', 'FIXED_TIMEOUT'];
/** Timeout in seconds for flows whose source gave none, such as offloaded ones. */
const TIMEOUT = 120;

/** What a new entry cannot be given: the name of the field, and whether a flow has it. Ids, keys and reference counts do not count as losses. */
const LOST: readonly (readonly [string, (flow: Flow) => boolean])[] = [
  ['counters', ({ original, reply }) => [original, reply].some(({ packets, bytes }) => !!packets || !!bytes)],
  ['start', flow => flow.start !== undefined],
  ['timeout', flow => flow.timeout === undefined],
  ['secctx', flow => flow.secctx !== undefined || flow.secmark !== undefined],
  ['label names', flow => flow.labels?.some(label => typeof label === 'string') ?? false],
  ['offload', flow => flow.status?.some(name => name.includes('OFFLOAD')) ?? false],
  ['unknown attributes', flow => flow.unknown !== undefined],
];

/** Returns the fields of a flow that are lost when it is created again. */
export const lostOf = (flow: Flow): string[] => LOST.filter(([, has]) => has(flow)).map(([field]) => field);

const tupleOf = ({ packets: _, bytes: __, zone, ...tuple }: Flow['original']): Tuple => ({
  ...tuple,
  ...(zone !== undefined && zone !== 0 && { zone }),
});

/** Returns what address translation treats as a port. For ICMP it is the id. */
const portOf = (tuple: Tuple, end: 'sport' | 'dport'): number | undefined => tuple[end] ?? tuple.id;

/** Returns the address translation that led to the reply tuple; `undefined` if there is none. Text formats show it only in the tuples. */
function natOf({ status, protonum, ...flow }: Flow): NewFlow['nat'] {
  const plain = invertTuple(flow.original, protonum);
  const { reply } = flow;
  // Only the kernel gives CONFIRMED, and then all other bits too.
  const whole = status?.includes('CONFIRMED') ?? false;
  const translated = (name: StatusName, isOther: boolean): boolean =>
    isOther && (!whole || (status?.includes(name) ?? false));
  const ranged = (address: string, port: number | undefined) => ({ address, ...(port !== undefined && { port }) });
  // Reply fields that the source did not give (ICMP's fields in a save) do not differ from anything.
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

/** Returns the tracker's values as far as a new entry can have them. A window scale needs both sides. */
function protoinfoOf({ protoinfo }: Flow): NewFlow['protoinfo'] {
  if (protoinfo?.wscale === undefined) return protoinfo;
  const { wscale: _, ...rest } = protoinfo;
  const agreed = (['original', 'reply'] as const).every(side => protoinfo.flags?.[side]?.includes('WINDOW_SCALE'));
  return agreed ? protoinfo : rest;
}

/** Returns the complete reply tuple. Fields that a source did not give are those of the original tuple, inverted. */
const replyOf = ({ original, reply, protonum }: Flow): Tuple => {
  const { zone: _, ...plain } = tupleOf(invertTuple(original, protonum));
  return { ...plain, ...tupleOf(reply) };
};

/** Returns the entry to create so that a flow exists again. {@link lostOf} says what it will lack. */
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
    // If a translation is set up, the kernel makes the reply tuple from it.
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
    // The kernel shows zeros if there is no SYNPROXY state.
    ...(synproxy !== undefined && synproxy.isn !== 0 && { synproxy }),
    ...(master !== undefined && { master }),
  };
}
