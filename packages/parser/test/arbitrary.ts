import {
  type Expectation,
  type Flow,
  type FlowTuple,
  formatAddress,
  protocolOf,
  STATUS,
  type StatusName,
  statesOf,
  statusNames,
  type Tuple,
} from '@conntrack/flow';
import { ipv4 } from '@conntrack/flow/codec';
import fc from 'fast-check';

const word = fc.nat({ max: 0xffffffff });
const port = fc.nat({ max: 0xffff });
const byte = fc.nat({ max: 0xff });

/** An address of a family. IPv6 addresses have many zeros, so that `::` occurs everywhere. */
const address = (family: 'ipv4' | 'ipv6'): fc.Arbitrary<string> =>
  family === 'ipv4'
    ? word.map(number => formatAddress(ipv4(number)))
    : fc
        .array(fc.oneof(fc.constant(0), fc.constant(0xffff), word), { minLength: 4, maxLength: 4 })
        .map(words => formatAddress({ family: 'ipv6', words: words as [number, number, number, number] }));

const tupleFields = (protonum: number): fc.Arbitrary<Partial<Tuple>> => {
  switch (protocolOf(protonum).kind) {
    case 'ports':
      return fc.record({ sport: port, dport: port });
    case 'icmp':
      return fc.record({ type: byte, code: byte, id: port });
    case 'keys':
      return fc.record({ srckey: port, dstkey: port });
    default:
      return fc.constant({});
  }
};

const counters = fc.record({ packets: fc.maxSafeNat(), bytes: fc.maxSafeNat() }, { requiredKeys: [] });

const without = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

/** A flow with only the fields that a text of /proc or of `conntrack -L` shows. */
export const textFlow: fc.Arbitrary<Flow> = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    protonum: fc.oneof(fc.constantFrom(1, 6, 17, 33, 47, 58, 132, 136), byte),
  })
  .chain(({ family, protonum }) => {
    const tuple = fc
      .tuple(fc.record({ src: address(family), dst: address(family) }), tupleFields(protonum), counters)
      .map(([ends, fields, counted]): FlowTuple => ({ ...ends, ...fields, ...counted }));
    const states = statesOf(protonum);
    return fc
      .record({
        original: tuple,
        reply: tuple,
        state: states.length === 0 ? fc.constant(undefined) : fc.option(fc.constantFrom(...states), { nil: undefined }),
        timeout: fc.option(word, { nil: undefined }),
        mark: fc.option(word, { nil: undefined }),
        use: fc.option(word, { nil: undefined }),
        zone: fc.option(fc.integer({ min: 1, max: 0xffff }), { nil: undefined }),
        secmark: fc.option(word, { nil: undefined }),
        secctx: fc.option(fc.constantFrom('system_u:object_r:unlabeled_t:s0', 'a=b'), { nil: undefined }),
        deltaTime: fc.option(word, { nil: undefined }),
        status: fc
          .tuple(fc.boolean(), fc.constantFrom(0, STATUS.ASSURED, STATUS.OFFLOAD, STATUS.HW_OFFLOAD))
          .map(([replied, bit]): readonly StatusName[] => statusNames((replied ? STATUS.SEEN_REPLY : 0) | bit)),
        directionZone: fc.option(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 0xffff })), { nil: undefined }),
      })
      .map(({ original, reply, directionZone, ...rest }) => {
        if (directionZone !== undefined) {
          rest.zone = undefined;
          (directionZone[0] ? original : reply).zone = directionZone[1];
        }
        const { name } = protocolOf(protonum);
        return { family, protocol: name, protonum, original, reply, ...without(rest) } as Flow;
      });
  });

const time = fc
  .nat({ max: 4_000_000_000 })
  .map(seconds => `${new Date(seconds * 1000).toISOString().slice(0, -5)}.000000000Z`);

/** A {@link textFlow} with the fields that only conntrack(8) shows. */
export const conntrackFlow: fc.Arbitrary<Flow> = fc
  .record({
    flow: textFlow,
    rest: fc.record(
      {
        id: word,
        labels: fc.array(fc.constantFrom('one', 'two', 'sixty-four'), { maxLength: 3 }),
        helper: fc.constantFrom('ftp', 'sip-5060'),
        start: time,
        stop: time,
      },
      { requiredKeys: [] },
    ),
    user: fc.option(fc.record({ portid: word, progname: fc.constantFrom('conntrack', 'a program') }), { nil: {} }),
  })
  .map(({ flow, rest, user }) => ({ ...flow, ...rest, ...user }));

/** A flow that `-o save` can show. */
export const savedFlow: fc.Arbitrary<Flow> = textFlow.map(flow => {
  const { family, protocol, protonum, original, reply, state, timeout, zone, secmark } = flow;
  const ends = ({ packets: _packets, bytes: _bytes, ...tuple }: FlowTuple): FlowTuple => tuple;
  const kind = protocolOf(protonum).kind;
  const answer: FlowTuple =
    kind === 'icmp'
      ? (without({ src: reply.src, dst: reply.dst, zone: reply.zone }) as unknown as FlowTuple)
      : ends(reply);
  return {
    family,
    protocol,
    protonum,
    original: ends(original),
    reply: answer,
    ...without({ state, timeout, zone, secmark }),
    status: flow.status!.filter(name => name === 'SEEN_REPLY' || name === 'ASSURED'),
  } as Flow;
});

/** An expectation as `conntrack -L expect` shows it. */
export const expectation: fc.Arbitrary<Expectation> = fc
  .record({ family: fc.constantFrom('ipv4' as const, 'ipv6' as const), protonum: fc.constantFrom(6, 17, 47, 50) })
  .chain(({ family, protonum }) => {
    const tuple = fc
      .tuple(fc.record({ src: address(family), dst: address(family) }), tupleFields(protonum))
      .map(([ends, fields]): Tuple => ({ ...ends, ...fields }));
    return fc
      .record({
        tuple,
        mask: tuple,
        master: tuple,
        timeout: word,
        zone: fc.option(fc.integer({ min: 1, max: 0xffff }), { nil: undefined }),
        flags: fc.option(fc.subarray(['PERMANENT', 'INACTIVE', 'USERSPACE'] as const, { minLength: 1 }), {
          nil: undefined,
        }),
        class: fc.option(byte, { nil: undefined }),
        helper: fc.option(fc.constantFrom('ftp', 'sip'), { nil: undefined }),
      })
      .map(fields => ({ family, protocol: protocolOf(protonum).name, protonum, ...without(fields) }) as Expectation);
  });
