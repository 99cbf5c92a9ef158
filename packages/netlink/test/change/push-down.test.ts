import type { Tuple } from '@conntrack/flow';
import { formatIPv4, formatIPv6 } from '@conntrack/flow/codec';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flagOf, type KernelFilter, pushDown } from '../../src/change/push-down.js';
import { writeKernelFilter } from '../../src/change/write-kernel-filter.js';
import { MessageWriter } from '../../src/wire/writer.js';

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const u32 = fc.nat(0xffffffff);
const u16 = fc.nat(0xffff);
const address = fc.oneof(
  u32.map(formatIPv4),
  fc.tuple(u32, u32, u32, u32).map(words => formatIPv6(...words)),
);

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

/** Exact values of every kind, also those that no kernel can compare. */
const tuple = fc
  .record({
    src: maybe(address),
    dst: maybe(address),
    sport: maybe(u16),
    dport: maybe(u16),
    type: maybe(fc.nat(255)),
    code: maybe(fc.nat(255)),
    id: maybe(u16),
    srckey: maybe(u16),
    zone: maybe(u16),
  })
  .map(defined) as fc.Arbitrary<Partial<Tuple>>;
const wanted = fc
  .record({
    family: maybe(fc.constantFrom('ipv4', 'ipv6')),
    protonum: maybe(fc.constantFrom(1, 6, 17, 33, 47, 58, 132, 136, 255)),
    original: maybe(tuple),
    reply: maybe(tuple),
    mark: maybe(u32),
    status: maybe(fc.integer({ min: 1, max: 0x3fff })),
    zone: maybe(u16),
  })
  .map(defined) as fc.Arbitrary<KernelFilter>;

test('of any requested filter, only what the encoder accepts is sent', () => {
  fc.assert(
    fc.property(wanted, filter => {
      for (const sent of pushDown(filter))
        expect(() => writeKernelFilter(new MessageWriter().begin(1, 1, 0, 1, 0), 'dump', sent)).not.toThrow();
    }),
    { numRuns: 3000 },
  );
});

test('a filter that is sent asks for nothing else than requested, and covers each family once', () => {
  fc.assert(
    fc.property(wanted, filter => {
      const sent = pushDown(filter);
      for (const { family: _, original = {}, reply = {}, ...others } of sent) {
        expect(filter).toMatchObject(others);
        expect(filter.original ?? {}).toMatchObject(original);
        expect(filter.reply ?? {}).toMatchObject(reply);
      }
      const families = sent.map(({ family }) => family);
      if (filter.family !== undefined) expect(families).toEqual([filter.family]);
      else if (filter.protonum !== undefined) expect(families).toEqual(['ipv4', 'ipv6']);
      else expect(families).toEqual([undefined]);
    }),
    { numRuns: 3000 },
  );
});

// Each of these emptied a table, or returned the wrong entries, on some kernel (see test/change/write-kernel-filter.test.ts).
const NEVER: readonly (readonly [title: string, wanted: KernelFilter])[] = [
  ['an IPv6 address', { family: 'ipv6', protonum: 6, original: { src: '2001:db8::1' } }],
  ['an IPv4 address in a filter of IPv6', { family: 'ipv6', original: { src: '10.0.0.1' } }],
  ['an IPv6 address in a filter of IPv4', { family: 'ipv4', reply: { dst: '2001:db8::1' } }],
  ['a port of SCTP', { family: 'ipv4', protonum: 132, original: { dport: 80 } }],
  ['a port of UDP-Lite', { family: 'ipv4', protonum: 136, original: { dport: 80 } }],
  ['a port without a protocol', { family: 'ipv4', original: { dport: 80 } }],
  ['a key of GRE', { family: 'ipv4', protonum: 47, original: { srckey: 1 } }],
  ['a type of ICMPv6', { family: 'ipv6', protonum: 58, original: { type: 128 } }],
  ['a type of ICMP in a filter of IPv6', { family: 'ipv6', protonum: 1, original: { type: 8 } }],
  ['a type of ICMP that no entry has', { family: 'ipv4', protonum: 1, original: { type: 3 } }],
  ['a zone of one direction', { family: 'ipv4', original: { zone: 1 } }],
];

test.for(NEVER)('%s is never sent', ([, filter]) => {
  for (const sent of pushDown(filter)) expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['original']));
  for (const sent of pushDown(filter)) expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['reply']));
});

test('a tuple part without a value is not sent', () => {
  const tcp = { family: 'ipv4', protonum: 6 } as const;
  const without = { sport: undefined } as unknown as Partial<Tuple>;
  expect(pushDown({ ...tcp, original: without, reply: { ...without, dport: 1 } })).toStrictEqual([
    { ...tcp, reply: { dport: 1 } },
  ]);
});

test.each([
  [{ family: 'ipv4' }, 'zone', "a dump cannot be filtered by a tuple's 'zone'"],
  [{ family: 'ipv4' }, 'sport', "the kernel ignores 'sport' for protocol none, so the filter would match everything"],
  [{ protonum: 132 }, 'dport', "the kernel ignores 'dport' for protocol 132, so the filter would match everything"],
  [{ family: 'ipv6' }, 'src', 'the kernel compares IPv6 addresses incorrectly (it matches every other address)'],
  [{ family: 'ipv6', protonum: 1 }, 'type', "'type' of protocol 1 is proven to work for IPv4 only"],
] as const)('%j does not allow %s in a filter, and says why', (scope, field, why) => {
  expect(flagOf(scope, field)).toBe(why);
});

test('everything that the kernel compares correctly is sent', () => {
  const tcp = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2 };
  const all = { family: 'ipv4', protonum: 6, original: tcp, reply: tcp, mark: 1, status: 2, zone: 0 } as const;
  expect(pushDown(all)).toEqual([all]);
  const icmp = { family: 'ipv4', protonum: 1, original: { type: 8, code: 0, id: 7 } } as const;
  expect(pushDown(icmp)).toEqual([icmp]);
  const any = { family: 'ipv4', original: { src: '0.0.0.0' }, reply: { dst: '255.255.255.255' } } as const;
  expect(pushDown(any)).toEqual([any]);
  expect(pushDown({ protonum: 17, original: { dport: 53 } })).toEqual([
    { family: 'ipv4', protonum: 17, original: { dport: 53 } },
    { family: 'ipv6', protonum: 17, original: { dport: 53 } },
  ]);
  expect(pushDown({})).toEqual([{}]);
});
