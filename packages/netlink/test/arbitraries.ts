import {
  DCCP_STATES,
  EVENT_TYPES,
  type Flow,
  type FlowTuple,
  keyOf,
  type NewFlow,
  protocolOf,
  SCTP_STATES,
  statusNames,
  TCP_STATES,
} from '@conntrack/flow';
import { EXPECT_FLAGS, formatIPv4, formatIPv6, TCP_FLAGS } from '@conntrack/flow/codec';
import { formatNanoseconds } from '@conntrack/flow/text';
import fc from 'fast-check';
import type { NewExpectation } from '../src/index.js';

const u8 = fc.nat(255);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const counter = fc.nat(Number.MAX_SAFE_INTEGER);
/** A name; some names contain control characters. */
const text = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^[a-z][a-z0-9_:.-]{0,14}$/) },
  { weight: 1, arbitrary: fc.constantFrom('\u001b[31mred', 'a\u007fb', 'a\u009b2Kb', 'a\nb', 'a<b>&"') },
);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const both = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<{ original: T; reply: T }> =>
  fc.record({ original: value, reply: value });
// The kernel writes 0 for an unknown time.
const time = fc.tuple(fc.integer({ min: 1, max: 0x1fffffff }), u32).map(([high, low]) => formatNanoseconds(high, low));
const flags = fc.subarray([...TCP_FLAGS]);

const withoutAbsent = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

const tuple = (family: 'ipv4' | 'ipv6', protonum: number): fc.Arbitrary<FlowTuple> => {
  const address =
    family === 'ipv4' ? u32.map(formatIPv4) : fc.tuple(u32, u32, u32, u32).map(words => formatIPv6(...words));
  const parts = {
    ports: { sport: u16, dport: u16 },
    icmp: { type: u8, code: u8, id: u16 },
    keys: { srckey: u16, dstkey: u16 },
    none: {},
  }[protocolOf(protonum).kind] as Record<string, fc.Arbitrary<number>>;
  return fc
    .record({ src: address, dst: address, ...parts, packets: maybe(counter), bytes: maybe(counter) })
    .map(value => withoutAbsent(value) as FlowTuple);
};

const trackers = {
  6: {
    state: fc.constantFrom(...TCP_STATES),
    protoinfo: fc.record({ wscale: both(fc.nat(14)), flags: both(flags) }),
  },
  132: { state: fc.constantFrom(...SCTP_STATES), protoinfo: fc.record({ vtag: both(u32) }) },
  33: {
    state: fc.constantFrom(...DCCP_STATES),
    protoinfo: fc.record({ role: fc.constantFrom('client', 'server'), handshakeSeq: fc.nat(2 ** 48 - 1) }),
  },
} as const;

/** A flow with any of the attributes in the kernel's header. */
export const anyFlow: fc.Arbitrary<Flow> = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    protonum: fc.oneof(fc.constantFrom(1, 6, 17, 33, 47, 50, 58, 132, 136), u8),
    id: u32,
  })
  .chain(({ family, protonum, id }) =>
    fc
      .record({
        original: tuple(family, protonum),
        reply: tuple(family, protonum),
        zones: fc.constantFrom('none', 'both', 'original', 'reply'),
        zone: fc.integer({ min: 1, max: 0xffff }),
        status: maybe(u32.map(statusNames)),
        timeout: maybe(u32),
        mark: maybe(u32),
        use: maybe(u32),
        secmark: maybe(u32),
        labels: maybe(fc.uniqueArray(fc.nat(127), { minLength: 1 }).map(bits => bits.sort((a, b) => a - b))),
        helper: maybe(text),
        secctx: maybe(text),
        start: maybe(time),
        stop: maybe(time),
        seqadj: maybe(both(fc.record({ correctionPos: u32, offsetBefore: u32, offsetAfter: u32 }))),
        synproxy: maybe(fc.record({ isn: u32, its: u32, tsoff: u32 })),
        master: maybe(tuple(family, 6).map(({ packets: _, bytes: __, ...rest }) => ({ ...rest, protonum: 6 }))),
        unknown: maybe(
          fc.dictionary(
            fc.integer({ min: 40, max: 0x3fff }).map(String),
            fc.uint8Array({ maxLength: 9 }).map(bytes => Buffer.from(bytes).toString('hex')),
            { minKeys: 1, maxKeys: 3 },
          ),
        ),
        ...(protonum in trackers ? (trackers as Record<number, object>)[protonum] : {}),
      })
      .map(({ zones, zone, ...fields }) => {
        const flow = withoutAbsent({ family, protocol: protocolOf(protonum).name, protonum, id, ...fields }) as Flow;
        if (zones === 'both') flow.zone = zone;
        else if (zones !== 'none') flow[zones].zone = zone;
        flow.key = keyOf(flow)!;
        return flow;
      }),
  );

/** The rare attributes, and a `CTA_TIMESTAMP` with more than the start. */
const UNUSUAL = ['labels', 'secctx', 'secmark', 'helper', 'stop', 'seqadj', 'master', 'unknown'] as const;

/** A flow of TCP, UDP or ICMP with some of the common attributes; half of the flows have no address translation. */
export const usualFlow: fc.Arbitrary<Flow> = fc
  .tuple(anyFlow, fc.boolean())
  .filter(([{ protonum }]) => [1, 6, 17, 58].includes(protonum))
  .map(([flow, translated]) => {
    const usual = structuredClone(flow);
    if (!translated) {
      usual.reply.src = usual.original.dst;
      usual.reply.dst = usual.original.src;
    }
    for (const name of UNUSUAL) delete usual[name];
    for (const direction of ['original', 'reply'] as const) {
      const tuple = usual[direction];
      delete tuple.zone;
      // The kernel counts both or neither.
      if (tuple.packets === undefined) delete tuple.bytes;
      else tuple.bytes ??= tuple.packets;
    }
    usual.key = keyOf(usual)!;
    return usual;
  });

export const anyEvent = fc.constantFrom(undefined, ...EVENT_TYPES);

/** An expectation with any of the attributes in the kernel's header. */
export const anyExpectation: fc.Arbitrary<NewExpectation> = fc
  .record({
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
    protonum: fc.constantFrom(1, 6, 17, 47, 50, 132),
  })
  .chain(({ family, protonum }) => {
    const bare = tuple(family, protonum).map(({ packets: _, bytes: __, ...rest }) => rest);
    return fc
      .record({
        tuple: bare,
        mask: bare,
        master: bare,
        timeout: u32,
        helper: maybe(text),
        zone: maybe(fc.integer({ min: 1, max: 0xffff })),
        flags: maybe(fc.subarray([...EXPECT_FLAGS])),
        class: maybe(u32),
        nat: maybe(fc.record({ direction: fc.constantFrom('original' as const, 'reply' as const), tuple: bare })),
        fn: maybe(text),
      })
      .map(fields => withoutAbsent({ family, protonum, ...fields }) as NewExpectation);
  });

const newPorts = fc.record({ sport: u16, dport: u16 });
const v4 = fc.tuple(u8, u8, u8).map(([b, c, d]) => `10.${b}.${c}.${d}`);
const v6 = u32.map(low => formatIPv6(0x20010db8, 0, 0, low));

const kinds: readonly (readonly ['ipv4' | 'ipv6', number, fc.Arbitrary<object>, Partial<NewFlow>])[] = [
  ['ipv4', 6, newPorts, { state: 'ESTABLISHED' }],
  ['ipv4', 6, newPorts, { state: 'TIME_WAIT' }],
  ['ipv6', 6, newPorts, { state: 'SYN_SENT' }],
  ['ipv4', 17, newPorts, {}],
  ['ipv6', 17, newPorts, {}],
  ['ipv4', 1, fc.record({ type: fc.constant(8), code: fc.constant(0), id: u16 }), {}],
  ['ipv6', 58, fc.record({ type: fc.constant(128), code: fc.constant(0), id: u16 }), {}],
  ['ipv4', 132, newPorts, { state: 'ESTABLISHED', protoinfo: { vtag: { original: 1, reply: 2 } } }],
  ['ipv4', 47, fc.record({ srckey: u16, dstkey: u16 }), {}],
  ['ipv4', 50, fc.constant({}), {}],
];

/** An entry that the kernel creates exactly as requested. */
export const anyNewFlow: fc.Arbitrary<NewFlow> = fc.constantFrom(...kinds).chain(([family, protonum, parts, more]) =>
  fc
    .record({
      src: family === 'ipv4' ? v4 : v6,
      dst: family === 'ipv4' ? v4 : v6,
      parts,
      mark: fc.nat(0xffffffff),
      timeout: fc.integer({ min: 1000, max: 500_000 }),
      zone: fc.constantFrom(0, 0, 7, 65_535),
      status: fc.constantFrom([], ['SEEN_REPLY'] as const, ['SEEN_REPLY', 'ASSURED'] as const),
    })
    .map(({ src, dst, parts: rest, zone, ...fields }) => ({
      family,
      protonum,
      original: { src, dst, ...rest },
      ...more,
      ...fields,
      ...(zone !== 0 && { zone }),
    })),
);
