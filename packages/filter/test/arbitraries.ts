import { type Address, type Flow, formatAddress, STATUS_BITS, type StatusName, statesOf } from '@conntrack/flow';
import { ipv4, networkOf } from '@conntrack/flow/codec';
import fc from 'fast-check';
import {
  type AddressClass,
  type AddressValue,
  allOf,
  anyOf,
  FIELDS,
  type Filter,
  type FlowField,
  negate,
  type Operator,
  operatorsOf,
  type Test,
  type Value,
} from '../src/index.js';
import { ADDRESS_CLASSES } from '../src/language/address-classes.js';
import { findState, STATE_NAMES } from '../src/language/states.js';
import { checkConflicts } from '../src/parse/conflicts.js';
import { Report } from '../src/parse/report.js';

// Few different addresses and numbers, so that filters match some flows.
const v4 = fc
  .tuple(
    fc.constantFrom(10, 192, 172, 8),
    fc.constantFrom(0, 168, 16),
    fc.constantFrom(0, 1),
    fc.integer({ min: 0, max: 4 }),
  )
  .map(([a, b, c, d]): Address => ipv4(((a << 24) | (b << 16) | (c << 8) | d) >>> 0));
const v6 = fc
  .tuple(
    fc.constantFrom(0x20010db8, 0xfe800000, 0, 0xfc000001),
    fc.constantFrom(0, 1, 0xffff),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([a, c, d]): Address => ({ family: 'ipv6', words: [a, 0, c, d] }))
  // The mapped form reads back as IPv4.
  .filter(({ words }) => !(words[0] === 0 && words[2] === 0xffff));
const address = fc.oneof({ weight: 3, arbitrary: v4 }, { weight: 1, arbitrary: v6 });

const prefix = fc
  .tuple(address, fc.integer({ min: 0, max: 127 }))
  .map(([base, bits]) => networkOf({ address: base, length: base.family === 'ipv4' ? bits % 32 : bits }))
  // ::/81 and the like, with the mapped block's first bits, are printed in another form.
  .filter(({ address: { words, family } }) => family === 'ipv4' || words[0] !== 0 || words[2] !== 0xffff);
const ordered = (one: Address, other: Address): [Address, Address] => {
  for (let i = 0; i < 4; i++)
    if (one.words[i] !== other.words[i]) return one.words[i]! < other.words[i]! ? [one, other] : [other, one];
  return [one, other];
};
const addresses = fc
  .oneof(fc.tuple(v4, v4), fc.tuple(v6, v6))
  .filter(([a, b]) => a.words.some((word, i) => word !== b.words[i]))
  .map(([a, b]) => ordered(a, b));
const addressValue: fc.Arbitrary<AddressValue> = fc.oneof(
  address.map((each): AddressValue => ({ type: 'address', address: each })),
  prefix.map((each): AddressValue => ({ type: 'prefix', ...each })),
  addresses.map(([from, to]): AddressValue => ({ type: 'addresses', from, to })),
  fc
    .constantFrom(...(Object.keys(ADDRESS_CLASSES) as AddressClass[]))
    .map((name): AddressValue => ({ type: 'class', name })),
  v4.map(
    ({ words }): AddressValue => ({
      type: 'netmask',
      address: ipv4((words[3] & 0xff00ff00) >>> 0),
      mask: ipv4(0xff00ff00),
    }),
  ),
);

const numberOf = (field: FlowField): fc.Arbitrary<number> => {
  switch (field.type) {
    case 'duration':
      return fc.oneof(
        fc.integer({ min: 0, max: 500_000 }),
        fc.integer({ min: 0, max: 5000 }).map(ms => ms / 1000),
      );
    case 'time':
      return fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 });
    case 'size':
      return fc.oneof(
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(1000, 1024, 1_000_000, 1 << 20, 1e9, 1 << 30, 2 ** 53 - 1),
      );
    default:
      return fc.oneof(fc.integer({ min: 0, max: Math.min(12, field.max!) }), fc.integer({ min: 0, max: field.max! }));
  }
};

function numericValue(field: FlowField): fc.Arbitrary<Value> {
  const one = numberOf(field);
  const range = fc
    .tuple(one, one)
    .filter(([a, b]) => a !== b)
    .map(([a, b]): Value => ({ type: 'range', from: Math.min(a, b), to: Math.max(a, b) }));
  const single = one.map((value): Value => ({ type: 'number', value }));
  if (!['port', 'hex', 'number'].includes(field.type)) return fc.oneof(single, range);
  const bits = fc.integer({ min: 0, max: field.max! });
  const masked = fc
    .tuple(bits, bits)
    .map(([value, mask]): Value => ({ type: 'masked', value: (value & mask) >>> 0, mask }));
  return fc.oneof(single, range, masked);
}

const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,6}$/);
const anyText = fc.oneof(word, fc.string({ maxLength: 8 }));

function arbitraryValue(field: FlowField): fc.Arbitrary<Value> {
  const number = (value: number): Value => ({ type: 'number', value });
  switch (field.type) {
    case 'family':
      return fc.constantFrom(2, 10).map(number);
    case 'protocol':
      return fc.oneof(fc.constantFrom(1, 6, 17, 33, 47, 58, 132), fc.integer({ min: 0, max: 255 })).map(number);
    case 'enum':
      return fc.integer({ min: 0, max: field.values!.length - 1 }).map(number);
    case 'status':
      return fc.integer({ min: 0, max: 31 }).map(bit => number((1 << bit) >>> 0));
    case 'name':
      return fc.constantFrom(...field.values!).map((name): Value => ({ type: 'name', name }));
    case 'state':
      return fc
        .oneof(
          fc.constantFrom(...STATE_NAMES, 'dccp:CLOSING', 'tcp:ESTABLISHED', 'sctp:CLOSED'),
          fc.integer({ min: 0, max: 255 }).map(String),
        )
        .map((name): Value => findState(name)!);
    case 'address':
    case 'pair':
      return addressValue;
    case 'nat':
      return fc
        .tuple(addressValue, fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined }))
        .map(([value, port]): Value => ({ type: 'endpoint', address: value, ...(port !== undefined && { port }) }));
    case 'label':
      return fc.oneof(
        fc.integer({ min: 0, max: 127 }).map((bit): Value => ({ type: 'label', bit })),
        anyText.map((name): Value => ({ type: 'label', name })),
      );
    case 'text':
      return fc.oneof(
        anyText.map((text): Value => ({ type: 'text', text })),
        fc.array(anyText, { minLength: 2, maxLength: 4 }).map((parts): Value => ({ type: 'glob', parts })),
      );
    case 'flag':
      // Has no values: words only exist.
      return fc.constant(number(0));
    default:
      return numericValue(field);
  }
}

function testOf(field: FlowField): fc.Arbitrary<Test> {
  const value = arbitraryValue(field);
  const values: { readonly [Op in Operator]: () => fc.Arbitrary<readonly Value[]> } = {
    eq: () => fc.array(value, field.type === 'pair' ? { minLength: 2, maxLength: 2 } : { minLength: 1, maxLength: 6 }),
    all: () => fc.array(value, { minLength: 1, maxLength: 3 }),
    exists: () => fc.constant([]),
    gt: () => number,
    gte: () => number,
    lt: () => number,
    lte: () => number,
  };
  const number = value.filter(each => each.type === 'number').map(each => [each]);
  return fc
    .constantFrom(...operatorsOf(field))
    .chain(op => values[op]().map((list): Test => ({ kind: 'test', field: field.name, op, values: list })));
}

const test = fc.constantFrom(...FIELDS).chain(testOf);

/** Any filter in normal form, conflicts included. */
export const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>(tie => ({
  filter: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'filter' },
    { weight: 4, arbitrary: test },
    { weight: 1, arbitrary: fc.constant<Filter>({ kind: 'all' }) },
    { weight: 2, arbitrary: fc.array(tie('filter'), { minLength: 2, maxLength: 4 }).map(allOf) },
    { weight: 2, arbitrary: fc.array(tie('filter'), { minLength: 2, maxLength: 4 }).map(anyOf) },
    { weight: 2, arbitrary: tie('filter').map(negate) },
  ),
})).filter;

/** Whether the parsers accept a filter: no conjunction in it contradicts itself. */
export function isSound(given: Filter): boolean {
  const report = new Report('', {});
  checkConflicts(given, report);
  return !report.failed;
}

/** A filter that the parsers accept. */
export const soundFilter = filter.filter(isSound);

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const port = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 65535 }));
const without = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

/** One half of a flow. */
const tuple = (protonum: number, family: 'ipv4' | 'ipv6') => {
  const end = (family === 'ipv4' ? v4 : v6).map(formatAddress);
  const ports = [6, 17, 33, 132, 136].includes(protonum);
  const icmp = protonum === 1 || protonum === 58;
  return fc
    .record({
      src: end,
      dst: end,
      sport: ports ? maybe(port) : fc.constant(undefined),
      dport: ports ? maybe(port) : fc.constant(undefined),
      type: icmp ? fc.integer({ min: 0, max: 12 }) : fc.constant(undefined),
      code: icmp ? fc.integer({ min: 0, max: 12 }) : fc.constant(undefined),
      id: icmp ? port : fc.constant(undefined),
      srckey: protonum === 47 ? port : fc.constant(undefined),
      dstkey: protonum === 47 ? port : fc.constant(undefined),
      zone: maybe(fc.integer({ min: 1, max: 12 })),
      packets: maybe(fc.integer({ min: 0, max: 3000 })),
      bytes: maybe(fc.integer({ min: 0, max: 3_000_000 })),
    })
    .map(without);
};

/** Flows of every protocol; every field that can be absent is sometimes absent. */
export const flow: fc.Arbitrary<Flow> = fc
  .record({
    protonum: fc.constantFrom(1, 6, 6, 17, 33, 47, 58, 132, 50),
    family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
  })
  .chain(({ protonum, family }) => {
    const states = statesOf(protonum);
    return fc.record({
      family: fc.constant(family),
      protocol: fc.constant(''),
      protonum: fc.constant(protonum),
      original: tuple(protonum, family),
      reply: tuple(protonum, family),
      id: maybe(fc.integer({ min: 0, max: 12 })),
      state:
        states.length > 0 ? maybe(fc.oneof(fc.constantFrom(...states), fc.constant('12'))) : fc.constant(undefined),
      status: maybe(fc.uniqueArray(fc.constantFrom<StatusName>(...STATUS_BITS, 'BIT_20', 'BIT_31'), { maxLength: 6 })),
      timeout: maybe(fc.integer({ min: 0, max: 500_000 })),
      mark: maybe(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 0xffffffff }))),
      secmark: maybe(fc.integer({ min: 0, max: 12 })),
      use: maybe(fc.integer({ min: 0, max: 12 })),
      zone: maybe(fc.integer({ min: 1, max: 12 })),
      labels: maybe(fc.uniqueArray(fc.oneof(fc.integer({ min: 0, max: 127 }), word), { maxLength: 3 })),
      helper: maybe(fc.oneof(fc.constantFrom('ftp', 'sip', 'tftp'), word)),
      secctx: maybe(word),
      start: maybe(
        fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }).map(ms => new Date(ms).toISOString()),
      ),
      rate: maybe(fc.record({ original: maybe(port), reply: maybe(port) }).map(without)),
      firstSeen: maybe(fc.constantFrom('2026-01-01T00:00:00Z', '2026-11-30T12:00:00Z')),
      protoinfo: maybe(
        fc
          .record({
            vtag:
              protonum === 132
                ? fc.record({ original: maybe(port), reply: maybe(port) }).map(without)
                : fc.constant(undefined),
            role: protonum === 33 ? fc.constantFrom('client' as const, 'server' as const) : fc.constant(undefined),
          })
          .map(without),
      ),
      portid: maybe(fc.integer({ min: 0, max: 12 })),
      node: maybe(fc.constantFrom('gw-1', 'gw-2')),
    });
  })
  .map(parts => without(parts) as Flow);
